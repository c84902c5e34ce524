"""The manifests hold together, and each check finds the errors that are planted for it."""

import re

import kubernetes_validate
import pytest

from vzaimo.kit.service.process import FINISH
from vzaimo.kit.service.service import DRAIN as PUBLISH

SERVICES = ("registry", "calendar", "requests", "notify")
BUILT_IN = ("v1", "apps/v1", "policy/v1", "autoscaling/v2", "networking.k8s.io/v1")
UNITS = {"m": 1e-3, "": 1, "Mi": 2**20, "Gi": 2**30}
NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
KNOWN = 10
"""Seconds after which whoever balances knows that a pod leaves, and longer than the portal keeps an idle connection."""


def named(one):
    return f"{one['kind']} {one['metadata']['name']}"


def unknown_fields(manifests):
    for one in manifests:
        if one["apiVersion"] in BUILT_IN:
            try:
                kubernetes_validate.validate(one, "1.34", strict=True)
            except kubernetes_validate.ValidationError as error:
                yield f"{named(one)}: {error.message}"


def own_pods(manifests):
    """A workload chooses and spreads its own pods and nobody else's."""
    for one in manifests.workloads:
        spreads = one["spec"]["template"]["spec"].get("topologySpreadConstraints", ())
        for selector in (one["spec"]["selector"], *(spread["labelSelector"] for spread in spreads)):
            if manifests.chosen(selector["matchLabels"]) != [one]:
                yield f"{named(one)} does not choose its own pods alone"


def selectors(manifests):
    """Who is chosen by others exists."""
    for one in manifests.of("Service", "PodDisruptionBudget"):
        selector = one["spec"]["selector"]
        if len(manifests.chosen(selector.get("matchLabels", selector))) != 1:
            yield f"{named(one)} does not choose one workload"
    for one in manifests.of("PodMonitor"):
        if manifests.chosen(one["spec"]["selector"]["matchLabels"]) != manifests.services:
            yield f"{named(one)} does not choose every service"
    for one in manifests.of("NetworkPolicy"):
        service = one["metadata"].get("labels", {}).get(NAME)
        chosen = manifests.chosen(one["spec"]["podSelector"].get("matchLabels", {}))
        if service and {workload["metadata"]["labels"][NAME] for workload in chosen} != {service}:
            yield f"{named(one)} does not choose {service} alone"


def references(manifests):
    """What one object says of another is there."""
    there, said = {(one["kind"], one["metadata"]["name"]) for one in manifests}, set()
    for one in manifests.of("HorizontalPodAutoscaler", "ScaledObject"):
        target = one["spec"]["scaleTargetRef"]
        said.add((target.get("kind", "Deployment"), target["name"]))
    for _, pod in manifests.pods:
        said.add(("ServiceAccount", pod["serviceAccountName"]))
    for _, container in manifests.containers:
        said |= {("ConfigMap", source["configMapRef"]["name"]) for source in container["envFrom"]}
    for one in manifests.of("HTTPRoute"):
        said |= {("Service", backend["name"]) for rule in one["spec"]["rules"] for backend in rule["backendRefs"]}
    for kind, name in sorted(said - there):
        yield f"{kind} {name} is not there"


def outside(manifests):
    """Only what is for everybody has an address outside; the portal is the site, whole, under a name of its own."""
    listeners = {
        listener["name"]: listener["hostname"]
        for one in manifests.of("Gateway")
        for listener in one["spec"]["listeners"]
    }
    for one in manifests.of("HTTPRoute"):
        name, (parent,), hosts = one["metadata"]["name"], one["spec"]["parentRefs"], one["spec"]["hostnames"]
        allowed = {"/"} if name == "portal" else {"/v1", "/openapi.json"}
        for path in (match["path"]["value"] for rule in one["spec"]["rules"] for match in rule["matches"]):
            if path not in allowed:
                yield f"{named(one)} lets {path} out"
        there = [listeners.get(parent["sectionName"])] if "sectionName" in parent else listeners.values()
        if not any(fits(host, pattern) for host in hosts for pattern in there):
            yield f"{named(one)}: nobody listens for {hosts}"


def fits(host, pattern):
    return host.endswith(pattern[1:]) if pattern and pattern.startswith("*.") else host == pattern


