#!/usr/bin/env bash
# An authority and one certificate for the servers of a cluster: to try TLS with, and for compose. In production an
# authority that you already run signs them (in Kubernetes: cert-manager). usage: certificates.sh FOLDER NAME...
set -euo pipefail
folder=$1; shift
mkdir -p "$folder"; cd "$folder"
names=$(printf ',DNS:%s' "$@")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=vzaimo-nats-authority \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.crt 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=vzaimo-nats -keyout server.key -out server.csr 2>/dev/null
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out server.crt 2>/dev/null -extfile <(
  printf 'subjectAltName=IP:127.0.0.1%s\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n' "$names"
)
rm server.csr ca.srl
chmod 0644 ca.crt server.crt; chmod 0640 server.key; chmod 0600 ca.key
