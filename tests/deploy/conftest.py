"""The manifests of both overlays, as kubectl builds them; a bus that asks everybody who they are; three servers."""

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from vzaimo.kit.bus import DEAD_LETTERS, Access, ensure_stream
from vzaimo.kit.testing.nats import executable, free_port
from vzaimo.local.bus import files
from vzaimo.local.bus.permissions import services

DEPLOY = Path(__file__).parents[2] / "deploy"
OVERLAYS, NATS = DEPLOY / "k8s" / "overlays", DEPLOY / "nats"


class Manifests(list):
    """Objects of the cluster, and how to find one; tests plant errors in copies."""

    def copy(self):
        return Manifests(copy.deepcopy(list(self)))

    def of(self, *kinds):
        return [one for one in self if one["kind"] in kinds]

    def first(self, kind, name):
        return next(one for one in self.of(kind) if one["metadata"]["name"] == name)

    @property
    def workloads(self):
        return self.of("Deployment", "StatefulSet")

    @property
    def services(self):
        """The workloads that have a store and numbers: all but the portal."""
        return [one for one in self.workloads if one["metadata"]["name"] != "portal"]

    @property
    def pods(self):
        """Each workload's name, and the pods that it makes."""
        return [(named(one), one["spec"]["template"]["spec"]) for one in self.workloads]

    @property
    def containers(self):
        return [(name, container) for name, pod in self.pods for container in pod["containers"]]

    def chosen(self, labels):
        """The workloads whose pods have these labels."""
        found = [(one, one["spec"]["template"]["metadata"]["labels"]) for one in self.workloads]
        return [one for one, has in found if labels.items() <= has.items()]

    @property
    def pod(self):
        """An example: of calendar's gateway."""
        return self.first("Deployment", "calendar-api")["spec"]["template"]["spec"]

    @property
    def container(self):
        return self.pod["containers"][0]

    @property
    def settings(self):
        """What all services are told."""
        return next(one["data"] for one in self.of("ConfigMap") if "VZAIMO_ISSUER" in one["data"])

    @property
    def portal_settings(self):
        return next(one["data"] for one in self.of("ConfigMap") if "VZAIMO_PORTAL_ISSUER" in one["data"])

    def rule(self, alert):
        groups = [group for one in self.of("PrometheusRule") for group in one["spec"]["groups"]]
        return next(rule for group in groups for rule in group["rules"] if rule["alert"] == alert)


def named(one):
    return f"{one['kind']} {one['metadata']['name']}"


def built(overlay):
    command = (str(Path(sys.executable).parent / "kubectl"), "kustomize", str(OVERLAYS / overlay))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Manifests(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="session")
def production():
    return built("production")


@pytest.fixture(scope="session", params=["single", "production"])
def manifests(request, production):
    return production if request.param == "production" else built("single")


@pytest.fixture
async def bus(guarded_bus):
    """A server with every stream, made by its owner, and a way to come to it as a user."""
    guests = []

    async def come(user):
        guests.append(await guarded_bus.connect(user))
        return guests[-1]

    guarded_bus.come = come
    for name, parts in services().items():
        owner = await come(name)
        for stream in (*parts.streams, DEAD_LETTERS):
            await ensure_stream(owner.jetstream(), stream)
        assert owner.refusals == []
    yield guarded_bus
    for guest in guests:
        await guest.close()


class Cluster:
    """Three servers from deploy/nats/cluster.conf with certificates from deploy/nats/certificates.sh."""

    names = ("nats1", "nats2", "nats3")

    def __init__(self, folder):
        self._folder, self._conf = folder, folder / "conf"
        shutil.copytree(NATS, self._conf, ignore=shutil.ignore_patterns("secrets"))
        self._passwords = files.renew(self._conf / "secrets", [])
        subprocess.run((NATS / "certificates.sh", folder / "tls", *self.names), check=True)
        self._clients, self._routes = ({name: free_port() for name in self.names} for _ in range(2))
        self._running = {}

    def access(self, user):
        """As a service comes to it: to one server; it hears of the others there."""
        return Access(
            f"tls://127.0.0.1:{self._clients['nats1']}",
            user,
            self._passwords[user],
            inbox_prefix=f"_INBOX_{user}",
            tls_ca=str(self._folder / "tls" / "ca.crt"),
        )

    def start(self, *names):
        for name in names:
            told = {
                "NATS_ROUTES": json.dumps([f"nats://127.0.0.1:{port}" for port in self._routes.values()]),
                "NATS_MONITOR": "127.0.0.1:-1",
                "NATS_TLS_CERT": str(self._folder / "tls" / "server.crt"),
                "NATS_TLS_KEY": str(self._folder / "tls" / "server.key"),
                "NATS_TLS_CA": str(self._folder / "tls" / "ca.crt"),
                "NATS_NAME": name,
                "NATS_LISTEN": f"127.0.0.1:{self._clients[name]}",
                "NATS_CLUSTER_LISTEN": f"127.0.0.1:{self._routes[name]}",
                "NATS_STORE": str(self._folder / name),
            }
            self._running[name] = subprocess.Popen(
                (executable(), "-c", str(self._conf / "cluster.conf")),
                env={**os.environ, **told},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def kill(self, *names):
        for name in names:
            process = self._running.pop(name)
            process.kill()
            process.wait()

    def close(self):
        self.kill(*list(self._running))


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    made.start(*made.names)
    yield made
    made.close()
