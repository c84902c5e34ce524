#!/usr/bin/env bash
# The secrets of deploy/compose.yaml, made once: certificates, passwords of bus and store, tokens. usage: prepare.sh [FOLDER]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
vzaimo=$here/../.venv/bin/vzaimo
folder=${1:-$here/secrets}
[ -x "$vzaimo" ] || { echo "first: make install" >&2; exit 1; }
[ ! -e "$folder" ] || { echo "$folder is there already; remove it to begin anew (and the volumes with it)" >&2; exit 1; }
mkdir -m 0700 -p "$folder" "$folder/public"
secret() { python3 -c 'import secrets; print(secrets.token_urlsafe(36))'; }

"$here/nats/certificates.sh" "$folder/tls" nats nats1 nats2 nats3 localhost
cp "$folder/tls/ca.crt" "$folder/public/nats-ca.crt"
chmod 0755 "$folder/public"

# What it says on stderr is for servers that run; why it failed, if it did, is worth reading.
said=$("$vzaimo" bus passwords --folder "$folder/bus" 2>&1 > "$folder/bus-passwords") || { echo "$said" >&2; rm -r "$folder"; exit 1; }
invitation=$(secret) operator=$(secret) webhook=$(secret) unsubscribe=$(secret)
echo "POSTGRES_PASSWORD=$(secret)" > "$folder/postgres.env"
while read -r user password; do
  store=$(secret)
  [ "$user" = operator ] || cat >> "$folder/postgres.sql" <<SQL
CREATE ROLE $user LOGIN PASSWORD '$store' CONNECTION LIMIT 100;
CREATE DATABASE $user OWNER $user;
REVOKE CONNECT ON DATABASE $user FROM PUBLIC;
SQL
  # The operator has no store: his are for vzaimo bus, and for /operator.
  [ "$user" = operator ] || echo "VZAIMO_DATABASE_URL=postgresql://$user:$store@postgres/$user" > "$folder/$user.env"
  cat >> "$folder/$user.env" <<ENV
VZAIMO_NATS_USER=$user
VZAIMO_NATS_PASSWORD=$password
VZAIMO_NATS_INBOX_PREFIX=_INBOX_$user
VZAIMO_OPERATOR_TOKEN=$operator
ENV
  [ "$user" != registry ] || echo "VZAIMO_INVITATION_KEY=$invitation" >> "$folder/$user.env"
  [ "$user" != notify ] || printf 'VZAIMO_WEBHOOK_KEY=%s\nVZAIMO_UNSUBSCRIBE_KEY=%s\n' "$webhook" "$unsubscribe" >> "$folder/$user.env"
done < "$folder/bus-passwords"
echo "VZAIMO_PORTAL_SESSION_KEY=$(secret)" > "$folder/portal.env"
# Containers read these as users of their own; the folder itself is closed to everybody else.
chmod 0644 "$folder"/postgres.sql
echo "made $folder; keep a copy of it in a safe"
