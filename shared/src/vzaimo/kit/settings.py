"""Settings from the environment, prefix ``VZAIMO_``; a wrong one stops the process with a line that names it."""

import os
import re
import ssl
import sys
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

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
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

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


def _address(text: str) -> str:
    if not _leads_somewhere(text):
        raise PydanticCustomError("address", "it must begin with https:// or http:// and a host")
    return text.rstrip("/")


def _leads_somewhere(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and " " not in text
    except ValueError:  # a port that is no number
        return False


Address = Annotated[str, AfterValidator(_address)]
"""Where something is reached; without a slash at the end."""
Authorities = Annotated[FilePath, AfterValidator(_certificates)]
"""A file of certificates of those who sign others' (PEM)."""


def with_its_user(password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    """A password and the user of the same place are told together or not at all."""
    user = f"{info.field_name}".replace("password", "user")
    if (password is None) != (info.data.get(user) is None):
        name = f"{PREFIX}{user}".upper()
        raise PydanticCustomError("beside", "it goes together with {name}, and one of them is not set", {"name": name})
    return password


Password = Annotated[SecretStr | None, Field(validate_default=True), AfterValidator(with_its_user)]
"""Comes after the field of its user: ``x_user``, ``x_password``."""


class Settings(BaseSettings):
    """What every service is told."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: SecretStr
    nats_url: str = "nats://127.0.0.1:4222"
    nats_user: str | None = None
    nats_password: Password = None
    nats_credentials: FilePath | None = None
    nats_inbox_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = "_INBOX"
    """Where answers come: with the permissions of ``deploy/nats``, ``_INBOX_<user>``."""
    nats_tls_ca: Authorities | None = None
    """The authority (PEM) that signed the certificate of NATS; with it, only TLS will do."""
    stream_replicas: Annotated[int, Field(ge=1, le=5)] = 1
    http_host: str = "127.0.0.1"
    http_port: Port
    issuer: str
    """As tokens have it, to the letter."""
    jwks: str
    """The issuer's keys: an address, or a file."""
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
        try:
            make_url(known.string)
        except (ArgumentError, ValueError):
            hint = "it must be postgresql://user:password@host:port/name; what is special in a password as %40"
            raise PydanticCustomError("store", hint) from None
        return url

    @field_validator("nats_url")
    @classmethod
    def _a_bus_that_we_know(cls, url: str) -> str:
        if not re.fullmatch(r"(nats|tls)://([^\s/@]+@)?([^\s/:@,]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?", url):
            raise PydanticCustomError("bus", "it must be nats://host:port or tls://host:port")
        return url

    @field_validator("issuer")
    @classmethod
    def _an_issuer(cls, issuer: str) -> str:
        _address(issuer)
        return issuer

    @field_validator("jwks")
    @classmethod
    def _keys_that_are_there(cls, jwks: str) -> str:
        if not (_leads_somewhere(jwks) or ("://" not in jwks and Path(jwks).is_file())):
            raise PydanticCustomError("keys", "it must be the address of the issuer's keys, or a file that is there")
        return jwks

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
            str(self.nats_credentials) if self.nats_credentials else None,
            self.nats_inbox_prefix,
            str(self.nats_tls_ca) if self.nats_tls_ca else None,
        )


S = TypeVar("S", bound=Settings)
_COLLECTORS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def load(wanted: type[S]) -> S:
    """Read the environment. Exits with status 2 and one line for each variable that is missing or wrong."""
    try:
        settings = wanted()
        for name in _COLLECTORS:
            if not _leads_somewhere(os.environ.get(name) or "http://collector"):
                sys.stderr.write(f"{name} is wrong: it must begin with https:// or http:// and a host\n")
                raise SystemExit(2)
    except ValidationError as error:
        for one in error.errors():
            name = f"{PREFIX}{one['loc'][0]}".upper()
            fault = "is not set" if one["type"] == "missing" else f"is wrong: {one['msg']}"
            sys.stderr.write(f"{name} {fault}\n")
    except SettingsError as error:
        # What pydantic-settings cannot even parse; its text is: error parsing value for field "x" from source "…"
        sys.stderr.write(f"{PREFIX}{str(error).split(chr(34))[1].upper()} is wrong: it must be JSON\n")
    else:
        return settings
    raise SystemExit(2)
