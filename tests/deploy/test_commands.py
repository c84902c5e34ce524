"""The commands of docs/operations.md: each block can be read by a shell, and kubectl carries out what it is told.

The objects are those of the production overlay, on a server that stands in for Kubernetes' own.
"""

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from vzaimo.kit.testing.apiserver import Cluster, served
from vzaimo.kit.testing.pages import DOCS, run

PAGE = (DOCS / "operations.md").read_text(encoding="utf-8")
KUBECTL = Path(sys.executable).parent / "kubectl"
BLOCKS = re.findall(r"^ *```sh(?: (?P<name>\S+))?\n(.*?)^ *```$", PAGE, re.DOTALL | re.MULTILINE)
BEFORE = ("ingress", "monitoring")
"""Namespaces that are there before we come."""

SHIM = f"""#!/bin/bash
# Whatever makes an object by its flags sends protobuf, which our server does not read: here the same object as JSON.
if [[ " $* " == *" create "* && "$*" != *--dry-run* ]]; then
  set -o pipefail
  {KUBECTL} "$@" --dry-run=client --output yaml | exec {KUBECTL} create --filename -
else
  exec {KUBECTL} "$@"
fi
"""
NO_SERVER = (" port-forward ", " top ", " apply -k ")
"""Needs what runs: a pod, its numbers. What these name is looked at instead; overlays are built elsewhere."""


def kubectl_lines(text):
    """The commands of a block, or of prose, that are kubectl's alone."""
    return [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip().startswith("kubectl ")]


