"""Where everything of one machine's set is: folder, ports, addresses, settings of each service."""

import json
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

SERVICES = ("registry", "calendar", "requests", "notify")
_SECRETS = ("operator_token", "invitation_key", "unsubscribe_key", "webhook_key", "session_key")
USUAL_PORT = 8100
USUAL_FOLDER = Path("var")
MAIL_DOMAIN = "demo.example"
"""RFC 2606: nobody's."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A folder and a range of ports: the desk (issuer, mailbox), the four services, the portal, in this order."""

    folder: Path
    port: int
    operator_token: str
    invitation_key: str
    unsubscribe_key: str
    webhook_key: str
    session_key: str

    @property
    def portal(self) -> str:
        """The address of the portal."""
        return f"http://127.0.0.1:{self.portal_port}"

    @property
    def portal_port(self) -> int:
        """Where the portal listens."""
        return self.port + 1 + len(SERVICES)

    @property
    def desk(self) -> str:
        """The address of the desk."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def smtp_port(self) -> int:
        """Where the mail sink listens."""
        return self.port + 25

    @property
    def nats_port(self) -> int:
        """Where the bus listens."""
        return self.port - USUAL_PORT + 4222

    @property
    def nats(self) -> str:
        """The address of the bus."""
        return f"nats://127.0.0.1:{self.nats_port}"

    def port_of(self, service: str) -> int:
        """Where a service's gateway listens."""
        return self.port + 1 + SERVICES.index(service)

    def gateway(self, service: str) -> str:
        """The address of a service's gateway."""
        return f"http://127.0.0.1:{self.port_of(service)}"

    @property
    def ports(self) -> dict[str, int]:
        """Every port that is needed, by what needs it."""
        return {
            "desk": self.port,
            **{service: self.port_of(service) for service in SERVICES},
            "portal": self.portal_port,
            "mail": self.smtp_port,
            "bus": self.nats_port,
        }

    def environment(self, service: str) -> dict[str, str]:
        """What a service is told; what the caller's environment says goes before it."""
        told = {
            "VZAIMO_DATABASE_URL": f"sqlite:///{self.folder.resolve() / service / 'store.db'}",
            "VZAIMO_NATS_URL": self.nats,
            "VZAIMO_HTTP_PORT": str(self.port_of(service)),
            "VZAIMO_ISSUER": self.desk,
            "VZAIMO_JWKS": f"{self.desk}/jwks.json",
            "VZAIMO_OPERATOR_TOKEN": self.operator_token,
            "VZAIMO_INVITATION_KEY": self.invitation_key,
            "VZAIMO_FIRST_MODERATOR": f"moderator@{MAIL_DOMAIN}",
            "VZAIMO_SMTP_HOST": "127.0.0.1",
            "VZAIMO_SMTP_PORT": str(self.smtp_port),
            "VZAIMO_PORTAL_URL": self.portal,
            "VZAIMO_NOTIFY_URL": self.gateway("notify"),
            "VZAIMO_UNSUBSCRIBE_KEY": self.unsubscribe_key,
            "VZAIMO_WEBHOOK_KEY": self.webhook_key,
            # Whoever tries a receiver has it on this machine.
            "VZAIMO_WEBHOOK_ALLOW_PRIVATE": "true",
            # Five cities take part in the demo: one asks, one can host.
            "VZAIMO_NEEDS_THRESHOLD": "3",
            # Everybody calls from one address here.
            "VZAIMO_CALLS_PER_ADDRESS": "0",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.desk,
            # Milliseconds: whoever looks at a trace has just clicked.
            "OTEL_BSP_SCHEDULE_DELAY": "1000",
        }
        return {**told, **os.environ, "PYTHONUNBUFFERED": "1"}

    @property
    def portal_environment(self) -> dict[str, str]:
        """What the portal is told; what the caller's environment says goes before it."""
        told = {
            "VZAIMO_PORTAL_HTTP_PORT": str(self.portal_port),
            "VZAIMO_PORTAL_PUBLIC_URL": self.portal,
            "VZAIMO_PORTAL_ISSUER": self.desk,
            "VZAIMO_PORTAL_SESSION_KEY": self.session_key,
            "VZAIMO_PORTAL_TRACES_URL": self.desk,
            **{f"VZAIMO_PORTAL_{service.upper()}_URL": self.gateway(service) for service in SERVICES},
        }
        return {**told, **os.environ, "PYTHONUNBUFFERED": "1"}


def prepared(folder: Path, port: int | None) -> Ground:
    """The ground in this folder, made if it is not there; its secrets are made once."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "local.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in _SECRETS:
        kept.setdefault(name, secrets.token_urlsafe(48))
    kept["port"] = port or kept.get("port", USUAL_PORT)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(kept), encoding="utf-8")
    fresh.replace(path)
    return Ground(folder, kept["port"], **{name: kept[name] for name in _SECRETS})


def known(folder: Path) -> Ground:
    """The ground of a set that was started in this folder. Exits with a line that says what to do if there is none."""
    if not (folder / "local.json").exists():
        sys.stderr.write(f"Nothing was started in {folder}: run `make up` first, or say --var.\n")
        raise SystemExit(2)
    return prepared(folder, None)
