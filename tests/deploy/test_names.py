"""Names that manifests share with the code: settings, metrics, sections of the runbook; each check is shown errors."""

import json
import os
import re
import subprocess
from importlib import import_module
from pathlib import Path
from unittest import mock

import certifi
import pytest
import yaml
from pydantic import ValidationError

from vzaimo.kit.metrics import Metrics
from vzaimo.kit.settings import PREFIX, Settings
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running
from vzaimo.portal.house.settings import PREFIX as PORTAL_PREFIX
from vzaimo.portal.house.settings import PortalSettings

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
COMPOSE = Path(__file__).parents[2] / "deploy"
SERVICES = ("registry", "calendar", "requests", "notify")
PORTAL = "portal"
ENDS = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"], "gauge": [""]}
A_SECRET = "postgresql://user:password@host/database"
OTHER_SECRETS = {"VZAIMO_FIRST_MODERATOR": "moderator@city.example"}


class Wanted(Exception):
    """Ends a process before it begins."""


def settings_of(service):
    """The settings that a service's process reads, by the names of its variables."""
    if service == PORTAL:
        return PortalSettings, {
            f"{PORTAL_PREFIX}{name}".upper(): field for name, field in PortalSettings.model_fields.items()
        }
    main = import_module(f"vzaimo.{service}.main")
    with mock.patch.object(main, "load", side_effect=Wanted) as load, pytest.raises(Wanted):
        main.main()
    wanted = load.call_args.args[0]
    return wanted, {f"{PREFIX}{name}".upper(): field for name, field in wanted.model_fields.items()}


def told(manifests):
    """Each workload's service, name, own variables, and all variables with their values."""
    maps = {one["metadata"]["name"]: one["data"] for one in manifests.of("ConfigMap")}
    for one in manifests.workloads:
        (container,) = one["spec"]["template"]["spec"]["containers"]
        own = {
            entry["name"]: entry.get("value", OTHER_SECRETS.get(entry["name"], A_SECRET)) for entry in container["env"]
        }
        shared = {}
        for source in container["envFrom"]:
            shared |= maps[source["configMapRef"]["name"]]
        yield one["metadata"]["labels"]["app.kubernetes.io/name"], one["metadata"]["name"], own, shared | own


def names_of_settings(manifests):
    anybodys = {name for service in SERVICES for name in settings_of(service)[1]}
    for name in manifests.settings:
        if name not in anybodys and not name.startswith("OTEL_"):
            yield f"{name} is nobody's setting"
    for service, name, own, everything in told(manifests):
        known = settings_of(service)[1]
        if service == PORTAL:
            yield from (f"{one} is no setting of the portal" for one in everything if one not in known)
        yield from (f"{name}: {one} is no setting of {service}" for one in own if one not in known)
        needed = [one for one, field in known.items() if field.is_required()]
        yield from (f"{name}: {one} is missing" for one in needed if one not in everything)


def values_of_settings(manifests):
    for service, name, _, everything in told(manifests):
        there = {**everything, "VZAIMO_NATS_TLS_CA": certifi.where()}  # a file that is here as well
        with mock.patch.dict(os.environ, there, clear=True):
            try:
                settings_of(service)[0]()
            except ValidationError as error:
                yield f"{name}: {error}"


def metrics(manifests):
    """Alerts, dashboard and scaling ask for numbers that there are, by labels that they have."""
    there = {
        one.name + end: {*labels_of(one.name), *SCRAPED, *(("le",) if end == "_bucket" else ())}
        for one in Metrics().registry.collect()
        for end in ENDS[one.type]
    } | OTHERS
    for what, query in queries(manifests):
        named = re.findall(r"\b((?:vzaimo|kube)_[a-z_]+|up)\b(?:\{([^}]*)\})?", query)
        for name, matchers in named:
            if name not in there:
                yield f"{what}: {name} is no metric"
            for label in re.findall(r"(\w+)\s*[=!]", matchers):
                if label not in there.get(name, ()):
                    yield f"{what}: {name} has no label {label}"
        has = set().union(*(there.get(name, set()) for name, _ in named))
        for label in re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", query))):
            if label not in has:
                yield f"{what}: nothing there has the label {label}"


SCRAPED = ("service", "role", "namespace", "pod")
"""Labels that the PodMonitor gives to whatever a pod says."""
OTHERS = {"up": set(SCRAPED), "kube_deployment_status_replicas_available": {"namespace", "deployment"}}


