"""Every setting of every process, missing or malformed: it ends at once, with one line that names the variable."""

import os
from importlib import import_module
from unittest import mock

import pytest

from vzaimo.kit.settings import load
from vzaimo.portal.house import settings as portal

ADDRESSES = ("registry.example", "https://", "https://host:port", "ftp://host", "https://ho st")
SHORT = ("hidden",)
KEYS = (*SHORT, f"{'k' * 32},hidden", f"{'k' * 32},")
NUMBERS = ("many", "-1", "1.5")
A_FILE = ("/nowhere", __file__)
CHOICES = ("boss",)
NETWORKS = ("10.0.0.0/8", '["proxy"]', "[1")

MALFORMED = {
    "DATABASE_URL": (
        "mysql://h/d",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://u:hidden@h:port/d",
        "postgresql://",
    ),
    "NATS_URL": ("localhost:4222", "http://localhost", "nats://localhost:port", "nats://", "nats://a:4222,nats://b"),
    "NATS_PASSWORD": ("hidden",),  # without a user
    "NATS_CREDENTIALS": ("/nowhere",),
    "NATS_INBOX_PREFIX": ("_INBOX.x", "in box"),
    "NATS_TLS_CA": A_FILE,
    "STREAM_REPLICAS": (*NUMBERS, "0", "6"),
    "HTTP_PORT": (*NUMBERS, "70000", "http"),
    "ISSUER": ADDRESSES,
    "JWKS": (*ADDRESSES[1:], "/nowhere"),
    "OPERATOR_TOKEN": SHORT,
    "ROLE": (*CHOICES, "api"),  # over SQLite
    "DRAIN_SECONDS": ("soon", "-1", "61", "nan"),
    "LOG_LEVEL": CHOICES,
    "LOG_FORMAT": CHOICES,
    "TRUSTED_PROXIES": NETWORKS,
    "CALLS_PER_PERSON": NUMBERS,
    "CALLS_PER_ADDRESS": NUMBERS,
    "OUTBOX_BOUND": (*NUMBERS, "0"),
    "STALE_ROLES_SECONDS": (*NUMBERS, "0"),
    "AWAY_MINUTES": (*NUMBERS, "0"),
    "SMTP_PORT": (*NUMBERS, "smtp"),
    "SMTP_PASSWORD": ("hidden",),
    "SMTP_STARTTLS": ("perhaps",),
    "MAIL_FROM": ("Взаимообучение", "noreply@"),
    "PORTAL_URL": ADDRESSES,
    "PUBLIC_URL": ADDRESSES,
    "NOTIFY_URL": ADDRESSES,
    "JOIN_URL": ADDRESSES,
    "UNSUBSCRIBE_KEY": KEYS,
    "WEBHOOK_KEY": KEYS,
    "WEBHOOK_ALLOW_PRIVATE": ("perhaps",),
    "WEBHOOK_TLS_CA": A_FILE,
    "INVITATION_KEY": KEYS,
    "FIRST_MODERATOR": ("moderator",),
    "NEEDS_THRESHOLD": (*NUMBERS, "0"),
    "PURGE_AFTER_DAYS": (*NUMBERS, "30"),
    **{f"PORTAL_{name}_URL": ADDRESSES for name in ("PUBLIC", "REGISTRY", "CALENDAR", "REQUESTS", "NOTIFY")},
    **{f"PORTAL_{name}_URL": ADDRESSES for name in ("FEEDS", "STATISTICS", "TRACES")},
    "PORTAL_ISSUER": ADDRESSES,
    "PORTAL_HTTP_PORT": (*NUMBERS, "70000"),
    "PORTAL_SESSION_KEY": KEYS,
    "PORTAL_PATIENCE": ("long", "0", "-1", "nan"),
    "PORTAL_TRUSTED_PROXIES": NETWORKS,
    "PORTAL_LOG_LEVEL": CHOICES,
}
FREE = {"NATS_USER", "AUDIENCE", "HTTP_HOST", "SMTP_HOST", "SMTP_USER"}
"""Any text may be right; what is not, is found by whoever uses it (the others, and tests/kit/test_settings.py)."""
FREE |= {"PORTAL_HTTP_HOST", "PORTAL_CLIENT_ID", "PORTAL_CLIENT_SECRET"}