def ports(manifests):
    for name, container in manifests.containers:
        there = {port["name"] for port in container["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if container.get(probe, {}).get("httpGet", {}).get("port") not in there:
                yield f"{name}: {probe} is missing, or asks a port that is not there"
    for one in manifests.of("Service"):
        for workload in manifests.chosen(one["spec"]["selector"]):
            (container,) = workload["spec"]["template"]["spec"]["containers"]
            there = {port["name"] for port in container["ports"]}
            if not {port["targetPort"] for port in one["spec"]["ports"]} <= there:
                yield f"{named(one)} leads to a port that is not there"


def mounts(manifests):
    for one in manifests.workloads:
        pod = one["spec"]["template"]["spec"]
        there = {volume["name"] for volume in pod["volumes"]}
        there |= {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", ())}
        used = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
        if used != there:
            yield f"{named(one)}: volumes and mounts differ by {sorted(used ^ there)}"


def amount(text):
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text)).groups()
    return float(number) * UNITS[unit]


def resources(manifests):
    for name, container in manifests.containers:
        asked, most = container["resources"].get("requests", {}), container["resources"].get("limits", {})
        for what in ("cpu", "memory"):
            if what not in asked or what not in most or amount(asked[what]) > amount(most[what]):
                yield f"{name}: {what} is not asked for within a limit"


def rights_of_pods(manifests):
    for name, pod in manifests.pods:
        whole = pod["securityContext"]
        if not whole.get("runAsNonRoot") or whole.get("runAsUser", 0) == 0:
            yield f"{name} may run as root"
        if whole.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name} has no seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{name} is given a token of the cluster"