def labels_of(name):
    collectors = Metrics().registry._names_to_collectors
    return next(one._labelnames for key, one in collectors.items() if key == name)


def queries(manifests):
    """Everything that asks Prometheus, with who asks."""
    for one in manifests.of("PrometheusRule"):
        yield from ((rule["alert"], rule["expr"]) for group in one["spec"]["groups"] for rule in group["rules"])
    for one in manifests.of("ScaledObject"):
        yield from ((one["metadata"]["name"], trigger["metadata"]["query"]) for trigger in one["spec"]["triggers"])
    for one in manifests.of("ConfigMap"):
        for panel in json.loads(one["data"].get("dashboard.json", '{"panels": []}'))["panels"]:
            yield from ((panel["title"], target["expr"]) for target in panel.get("targets", ()))


def away(manifests):
    """Who has no pod has no numbers: each workload of a service is asked for by name, and so is the portal."""
    said = manifests.rule("VzaimoAway")["expr"]
    for one in manifests.services:
        service, role = (one["metadata"]["labels"]["app.kubernetes.io/name"], one["metadata"]["name"].split("-")[1])
        if f'absent(up{{namespace="vzaimo", service="{service}", role="{role}"}})' not in said:
            yield f"nobody misses {service}-{role}"
    if 'deployment="portal"' not in manifests.rule("VzaimoSiteAway")["expr"]:
        yield "nobody misses the portal"


def steps(manifests):
    """The section of an alert says what to look at and what to do, not only what it means."""
    page = OPERATIONS.read_text(encoding="utf-8")
    groups = [group for one in manifests.of("PrometheusRule") for group in one["spec"]["groups"]]
    for alert in (rule["alert"] for group in groups for rule in group["rules"]):
        said = re.findall(rf"^### {alert}\n(.*?)(?=^##)", page, re.DOTALL | re.MULTILINE)
        if not said or "`" not in said[0] or len(said[0].split()) < 25:
            yield f"{alert}: too little to act on at night"


def sections(manifests):
    headings = re.findall(r"^#+ (.+)$", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    groups = [group for one in manifests.of("PrometheusRule") for group in one["spec"]["groups"]]
    for rule in (rule for group in groups for rule in group["rules"]):
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        if not page.endswith("docs/operations.md") or anchor not in anchors:
            yield f"{rule['alert']} has no section in docs/operations.md"


def at_once(manifests):
    rule = manifests.rule("VzaimoImpossible")
    if "for" in rule or rule["labels"]["severity"] != "page":
        yield "what must not be does not page at once"


@pytest.mark.parametrize("check", [names_of_settings, values_of_settings, metrics, sections, steps])
def test_names_are_those_of_the_code(manifests, check):
    assert list(check(manifests)) == []


def test_what_must_not_be_pages_at_once(production):
    assert list(at_once(production)) == []
    assert list(away(production)) == []


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["calendar", "requests"])
async def test_processes_say_what_alerts_ask_for(production, foreign, settings_of, clock, name):
    """Before anything has happened: a counter that begins with the first event is not seen to rise by it."""
    parts = import_module(f"vzaimo.{name}.main").parts()
    async with running(parts, settings_of(Settings), clock) as service:

        async def exposed():
            text = (await service.client.get("/metrics")).text
            found = [text for sweep in parts.sweeps if f'check="{sweep}"' in text]
            return text if len(found) == len(parts.sweeps) and "vzaimo_consumer_lag_facts{" in text else ""

        text = await eventually(exposed, "the numbers")
    for one in parts.subscriptions:
        assert f'vzaimo_dead_letters_total{{consumer="{one.durable(name)}"}} 0.0' in text
    said = set(re.findall(r"^vzaimo_[a-z_]+", text, re.MULTILINE))
    asked = {found for _, query in queries(production) for found in re.findall(r"\bvzaimo_[a-z_]+", query)}
    # The first of these begin with the first request; the others are of what is sent, and notify's alone.
    later = ("vzaimo_http_request_seconds", "vzaimo_delivery_")
    assert {found for found in asked - said if not found.startswith(later)} == set()


