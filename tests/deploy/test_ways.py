"""Who may talk to whom, who says how many there are, and who is started again; each check is shown its errors."""

from urllib.parse import urlsplit

import pytest

SERVICES = ("registry", "calendar", "requests", "notify")
MAILS = ("registry", "notify")
NAME = "app.kubernetes.io/name"


def named(one):
    return f"{one['kind']} {one['metadata']['name']}"


def the_portals_way(manifests):
    """The portal reaches gateways and the issuer, and nothing else of ours; gateways let it in."""
    for one in manifests.of("NetworkPolicy"):
        name, service = one["metadata"]["name"], one["metadata"].get("labels", {}).get(NAME)
        if name == "portal":
            ways = {
                (to, port["port"])
                for rule in one["spec"]["egress"]
                for to in map(whom, rule["to"])
                for port in rule["ports"]
            }
            if ways != {("vzaimo.city/gateway=true", 8080), ("0.0.0.0/0", 443)}:
                yield f"the portal reaches {sorted(ways)}"
        elif (
            service
            and "Ingress" in one["spec"]["policyTypes"]
            and ("portal", "http")
            not in {
                (label, port["port"])
                for rule in one["spec"]["ingress"]
                for source in rule["from"]
                for expression in source.get("podSelector", {}).get("matchExpressions", ())
                for label in expression["values"]
                for port in rule["ports"]
            }
        ):
            yield f"{named(one)} keeps the portal out"


def ways(manifests):
    """What the code connects to is allowed, and nothing broader: who comes in, and who is gone to."""
    for one in manifests.services:
        if astray := goes(manifests, one) ^ needed(manifests, one):
            yield f"{named(one)} goes to {sorted(map(str, astray))}"
    yield from guests(manifests)
    everybody = manifests.first("NetworkPolicy", "nobody")["spec"]["egress"]
    if there(everybody, "to") != {("kubernetes.io/metadata.name=kube-system", 53)}:
        yield "everybody goes elsewhere than to the names' server"
    yield from addresses(manifests.settings)


def guests(manifests):
    names = "vzaimo.city/purpose=monitoring"
    for service in SERVICES:
        policy = manifests.first("NetworkPolicy", f"{service}-service")["spec"]
        callers = {
            ("vzaimo.city/purpose=gateway", "http"),
            (names, "http"),
            ("in app.kubernetes.io/name: portal", "http"),
        }
        if (found := there(policy["ingress"], "from")) != callers:
            yield f"to {service} comes {sorted(map(str, found ^ callers))}"


def addresses(told):
    for name, port in (("VZAIMO_NATS_URL", 4222), ("OTEL_EXPORTER_OTLP_ENDPOINT", 4318)):
        if name in told and urlsplit(told[name]).port != port:
            yield f"{name} leads to a port that is not allowed"
    for name in ("VZAIMO_ISSUER", "VZAIMO_JWKS"):
        if (urlsplit(told[name]).port or 443) != 443 or urlsplit(told[name]).scheme != "https":
            yield f"{name} leads to a port that is not allowed"
    if told.get("VZAIMO_SMTP_PORT", "587") != "587":
        yield "VZAIMO_SMTP_PORT is not allowed"


def needed(manifests, workload):
    """Where the code goes: gateways read the issuer's keys, mails and webhooks are sent by workers."""
    labels, world = workload["spec"]["template"]["metadata"]["labels"], "0.0.0.0/0"
    service, role = labels[NAME], labels["app.kubernetes.io/component"]
    found = {("vzaimo.city/purpose=bus", 4222), ("vzaimo.city/purpose=monitoring", 4318)}
    found |= {(world, 443)} if role != "worker" or service == "notify" else set()
    found |= {(world, 587)} if role != "api" and service in MAILS else set()
    return found | ({("cnpg.io/cluster=postgres", 5432)} if manifests.of("ScaledObject") else set())


def goes(manifests, workload):
    """Where pods with these labels may go, by all policies that are about them; the server of names aside."""
    labels, found = workload["spec"]["template"]["metadata"]["labels"], set()
    for one in manifests.of("NetworkPolicy"):
        if one["metadata"]["name"] != "nobody" and chosen(one["spec"]["podSelector"], labels):
            found |= there(one["spec"].get("egress", ()), "to")
    return found


def chosen(selector, labels):
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", ())
    )


def there(rules, side):
    return {(whom(peer), port["port"]) for rule in rules for peer in rule[side] for port in rule["ports"]}