def rights_of_containers(manifests):
    wanted = {"readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    for name, container in manifests.containers:
        if container["securityContext"] != wanted:
            yield f"{name} has other rights than {wanted}"


def fences(manifests):
    (namespace,) = manifests.of("Namespace")
    if namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
        yield "the namespace is not restricted"
    policies = [one["spec"] for one in manifests.of("NetworkPolicy")]
    if not any(one["podSelector"] == {} and "ingress" not in one for one in policies):
        yield "no policy denies everybody everything"


def stopping(manifests):
    for workload in manifests.workloads:
        template = workload["spec"]["template"]
        (container,) = template["spec"]["containers"]
        told = {one["name"]: one.get("value") for one in container["env"]}
        drain = int(told.get("VZAIMO_DRAIN_SECONDS", 0))
        if template["metadata"]["labels"].get("vzaimo.city/gateway") and drain < KNOWN:
            yield f"{named(workload)} stops before its callers know"
        if template["spec"]["terminationGracePeriodSeconds"] <= drain + FINISH + PUBLISH:
            yield f"{named(workload)} is killed while it drains"


CHECKS = (
    *(unknown_fields, own_pods, selectors, references, outside, ports, mounts, resources),
    *(rights_of_pods, rights_of_containers, fences, stopping),
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_manifests_hold_together(manifests, check):
    assert list(check(manifests)) == []


def test_production_has_what_production_needs(production):
    for service in SERVICES:
        mine = [one for one in production if one["metadata"]["name"].startswith(f"{service}-")]
        assert {one["kind"] for one in mine} == {
            *("Deployment", "Service", "ServiceAccount", "NetworkPolicy", "HTTPRoute"),
            *("PodDisruptionBudget", "HorizontalPodAutoscaler", "ScaledObject"),
        }
        policy = production.first("NetworkPolicy", f"{service}-service")
        assert any(rule["ports"] == [{"port": 5432}] for rule in policy["spec"]["egress"])
        images = {container["image"] for name, container in production.containers if f" {service}-" in name}
        assert [image.partition(":")[0] for image in images] == [f"registry.example/vzaimo-{service}"]
    assert {one["metadata"]["name"] for one in production.of("Database")} == set(SERVICES)


def test_production_has_a_portal_that_outlives_a_node(production):
    mine = [one for one in production if one["metadata"]["name"] == "portal"]
    assert {one["kind"] for one in mine} == {
        *("Deployment", "Service", "ServiceAccount", "NetworkPolicy", "HTTPRoute"),
        *("PodDisruptionBudget", "HorizontalPodAutoscaler"),
    }
    assert production.first("HorizontalPodAutoscaler", "portal")["spec"]["minReplicas"] >= 2
    (container,) = [container for name, container in production.containers if name == "Deployment portal"]
    assert container["image"].partition(":")[0] == "registry.example/vzaimo-portal"
    secrets = {one["name"]: one["valueFrom"]["secretKeyRef"]["key"] for one in container["env"]}
    assert secrets["VZAIMO_PORTAL_SESSION_KEY"] == "session-key"


def selector(m, kind, name):
    return m.first(kind, name)["spec"]["selector"]


def route(m):
    return m.first("HTTPRoute", "calendar-gateway")["spec"]["rules"][0]


def labels_of_pods(m):
    return m.first("Deployment", "calendar-api")["spec"]["template"]["metadata"]["labels"]


def container_rights(m):
    return m.container["securityContext"]


PLANTED = [
    ("a field that does not exist", unknown_fields, lambda m: m.container.update(comand=["x"])),
    ("a wrong type", unknown_fields, lambda m: m.pod.update(terminationGracePeriodSeconds="long")),
    ("pods without a label", own_pods, lambda m: labels_of_pods(m).pop(COMPONENT)),
    ("pods of two", own_pods, lambda m: labels_of_pods(m).update({COMPONENT: "worker"})),
    ("a service to nobody", selectors, lambda m: selector(m, "Service", "calendar-gateway").update({NAME: "x"})),
    ("a service to everybody", selectors, lambda m: selector(m, "Service", "calendar-gateway").pop(NAME)),
    (
        "a budget for nobody",
        selectors,
        lambda m: selector(m, "PodDisruptionBudget", "notify-api")["matchLabels"].update({NAME: "x"}),
    ),
    (
        "a policy for everybody",
        selectors,
        lambda m: m.first("NetworkPolicy", "notify-service")["spec"]["podSelector"].clear(),
    ),
    (
        "a policy for nobody",
        selectors,
        lambda m: m.first("NetworkPolicy", "notify-service")["spec"]["podSelector"]["matchLabels"].update({NAME: "x"}),
    ),
    (
        "scaling what is not there",
        references,
        lambda m: m.first("ScaledObject", "calendar-worker")["spec"]["scaleTargetRef"].update(name="worker"),
    ),
    ("a route to nowhere", references, lambda m: route(m)["backendRefs"][0].update(name="gateway")),
    ("no such settings", references, lambda m: m.container["envFrom"][0]["configMapRef"].update(name="settings")),
    ("no such account", references, lambda m: m.pod.update(serviceAccountName="service")),
    ("operators outside", outside, lambda m: route(m)["matches"].append({"path": {"value": "/operator"}})),
    ("everything outside", outside, lambda m: route(m)["matches"].append({"path": {"value": "/"}})),
    ("nobody listens", outside, lambda m: m.first("HTTPRoute", "portal")["spec"].update(hostnames=["www.example"])),
    (
        "another listener",
        outside,
        lambda m: m.first("HTTPRoute", "portal")["spec"]["parentRefs"][0].update(sectionName="https"),
    ),
    ("no probe", ports, lambda m: m.container.pop("livenessProbe")),
    ("a probe of another port", ports, lambda m: m.container["readinessProbe"]["httpGet"].update(port="htttp")),
    (
        "a service to another port",
        ports,
        lambda m: m.first("Service", "calendar-gateway")["spec"]["ports"][0].update(targetPort="web"),
    ),
    ("a mount of nothing", mounts, lambda m: m.container["volumeMounts"][0].update(name="temp")),
    ("a volume for nobody", mounts, lambda m: m.container["volumeMounts"].pop()),
    ("no limit", resources, lambda m: m.container["resources"]["limits"].pop("memory")),
    ("more than the limit", resources, lambda m: m.container["resources"]["requests"].update(memory="1Gi")),
    ("root", rights_of_pods, lambda m: m.pod["securityContext"].update(runAsUser=0)),
    ("perhaps root", rights_of_pods, lambda m: m.pod["securityContext"].pop("runAsNonRoot")),
    ("any system call", rights_of_pods, lambda m: m.pod["securityContext"].pop("seccompProfile")),
    ("a token", rights_of_pods, lambda m: m.pod.update(automountServiceAccountToken=True)),
    ("writable", rights_of_containers, lambda m: container_rights(m).pop("readOnlyRootFilesystem")),
    ("privileges", rights_of_containers, lambda m: container_rights(m).update(allowPrivilegeEscalation=True)),
    ("capabilities", rights_of_containers, lambda m: container_rights(m)["capabilities"].update(add=["NET_RAW"])),
    ("nobody is denied anything", fences, lambda m: m.remove(m.first("NetworkPolicy", "nobody"))),
    ("any pod", fences, lambda m: m.first("Namespace", "vzaimo")["metadata"]["labels"].clear()),
    ("killed while it drains", stopping, lambda m: m.pod.update(terminationGracePeriodSeconds=20)),
    ("no wait", stopping, lambda m: m.container["env"].pop(1)),
]


@pytest.mark.parametrize("check, plant", [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_a_planted_error_is_found(production, check, plant):
    changed = production.copy()
    plant(changed)
    assert list(check(changed)) != []
