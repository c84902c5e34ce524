"""What requests refuses about learning needs."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from vzaimo.contracts.refusal import Refusal
from vzaimo.contracts.requests import NeedStatus


@dataclass
class UnknownNeed(Refusal):
    """No such learning need."""

    need: UUID


@dataclass
class UnknownTopic(Refusal):
    """No topic of the programme, or one that was retired."""

    topic: str


@dataclass
class PeriodBackwards(Refusal):
    """The period ends before it begins."""

    not_before: date
    not_after: date


@dataclass
class PeriodOver(Refusal):
    """The period is past."""

    not_after: date


@dataclass
class OwnNeed(Refusal):
    """A city does not back what it asked for itself."""

    city: str


@dataclass
class AlreadyBacked(Refusal):
    """The city backs this need already."""

    city: str


@dataclass
class NotBacking(Refusal):
    """The city does not back this need."""

    city: str


@dataclass
class NeedNotOpen(Refusal):
    """The need is answered or closed."""

    status: NeedStatus
    needed: tuple[NeedStatus, ...]