def scalers(manifests):
    """One Deployment, one who says how many; and no number in the manifest, which every apply would put back."""
    scaled = []
    for one in manifests.of("HorizontalPodAutoscaler", "ScaledObject"):
        least = one["spec"].get("minReplicas", one["spec"].get("minReplicaCount", 0))
        if least < 2:
            yield f"{named(one)} leaves one alone"
        scaled.append(one["spec"]["scaleTargetRef"]["name"])
    if len(set(scaled)) != len(scaled):
        yield "two scale one Deployment"
    for one in manifests.of("Deployment"):
        if one["metadata"]["name"] in scaled and "replicas" in one["spec"]:
            yield f"{named(one)} says how many it is"
    for one in manifests.of("PodDisruptionBudget"):
        (budgeted,) = manifests.chosen(one["spec"]["selector"]["matchLabels"])
        if budgeted["metadata"]["name"] not in scaled:
            yield f"{named(one)} keeps a node from being emptied: there is but one"
        if one["spec"].get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield f"{named(one)} keeps a node from being emptied while a store is away"


def lives(manifests):
    """Whether it is started again depends on its own loop alone; whether traffic comes, on what it needs."""
    for name, container in manifests.containers:
        for probe, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
            if container.get(probe, {}).get("httpGet", {}).get("path") != path:
                yield f"{name}: {probe} does not ask {path}"


def whom(peer):
    if expressions := peer.get("podSelector", {}).get("matchExpressions"):
        return "; ".join(f"{one['operator'].lower()} {one['key']}: {', '.join(one['values'])}" for one in expressions)
    if "ipBlock" in peer:
        return peer["ipBlock"]["cidr"]
    labels = peer.get("podSelector", peer.get("namespaceSelector"))["matchLabels"]
    return ",".join(f"{key}={value}" for key, value in labels.items())


@pytest.mark.parametrize("check", [the_portals_way, ways, scalers, lives], ids=lambda check: check.__name__)
def test_the_manifests_are_as_the_code_needs_them(manifests, check):
    assert list(check(manifests)) == []


WORLD = {"ipBlock": {"cidr": "0.0.0.0/0"}}


def ways_of(m):
    return m.first("NetworkPolicy", "calendar-service")["spec"]["egress"]


PLANTED = [
    (
        "the portal on the bus",
        the_portals_way,
        lambda m: m.first("NetworkPolicy", "portal")["spec"]["egress"][0]["ports"].append({"port": 4222}),
    ),
    (
        "a gateway without the portal",
        the_portals_way,
        lambda m: m.first("NetworkPolicy", "notify-service")["spec"]["ingress"][0]["from"].pop(),
    ),
    ("the world on every port", ways, lambda m: ways_of(m).append({"to": [WORLD], "ports": [{"port": 25}]})),
    ("no way to the store", ways, lambda m: ways_of(m).pop()),
    (
        "a worker in the world",
        ways,
        lambda m: m.first("NetworkPolicy", "calendar-issuer")["spec"]["podSelector"].update(
            matchLabels={NAME: "calendar"}
        ),
    ),
    ("no webhooks", ways, lambda m: m.first("NetworkPolicy", "notify-out")["spec"]["egress"][0]["ports"].pop()),
    (
        "mails by gateways",
        ways,
        lambda m: m.first("NetworkPolicy", "registry-out")["spec"]["podSelector"].pop("matchExpressions"),
    ),
    ("a bus elsewhere", ways, lambda m: m.settings.update(VZAIMO_NATS_URL="tls://nats:4223")),
    ("an issuer elsewhere", ways, lambda m: m.settings.update(VZAIMO_JWKS="https://id.example:8443/certs")),
    ("a mail server elsewhere", ways, lambda m: m.settings.update(VZAIMO_SMTP_PORT="25")),
    (
        "everybody comes in",
        ways,
        lambda m: m.first("NetworkPolicy", "calendar-service")["spec"]["ingress"][0]["from"].append(WORLD),
    ),
    (
        "two who scale",
        scalers,
        lambda m: m.first("ScaledObject", "calendar-worker")["spec"]["scaleTargetRef"].update(name="calendar-api"),
    ),
    ("a number beside KEDA", scalers, lambda m: m.first("Deployment", "calendar-worker")["spec"].update(replicas=2)),
    (
        "one alone",
        scalers,
        lambda m: m.first("HorizontalPodAutoscaler", "calendar-api")["spec"].update(minReplicas=1),
    ),
    (
        "a node that cannot be emptied",
        scalers,
        lambda m: m.first("PodDisruptionBudget", "calendar-api")["spec"].pop("unhealthyPodEvictionPolicy"),
    ),
    ("killed with the store", lives, lambda m: m.container["livenessProbe"]["httpGet"].update(path="/readyz")),
]


@pytest.mark.parametrize("check, plant", [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_a_planted_error_is_found(production, check, plant):
    changed = production.copy()
    plant(changed)
    assert list(check(changed)) != []
