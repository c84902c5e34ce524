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
from vzaimo.kit.settings import PREFIX
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
    """Alerts, dashboard and scaling ask for numbers that there are."""
    there = {one.name + end for one in Metrics().registry.collect() for end in ENDS[one.type]}
    for one in manifests.of("PrometheusRule", "ScaledObject", "ConfigMap"):
        asked = set(re.findall(r"\bvzaimo_[a-z_]+", json.dumps(one)))
        yield from (f"{one['metadata']['name']}: {name} is no metric" for name in sorted(asked - there))


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


@pytest.mark.parametrize("check", [names_of_settings, values_of_settings, metrics, sections])
def test_names_are_those_of_the_code(manifests, check):
    assert list(check(manifests)) == []


def test_what_must_not_be_pages_at_once(production):
    assert list(at_once(production)) == []


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
        for service in (*SERVICES, PORTAL)
    }


@pytest.mark.parametrize("service", [*SERVICES, PORTAL])
def test_compose_tells_each_service_what_it_needs_and_nothing_else(prepared, service):
    told = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))["services"][service]["environment"]
    known = settings_of(service)[1]
    everything = {**told, **prepared[service]}
    assert {name for name in everything if not name.startswith("OTEL_")} <= set(known)
    prefix = PORTAL_PREFIX if service == PORTAL else PREFIX
    with_image = {*everything, f"{prefix}HTTP_PORT", f"{prefix}HTTP_HOST"}
    assert {name for name, field in known.items() if field.is_required()} <= with_image
