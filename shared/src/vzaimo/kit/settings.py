"""Settings from the environment, prefix ``VZAIMO_``; a wrong one stops the process with a line that names it."""

import re
import ssl
import sys
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    FilePath,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from vzaimo.kit.bus import Access

PREFIX = "VZAIMO_"
Port = Annotated[int, Field(ge=0, le=65535)]
Network = Annotated[str, AfterValidator(lambda text: str(IPvAnyNetwork(text)))]


def _certificates(path: Path) -> Path:
    try:
        ssl.create_default_context(cafile=path)
    except (ssl.SSLError, OSError):
        raise PydanticCustomError("authority", "it must be a file of certificates (PEM)") from None
    return path


Authorities = Annotated[FilePath, AfterValidator(_certificates)]
"""A file of certificates of those who sign others' (PEM)."""


class Settings(BaseSettings):
    """What every service is told."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: SecretStr
    nats_url: str = "nats://127.0.0.1:4222"
    nats_user: str | None = None
    nats_password: SecretStr | None = None
    nats_credentials: str | None = None
    nats_inbox_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = "_INBOX"
    """Where answers come: with the permissions of ``deploy/nats``, ``_INBOX_<user>``."""
    nats_tls_ca: Authorities | None = None
    """The authority (PEM) that signed the certificate of NATS; with it, only TLS will do."""
    stream_replicas: Annotated[int, Field(ge=1, le=5)] = 1
    http_host: str = "127.0.0.1"
    http_port: Port
    issuer: str
    jwks: str
    audience: str = "vzaimo"
    operator_token: Annotated[SecretStr, Field(min_length=32)] | None = None
    """Opens ``/operator``; without it there is no such address."""
    role: Literal["all", "api", "worker"] = "all"
    drain_seconds: Annotated[float, Field(ge=0, le=60)] = 0
    """After SIGTERM requests are served for so long: until whoever balances them knows that we leave."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    trusted_proxies: tuple[Network, ...] = ()
    """A JSON list, such as ``["10.0.0.0/8"]``."""
    calls_per_person: Annotated[int, Field(ge=0)] = 1200
    """A minute; 0 = no limit."""
    calls_per_address: Annotated[int, Field(ge=0)] = 6000
    outbox_bound: Annotated[int, Field(ge=1)] = 100_000
    """Facts that may wait for the bus before commands are refused."""
    stale_roles_seconds: Annotated[int, Field(ge=1)] = 60
    """How far the copy of roles may be behind while the bus is there."""
    away_minutes: Annotated[int, Field(ge=1)] = 60
    """How long commands go on while the bus is away."""

    @field_validator("database_url")
    @classmethod
    def _a_store_that_we_know(cls, url: SecretStr) -> SecretStr:
        known = re.fullmatch(r"sqlite:///[^?]+|postgresql://.+", url.get_secret_value())
        if not known or ":memory:" in known.string:
            raise PydanticCustomError("store", "it must begin with sqlite:/// and a path, or with postgresql://")
        return url

    @field_validator("nats_url")
    @classmethod
    def _a_bus_that_we_know(cls, url: str) -> str:
        if not re.fullmatch(r"(nats|tls)://[^\s/]+", url):
            raise PydanticCustomError("bus", "it must be nats://host:port or tls://host:port")
        return url

    @field_validator("role")
    @classmethod
    def _one_process_a_file(cls, role: str, info: ValidationInfo) -> str:
        store = info.data.get("database_url")
        if role != "all" and store is not None and store.get_secret_value().startswith("sqlite:"):
            raise PydanticCustomError("role", "SQLite serves one process; to split it, use PostgreSQL")
        return role

    @property
    def access(self) -> Access:
        """Where the bus is, and as whom we come."""
        password = self.nats_password.get_secret_value() if self.nats_password else None
        return Access(
            self.nats_url,
            self.nats_user,
            password,
            self.nats_credentials,
            self.nats_inbox_prefix,
            str(self.nats_tls_ca) if self.nats_tls_ca else None,
        )


S = TypeVar("S", bound=Settings)


def load(wanted: type[S]) -> S:
    """Read the environment. Exits with status 2 and one line for each variable that is missing or wrong."""
    try:
        return wanted()
    except ValidationError as error:
        for one in error.errors():
            name = f"{PREFIX}{one['loc'][0]}".upper()
            fault = "is not set" if one["type"] == "missing" else f"is wrong: {one['msg']}"
            sys.stderr.write(f"{name} {fault}\n")
    except SettingsError as error:
        # What pydantic-settings cannot even parse; its text is: error parsing value for field "x" from source "…"
        sys.stderr.write(f"{PREFIX}{str(error).split(chr(34))[1].upper()} is wrong: it must be JSON\n")
    raise SystemExit(2)