RIGHT = {
    "DATABASE_URL": "sqlite:///store.db",
    "HTTP_PORT": "8080",
    "ISSUER": "https://issuer.example",
    "JWKS": "https://issuer.example/certs",
    "SMTP_HOST": "smtp.example",
    "PORTAL_URL": "https://portal.example/",
    "INVITATION_KEY": "k" * 32,
    **{f"PORTAL_{name}_URL": "http://host:8080" for name in ("PUBLIC", "REGISTRY", "CALENDAR", "REQUESTS", "NOTIFY")},
    "PORTAL_ISSUER": "https://issuer.example/realms/vzaimo",
    "PORTAL_HTTP_PORT": "8080",
    "PORTAL_SESSION_KEY": "k" * 32,
}


class Wanted(Exception):
    """Ends a process before it begins."""


def loader(service):
    """What reads the settings of a process, its names of variables, and which of them must be there."""
    if service == "portal":
        fields, read, prefix = portal.PortalSettings.model_fields, portal.load, "PORTAL_"
    else:
        main = import_module(f"vzaimo.{service}.main")
        with mock.patch.object(main, "load", side_effect=Wanted) as asked, pytest.raises(Wanted):
            main.main()
        wanted = asked.call_args.args[0]
        fields, prefix = wanted.model_fields, ""

        def read():
            return load(wanted)

    names = {f"{prefix}{name}".upper(): field for name, field in fields.items()}
    return read, list(names), [name for name, field in names.items() if field.is_required()]


PROCESSES = {service: loader(service) for service in ("registry", "calendar", "requests", "notify", "portal")}
CASES = [
    (service, name, value)
    for service, (_, names, _) in PROCESSES.items()
    for name in names
    for value in MALFORMED.get(name, ())
]
MISSING = [(service, name) for service, (_, _, required) in PROCESSES.items() for name in required]


def started(service, changes):
    read, _, required = PROCESSES[service]
    told = {name: RIGHT[name] for name in required} | changes
    there = {f"VZAIMO_{name}": value for name, value in told.items() if value is not None}
    with mock.patch.dict(os.environ, there, clear=True):
        return read()


def test_every_setting_is_in_the_table():
    names = {name for _, names, _ in PROCESSES.values() for name in names}
    assert names == MALFORMED.keys() | FREE
    assert not MALFORMED.keys() & FREE


@pytest.mark.parametrize("service", PROCESSES)
def test_what_is_needed_is_enough(service):
    settings = started(service, {})
    assert not getattr(settings, "portal_url", "").endswith("/")


@pytest.mark.parametrize("service, name, value", CASES)
def test_a_malformed_setting_stops_the_process_with_a_line_that_names_it(capsys, service, name, value):
    with pytest.raises(SystemExit) as stopped:
        started(service, {name: value})
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"VZAIMO_{name} is wrong: ")
    assert "hidden" not in line


@pytest.mark.parametrize("service, name", MISSING)
@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_setting_stops_the_process_with_a_line_that_names_it(capsys, service, name, empty):
    with pytest.raises(SystemExit) as stopped:
        started(service, {name: "" if empty else None})
    assert (stopped.value.code, capsys.readouterr().err) == (2, f"VZAIMO_{name} is not set\n")


@pytest.mark.parametrize("user", ["NATS_USER", "SMTP_USER"])
def test_a_user_without_a_password_stops_the_process_with_a_line_that_names_both(capsys, user):
    with pytest.raises(SystemExit):
        started("notify", {user: "notify"})
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"VZAIMO_{user.replace('USER', 'PASSWORD')} is wrong: it goes together with VZAIMO_{user}")


@pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
def test_a_malformed_address_of_the_collector_stops_the_process_too(capsys, name):
    read, _, required = PROCESSES["calendar"]
    told = {f"VZAIMO_{one}": RIGHT[one] for one in required} | {name: "collector:4318"}
    with mock.patch.dict(os.environ, told, clear=True), pytest.raises(SystemExit) as stopped:
        read()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith(f"{name} is wrong: ")