def test_the_dashboard_and_the_alerts_use_every_number(production):
    """A number that nobody looks at is none."""
    shown = json.dumps(production.of("PrometheusRule", "ConfigMap"))
    unseen = [one.name for one in Metrics().registry.collect() if one.name not in shown]
    assert unseen == []


def query(m, text):
    m.first("ScaledObject", "calendar-worker")["spec"]["triggers"][0]["metadata"].update(query=text)


PLANTED = [
    ("a misspelt name", names_of_settings, lambda m: m.container["env"][0].update(name="VZAIMO_ROLL")),
    ("another service's", names_of_settings, lambda m: m.container["env"].append({"name": "VZAIMO_SMTP_HOST"})),
    ("a misspelt shared name", names_of_settings, lambda m: m.settings.update(VZAIMO_ISUER="x")),
    (
        "a misspelt name of the portal's",
        names_of_settings,
        lambda m: m.portal_settings.update(VZAIMO_PORTAL_REGISTRI_URL="x"),
    ),
    ("the portal without an issuer", names_of_settings, lambda m: m.portal_settings.pop("VZAIMO_PORTAL_ISSUER")),
    ("no address", values_of_settings, lambda m: m.portal_settings.update(VZAIMO_PORTAL_NOTIFY_URL="notify-gateway")),
    ("a missing one", names_of_settings, lambda m: m.settings.pop("VZAIMO_SMTP_HOST")),
    ("a wrong number", values_of_settings, lambda m: m.settings.update(VZAIMO_HTTP_PORT="http")),
    ("a wrong role", values_of_settings, lambda m: m.container["env"][0].update(value="boss")),
    ("an alert about nothing", metrics, lambda m: m.rule("VzaimoFactsWait").update(expr="vzaimo_outbox_oldest > 60")),
    ("an alert by no label", metrics, lambda m: m.rule("VzaimoFactsWait").update(expr="vzaimo_outbox_facts{city='a'}")),
    (
        "an alert by nobody's label",
        metrics,
        lambda m: m.rule("VzaimoFactsWait").update(expr="max by (consumer) (vzaimo_outbox_facts)"),
    ),
    ("nobody is missed", away, lambda m: m.rule("VzaimoAway").update(expr="up < 1")),
    ("nothing to do", steps, lambda m: m.rule("VzaimoAway").update(alert="VzaimoGone")),
    ("scaling by nothing", metrics, lambda m: query(m, "vzaimo_consumer_lag")),
    ("no section", sections, lambda m: m.rule("VzaimoFactsWait")["annotations"].update(runbook_url="operations.md#x")),
    ("it may wait", at_once, lambda m: m.rule("VzaimoImpossible").update({"for": "10m"})),
    ("nobody is called", at_once, lambda m: m.rule("VzaimoImpossible")["labels"].update(severity="ticket")),
]


@pytest.mark.parametrize("check, plant", [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_a_planted_error_is_found(production, check, plant):
    changed = production.copy()
    plant(changed)
    assert list(check(changed)) != []


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """What deploy/prepare.sh makes for each service."""
    folder = tmp_path_factory.mktemp("prepared") / "secrets"
    subprocess.run((COMPOSE / "prepare.sh", folder), check=True, stdout=subprocess.DEVNULL)
    return {
        service: dict(line.split("=", 1) for line in (folder / f"{service}.env").read_text().splitlines())
        for service in (*SERVICES, PORTAL, "operator")
    }


def test_the_operator_is_told_of_the_bus_and_of_no_store(prepared):
    names = ("NATS_USER", "NATS_PASSWORD", "NATS_INBOX_PREFIX", "OPERATOR_TOKEN")
    assert prepared["operator"].keys() == {f"{PREFIX}{name}" for name in names}
    assert prepared["operator"].keys() < prepared["calendar"].keys()


@pytest.mark.parametrize("service", [*SERVICES, PORTAL])
def test_compose_tells_each_service_what_it_needs_and_nothing_else(prepared, service):
    told = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))["services"][service]["environment"]
    known = settings_of(service)[1]
    everything = {**told, **prepared[service]}
    assert {name for name in everything if not name.startswith("OTEL_")} <= set(known)
    prefix = PORTAL_PREFIX if service == PORTAL else PREFIX
    with_image = {*everything, f"{prefix}HTTP_PORT", f"{prefix}HTTP_HOST"}
    assert {name for name, field in known.items() if field.is_required()} <= with_image
