"""Settings from the environment, prefix ``VZAIMO_PORTAL_``; a wrong one stops the process with a line that names it."""

import sys
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from vzaimo.kit.keys import Keys

PREFIX = "VZAIMO_PORTAL_"


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and " " not in value
    except ValueError:  # a port that is no number
        fine = False
    if not fine:
        raise PydanticCustomError("address", "it must begin with https:// or http:// and a host")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
Network = Annotated[str, AfterValidator(lambda text: str(IPvAnyNetwork(text)))]


class PortalSettings(BaseSettings):
    """What the portal is told."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)]
    public_url: Address
    """Where people reach the portal: what mails link to, what the issuer sends people back to."""
    registry_url: Address
    calendar_url: Address
    requests_url: Address
    notify_url: Address
    feeds_url: Address | None = None
    """Where calendar programs and browsers reach calendar's gateway, if that is not ``calendar_url``."""
    statistics_url: Address | None = None
    """Where browsers reach the gateway of requests, if that is not ``requests_url``."""
    traces_url: Address | None = None
    """Where traces of requests are kept, as the desk of one machine keeps them; shown to moderators."""
    issuer: Address
    client_id: str = "vzaimo-portal"
    client_secret: SecretStr | None = None
    session_key: Keys
    """Seals the session's cookie; whose key is taken away signs in again."""
    patience: Annotated[float, Field(gt=0)] = 5.0
    """Seconds to wait for a gateway; what has not come by then is shown as away."""
    trusted_proxies: tuple[Network, ...] = ("127.0.0.1",)
    """A JSON list of those whose word we take for where a visitor comes from, such as ``["10.0.0.0/8"]``."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def gateways(self) -> dict[str, str]:
        """The address of each gateway, and of the store of traces."""
        return {
            "registry": self.registry_url,
            "calendar": self.calendar_url,
            "requests": self.requests_url,
            "notify": self.notify_url,
            **({"traces": self.traces_url} if self.traces_url else {}),
        }

    @property
    def feeds(self) -> str:
        """Where calendar programs subscribe."""
        return self.feeds_url or self.calendar_url

    @property
    def sheets(self) -> str:
        """Where browsers download statistics."""
        return self.statistics_url or self.requests_url

    @property
    def origin(self) -> str:
        """The public address without its path, as browsers send it in ``Origin``."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secure(self) -> bool:
        """Whether people come by TLS."""
        return self.public_url.startswith("https://")


def load() -> PortalSettings:
    """Read the environment. Exits with status 2 and one line for each variable that is missing or wrong."""
    try:
        return PortalSettings()
    except ValidationError as error:
        for one in error.errors():
            name = f"{PREFIX}{one['loc'][0]}".upper()
            fault = "is not set" if one["type"] == "missing" else f"is wrong: {one['msg']}"
            sys.stderr.write(f"{name} {fault}\n")
    except SettingsError as error:
        # What pydantic-settings cannot even parse; its text is: error parsing value for field "x" from source "…"
        sys.stderr.write(f"{PREFIX}{str(error).split(chr(34))[1].upper()} is wrong: it must be JSON\n")
    raise SystemExit(2)
