"""The envelope of a fact, its subject on the bus, and the registry of fact types.

A fact is a CloudEvents 1.0 event in structured JSON mode (media type ``application/cloudevents+json``).
Its ``data`` carries the public state of one aggregate after the change, with ``aggregate_version``.
"""

import re
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MEDIA_TYPE = "application/cloudevents+json"
NOBODY = "-"
"""Stands in a subject where a fact concerns no city, or no second one."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=64)]
"""A city's immutable id, and the form of every other token that people choose."""

PersonRef = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""A person on the bus: the first 128 bits of SHA-256 over issuer, a line feed, and subject; in hex."""


class Audience(StrEnum):
    """Who may read a fact: anyone, the cities that it names, or Vzaimo's own services."""

    PUBLIC = "pub"
    PARTY = "party"
    INTERNAL = "int"


class State(BaseModel):
    """A part of an aggregate's public state. Readers ignore fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


FACTS: dict[str, "type[Fact]"] = {}
"""Every concrete fact by its CloudEvents ``type``."""


class Fact(State):
    """Something that happened to one aggregate, in the past tense.

    A subclass for an aggregate says ``service``, ``aggregate``, and how ``key`` and ``parties`` are read
    from the state. A concrete fact below it says ``audience`` and so enters ``FACTS``.
    """

    service: ClassVar[str]
    aggregate: ClassVar[str]
    audience: ClassVar[Audience]
    stream: ClassVar[str]
    schema_version: ClassVar[int] = 1
    fact_word: ClassVar[str]
    event_type: ClassVar[str]

    aggregate_version: Annotated[int, Field(ge=1)]
    """Rises with each change of the aggregate, also with those that are told to nobody outside: gaps are no loss."""

    @property
    def key(self) -> str:
        """The aggregate's id."""
        raise NotImplementedError

    @property
    def parties(self) -> tuple[str, str]:
        """The city that the fact is about and the other city concerned, ``-`` for none."""
        return NOBODY, NOBODY

    @property
    def subject(self) -> str:
        """Eight tokens: service, audience, aggregate, fact, version, city, other city, id."""
        city, other = self.parties
        return (
            f"{self.service}.{self.audience}.{self.aggregate}.{self.fact_word}"
            f".v{self.schema_version}.{city}.{other}.{self.key}"
        )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "stream" not in cls.__dict__ and "service" in cls.__dict__:
            cls.stream = cls.service.upper()
        if "audience" in cls.__dict__:
            if not hasattr(cls, "fact_word"):
                cls.fact_word = snake_case(cls.__name__)
            cls.event_type = f"city.vzaimo.{cls.service}.{cls.__name__}.v{cls.schema_version}"
            FACTS[cls.event_type] = cls


F = TypeVar("F", bound=Fact)


class CloudEvent(BaseModel, Generic[F]):
    """CloudEvents 1.0 envelope. ``traceparent`` is the Distributed Tracing extension (W3C Trace Context)."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    specversion: Literal["1.0"] = "1.0"
    """Of CloudEvents."""
    id: UUID
    """The fact's own, the same whenever it is sent again; also in the header ``Nats-Msg-Id``."""
    source: str
    """The service that says it: ``/vzaimo/calendar``."""
    type: str
    """What happened, with the version of its schema: ``city.vzaimo.calendar.EventAnnounced.v1``."""
    subject: str
    """The aggregate's id, as it ends the subject on NATS."""
    time: AwareDatetime
    """When it was committed."""
    datacontenttype: Literal["application/json"] = "application/json"
    """Of ``data``."""
    traceparent: str | None = None
    """The trace in which it happened (W3C Trace Context)."""
    data: F
    """The aggregate's whole public state after the change."""

    @property
    def name(self) -> str:
        """The fact's name, ``EventAnnounced``."""
        return self.type.rsplit(".", 2)[-2]


def envelope(fact: F, *, event_id: UUID, time: datetime, traceparent: str | None = None) -> CloudEvent[F]:
    """Wrap a fact for the bus."""
    return _parametrised(fact.event_type)(  # type: ignore[return-value]
        id=event_id,
        source=f"/vzaimo/{fact.service}",
        type=fact.event_type,
        subject=fact.key,
        time=time,
        traceparent=traceparent,
        data=fact,
    )


def parse(body: bytes) -> CloudEvent[Fact]:
    """Read a fact of any known type from the bus.

    Raises ``UnknownFact`` for a type or version that this code does not know, and
    ``pydantic.ValidationError`` for a body that is not such an event.
    """
    kind = Kind.model_validate_json(body).type
    if kind not in FACTS:
        raise UnknownFact(kind)
    return _parametrised(kind).model_validate_json(body)


class UnknownFact(ValueError):
    """A fact whose type, or the version in it, is none of ours: a newer publisher, or not a fact at all."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"no fact is known by the type {kind!r}")
        self.kind = kind


class Kind(BaseModel):
    """The one attribute of an event that says how to read the rest."""

    type: str


@cache
def _parametrised(kind: str) -> type[CloudEvent[Fact]]:
    return CloudEvent[FACTS[kind]]  # type: ignore[valid-type]


def snake_case(name: str) -> str:
    """``EventAnnounced`` to ``event_announced``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
