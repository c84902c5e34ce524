"""What a service is made of."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from sqlalchemy import MetaData

from vzaimo.kit.bus import Stream
from vzaimo.kit.database import Transaction
from vzaimo.kit.http import Wording
from vzaimo.kit.inbound import Subscription
from vzaimo.kit.migrations import KIT, Schema
from vzaimo.kit.relay.reconcile import Adopt
from vzaimo.kit.timers import Handler

if TYPE_CHECKING:
    from vzaimo.kit.service.service import Service

Sweep = Callable[[Transaction], Awaitable[int]]
Loop = Callable[["Service"], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service is made of."""

    name: str
    title: str
    streams: Sequence[Stream]
    metadata: MetaData
    wording: Wording
    routers: Sequence[APIRouter]
    adopt: Adopt
    subscriptions: Sequence[Subscription] = ()
    timers: Mapping[str, Handler] = field(default_factory=dict)
    loops: Sequence[Loop] = ()
    sweeps: Mapping[str, Sweep] = field(default_factory=dict)
    """Counts of what must not be."""
    forms: Sequence[str] = ()
    """Beginnings of paths that are posted to by others' programs, as a form."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """Tables of the service's own aggregates, by aggregate: for positions."""
    extras: Mapping[str, Any] = field(default_factory=dict)
    secret_paths: Sequence[str] = ()
    """Beginnings of paths that end with a secret: no span tells of such requests."""

    @property
    def schemas(self) -> list[Schema]:
        """The kit's tables and the service's."""
        return [KIT, Schema(f"vzaimo.{self.name}", self.metadata)]