def inline():
    prose = re.sub(r"^ *```.*?^ *```$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    return [" ".join(one.split()) for one in re.findall(r"`(kubectl [^`]+)`", prose) if "kustomize" not in one]


def objects(production):
    """What the overlay makes, and what Kubernetes makes of it."""
    yield from ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in BEFORE)
    yield {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}
    yield {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "nats", "namespace": "nats"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "nats"}}, "template": {"metadata": {}}},
    }
    for one in production:
        if one["kind"] != "Namespace":
            yield one
        if one["kind"] == "Deployment":
            labels = one["spec"]["template"]["metadata"]["labels"]
            meta = {"name": f"{one['metadata']['name']}-1", "namespace": "vzaimo", "labels": labels}
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [{"name": "one"}]}}


@pytest.fixture
def cluster(production, tmp_path, monkeypatch):
    """A cluster with our objects, and ``kubectl`` that leads to it."""
    made = Cluster(objects(production))
    shim = tmp_path / "bin" / "kubectl"
    shim.parent.mkdir()
    shim.write_text(SHIM)
    shim.chmod(0o755)
    with served(made) as address:
        told = {
            "clusters": [{"name": "here", "cluster": {"server": address}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "current-context": "here",
            "users": [{"name": "me", "user": {"token": "t"}}],
        }
        (tmp_path / "config").write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **told}))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
        monkeypatch.setenv("HOME", str(tmp_path))  # kubectl keeps there what it has heard of a server
        monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
        yield made


def secret(cluster, name, key):
    return base64.b64decode(cluster.objects["Secret", "vzaimo", name]["data"][key]).decode()


@pytest.mark.parametrize(
    "block", [text for _, text in BLOCKS], ids=[name or str(no) for no, (name, _) in enumerate(BLOCKS)]
)
def test_a_shell_reads_every_block(block):
    done = subprocess.run(("bash", "-n"), input=block, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_kubectl_carries_out_every_command(cluster, tmp_path):
    """In the order of the page: what is made in the beginning is changed later."""
    for name in ("ca.crt", "deploy/nats/accounts.conf", "secrets/bus/passwords.conf", "secrets/bus/cities.conf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    plain = [line for name, text in BLOCKS if not name for line in kubectl_lines(text)]
    commands = [*plain, *inline()]
    assert len(commands) > 15
    for one in commands:
        said = one.replace("<node>", "node-1")
        if not any(word in f" {said} " for word in NO_SERVER):
            done = subprocess.run(("bash", "-ec", said), check=False, cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, f"{said}: {done.stderr}"
    labels = {one["metadata"]["name"]: one["metadata"].get("labels", {}) for one in cluster.of("Namespace")}
    assert [labels[name]["vzaimo.city/purpose"] for name in (*BEFORE, "nats")] == ["gateway", "monitoring", "bus"]
    assert secret(cluster, "calendar-database", "username") == "calendar"
    assert cluster.objects["Node", "", "node-1"]["spec"]["unschedulable"] is True
    nats = cluster.objects["StatefulSet", "nats", "nats"]["spec"]["template"]["metadata"]
    assert "kubectl.kubernetes.io/restartedAt" in nats["annotations"]


def test_a_key_takes_over_from_another_by_the_commands_for_kubernetes(cluster):
    """And the rest of the Secret stays, and its service is started again."""
    told = {"SECRET": "registry-secrets", "KEY": "invitation-key", "SERVICE": "registry"}
    before = {"invitation-key": "b" * 40, "operator-token": "o" * 40}
    meta = {"name": "registry-secrets", "namespace": "vzaimo"}
    cluster.keep({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": before})
    run("operations.md", "add-key-kubernetes", **told)
    old, comma, new = secret(cluster, "registry-secrets", "invitation-key").partition(",")
    assert (old, comma, len(new)) == ("b" * 40, ",", 64)
    said = run("operations.md", "restart-kubernetes", **told)
    assert said.count("successfully rolled out") == 2
    run("operations.md", "turn-key-kubernetes", **told)
    assert secret(cluster, "registry-secrets", "invitation-key") == f"{new},{old}"
    run("operations.md", "drop-key-kubernetes", **told)
    assert secret(cluster, "registry-secrets", "invitation-key") == new
    run("operations.md", "new-value-kubernetes", SECRET="registry-secrets", KEY="smtp-password", NEW="p@ss")
    assert secret(cluster, "registry-secrets", "smtp-password") == "p@ss"
    assert secret(cluster, "registry-secrets", "operator-token") == "o" * 40
    restarted = {
        one["metadata"]["name"]
        for one in cluster.of("Deployment")
        if "kubectl.kubernetes.io/restartedAt" in one["spec"]["template"]["metadata"].get("annotations", {})
    }
    assert restarted == {"registry-api", "registry-worker"}


def unmade(manifests, page):
    """Keys of Secrets that containers want and the page does not name; what it forwards to that is not there."""
    for name, container in manifests.containers:
        for entry in container["env"]:
            wanted = entry.get("valueFrom", {}).get("secretKeyRef")
            if wanted and not re.search(rf"`{wanted['key']}`|--from-literal {wanted['key']}=", page):
                yield f"{name}: nobody is told of {wanted['name']}/{wanted['key']}"
    for kind, name, port in re.findall(r"port-forward (\w+)/([\w-]+) (\d+)", page):
        there = [one for one in manifests.of(kind.title()) if one["metadata"]["name"] == name]
        ports = [one["containerPort"] for _, pod in Pods(there) for one in pod["containers"][0]["ports"]]
        if int(port) not in ports:
            yield f"{kind}/{name} has no port {port}"


def Pods(workloads):
    return [(one["metadata"]["name"], one["spec"]["template"]["spec"]) for one in workloads]


def test_the_page_names_every_key_of_the_secrets(production):
    assert list(unmade(production, PAGE)) == []
    assert list(unmade(production, PAGE.replace("`webhook-key`", ""))) != []
    assert list(unmade(production, PAGE.replace("deployment/calendar-worker 8080", "deployment/calendar 8080"))) != []
    assert (
        list(unmade(production, PAGE.replace("deployment/calendar-worker 8080", "deployment/calendar-worker 80"))) != []
    )
