"""An API server of Kubernetes as far as ``kubectl`` asks it: kinds, objects, patches, logs. Nothing runs.

Whatever is made or changed is there at once as a controller would leave it, so that whoever waits for it goes on.
"""

import base64
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
OF_THE_CLUSTER = {"Namespace", "Node"}
PATCHABLE = ("application/merge-patch+json", "application/strategic-merge-patch+json")


class Cluster:
    """Objects by kind, namespace and name."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.kinds = {"secrets": ("v1", "Secret"), "pods": ("v1", "Pod")}
        """By plural: its group with version, and its kind."""
        for one in objects:
            self.keep(json.loads(json.dumps(one)))

    def keep(self, one: Object) -> Object:
        """Make it, or take it as it is now."""
        kind, meta = one["kind"], one["metadata"]
        plural = f"{kind.lower()[:-1]}ies" if kind.endswith("y") else f"{kind.lower()}s"
        self.kinds[plural] = (one["apiVersion"], kind)
        for name, value in one.pop("stringData", {}).items():
            one.setdefault("data", {})[name] = base64.b64encode(value.encode()).decode()
        meta["resourceVersion"] = str(int(meta.get("resourceVersion", "1")) + 1)
        meta["uid"] = f"{kind}-{meta['name']}"
        if kind in {"Deployment", "StatefulSet"}:
            _done(one)
        space = "" if kind in OF_THE_CLUSTER else meta.setdefault("namespace", "default")
        self.objects[kind, space, meta["name"]] = one
        return one

    def of(self, kind: str, space: str | None = None) -> list[Object]:
        """All of a kind, in a namespace or in each."""
        return [one for (other, where, _), one in self.objects.items() if other == kind and space in {None, where}]


def _done(one: Object) -> None:
    count, meta = one["spec"].setdefault("replicas", 1), one["metadata"]
    meta["generation"] = meta.get("generation", 0) + 1
    names = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "currentReplicas")
    revision = {"currentRevision": "r", "updateRevision": "r", "observedGeneration": meta["generation"]}
    conditions = [{"type": "Available", "status": "True"}]
    one["status"] = {**dict.fromkeys(names, count), **revision, "conditions": conditions}


def _merge(old: Any, new: Any) -> Any:
    """RFC 7386; of a strategic patch, as much as has no lists."""
    if not isinstance(new, dict):
        return new
    kept = dict(old) if isinstance(old, dict) else {}
    for name, value in new.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = _merge(kept.get(name), value)
    return kept


def _fits(one: Object, asked: Mapping[str, str]) -> bool:
    labels = {**one["metadata"].get("labels", {})}
    wanted = [term.partition("=")[::2] for term in filter(None, asked.get("labelSelector", "").split(","))]
    fields = [term.partition("=")[::2] for term in filter(None, asked.get("fieldSelector", "").split(","))]
    has = {"metadata.name": one["metadata"]["name"], "spec.nodeName": one.get("spec", {}).get("nodeName")}
    return all(labels.get(name) == value.lstrip("=") for name, value in wanted) and all(
        has[name] == value for name, value in fields
    )


class _Answers(BaseHTTPRequestHandler):
    cluster: Cluster
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing."""

    def do_GET(self) -> None:
        """Discovery, an object, a list, a log, or what changes: nothing does by itself."""
        parts = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        where = parts.path.strip("/").split("/")
        if (described := self._described(where)) is not None:
            return self._say(200, described)
        if "sendInitialEvents" in asked:
            return self._refuse(422, "Invalid")
        if asked.get("watch"):
            return self._say(200, None)
        if where[-1] == "log":
            return self._say(200, {})
        kind, space, name = self._place(where)
        if name:
            return self._say_one(kind, space, name)
        found = [one for one in self.cluster.of(kind, space) if _fits(one, asked)]
        version = next((group for group, other in self.cluster.kinds.values() if other == kind), "v1")
        meta = {"resourceVersion": "1"}
        return self._say(200, {"kind": f"{kind}List", "apiVersion": version, "metadata": meta, "items": found})

    def do_POST(self) -> None:
        """Make an object."""
        one = self._body()
        kind, space, _ = self._place(urlsplit(self.path).path.strip("/").split("/"))
        if space is not None:
            one["metadata"]["namespace"] = space
        if (kind, space or "", one["metadata"]["name"]) in self.cluster.objects:
            return self._refuse(409, "AlreadyExists")
        return self._say(201, self.cluster.keep(one))

    def do_PATCH(self) -> None:
        """Change an object."""
        patch = self._body()
        if self.headers["Content-Type"] not in PATCHABLE:
            return self._refuse(415, "UnsupportedMediaType")
        kind, space, name = self._place(urlsplit(self.path).path.strip("/").split("/"))
        if (old := self.cluster.objects.get((kind, space or "", name))) is None:
            return self._refuse(404, "NotFound")
        return self._say(200, self.cluster.keep(_merge(old, patch)))

    def _place(self, where: list[str]) -> tuple[str, str | None, str]:
        rest = where[2:] if where[0] == "api" else where[3:]
        space = None
        if rest[0] == "namespaces" and len(rest) > 2:  # noqa: PLR2004 - a namespace, and what is in it
            space, rest = rest[1], rest[2:]
        plural, name = (*rest, "")[:2]
        return self.cluster.kinds[plural][1], space, name

    def _described(self, where: list[str]) -> Object | None:
        groups = sorted({version for version, _ in self.cluster.kinds.values()})
        if where == ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        if where == ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(one) for one in groups if "/" in one]}
        if where[0] == "openapi":
            return self._openapi(groups, "/".join(where[2:]))
        version = "/".join(where[1:])
        if version in groups and len(where) == 2 + version.count("/"):
            return {"kind": "APIResourceList", "groupVersion": version, "resources": self._resources(version)}
        return None

    def _resources(self, version: str) -> list[Object]:
        verbs = ["get", "list", "watch", "create", "patch"]
        return [
            {
                "name": plural,
                "singularName": kind.lower(),
                "namespaced": kind not in OF_THE_CLUSTER,
                "kind": kind,
                "verbs": verbs,
                "shortNames": ["hpa"] if kind == "HorizontalPodAutoscaler" else [],
            }
            for plural, (group, kind) in self.cluster.kinds.items()
            if group == version
        ]

    def _openapi(self, groups: list[str], version: str) -> Object:
        """That fields are checked here, which is all that kubectl wants to know before it sends an object."""
        if not version:
            places = [f"{'apis' if '/' in one else 'api'}/{one}" for one in groups]
            return {"paths": {one: {"serverRelativeURL": f"/openapi/v3/{one}"} for one in places}}
        paths = {}
        for plural, (group, kind) in self.cluster.kinds.items():
            if version.endswith(group):
                name, _, number = f"/{group}".rpartition("/")
                known = {"group": name.strip("/"), "version": number, "kind": kind}
                told = {"parameters": [{"name": "fieldValidation", "in": "query"}]}
                paths[f"/{plural}/{{name}}"] = {"patch": {**told, "x-kubernetes-group-version-kind": known}}
        return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1"}, "paths": paths}

    def _body(self) -> Object:
        found: Object = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return found

    def _say_one(self, kind: str, space: str | None, name: str) -> None:
        one = self.cluster.objects.get((kind, space or "", name))
        return self._refuse(404, "NotFound") if one is None else self._say(200, one)

    def _refuse(self, code: int, reason: str) -> None:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
        self._say(code, {**status, "reason": reason, "message": f"{self.path}: {reason}"})

    def _say(self, code: int, content: Object | None) -> None:
        body = json.dumps(content).encode() if content is not None else b""
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _group(version: str) -> Object:
    name, _, number = version.partition("/")
    told = {"groupVersion": version, "version": number}
    return {"name": name, "versions": [told], "preferredVersion": told}


@contextmanager
def served(cluster: Cluster) -> Iterator[str]:
    """Where it listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"cluster": cluster}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
