"""Settings from the environment, prefix ``VZAIMO_``; a wrong one stops the process with a line that names it."""

import sys
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from vzaimo.kit.bus import Access

PREFIX = "VZAIMO_"
Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """What every service is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: SecretStr
    nats_url: str = "nats://127.0.0.1:4222"
    nats_user: str | None = None
    nats_password: SecretStr | None = None
    nats_credentials: str | None = None
    stream_replicas: Annotated[int, Field(ge=1, le=5)] = 1
    http_host: str = "127.0.0.1"
    http_port: Port
    issuer: str
    jwks: str
    audience: str = "vzaimo"
    operator_token: Annotated[SecretStr, Field(min_length=32)] | None = None
    """Opens ``/operator``; without it there is no such address."""
    role: Literal["all", "api", "worker"] = "all"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    trusted_proxies: tuple[str, ...] = ()
    calls_per_person: Annotated[int, Field(ge=0)] = 1200
    """A minute; 0 = no limit."""
    calls_per_address: Annotated[int, Field(ge=0)] = 6000
    outbox_bound: Annotated[int, Field(ge=1)] = 100_000
    """Facts that may wait for the bus before commands are refused."""
    stale_roles_seconds: Annotated[int, Field(ge=1)] = 60
    """How far the copy of roles may be behind while the bus is there."""
    away_minutes: Annotated[int, Field(ge=1)] = 60
    """How long commands go on while the bus is away."""

    @property
    def access(self) -> Access:
        """Where the bus is, and as whom we come."""
        password = self.nats_password.get_secret_value() if self.nats_password else None
        return Access(self.nats_url, self.nats_user, password, self.nats_credentials)


S = TypeVar("S", bound=Settings)


def load(wanted: type[S]) -> S:
    """Read the environment. Exits with status 2 and one line for each variable that is missing or wrong."""
    try:
        return wanted()
    except ValidationError as error:
        for one in error.errors():
            name = PREFIX + "_".join(str(part) for part in one["loc"]).upper()
            fault = "is not set" if one["type"] == "missing" else f"is wrong: {one['msg']}"
            sys.stderr.write(f"{name} {fault}\n")
        raise SystemExit(2) from None
