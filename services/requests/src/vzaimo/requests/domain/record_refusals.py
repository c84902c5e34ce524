"""What requests refuses about attendance, feedback and personal data."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vzaimo.contracts.refusal import Refusal
from vzaimo.contracts.requests import DelegateStatus


@dataclass
class UnknownSession(Refusal):
    """Not a session of this event."""

    session: UUID


@dataclass
class SessionNotBegun(Refusal):
    """Nobody can have come yet."""

    starts_at: datetime


@dataclass
class AttendanceClosed(Refusal):
    """Attendance is corrected no more."""

    until: datetime


@dataclass
class LongerThanSession(Refusal):
    """Nobody attends a session for longer than it lasts."""

    delegate: UUID
    minutes: int
    longest: int


@dataclass
class NotExpected(Refusal):
    """The request has no seats of this event in this way of attending."""

    request: UUID


@dataclass
class NobodyAttended(Refusal):
    """A city speaks of an event that its people came to."""

    city: str


@dataclass
class PracticeNotShown(Refusal):
    """The event did not show this practice."""

    practice: UUID
    shown: tuple[UUID, ...]


@dataclass
class FeedbackFixed(Refusal):
    """Feedback is changed no more."""

    until: datetime


@dataclass
class DelegateNotFound(Refusal):
    """The request names no such person."""

    delegate: UUID


@dataclass
class NotGranted(Refusal):
    """The person has no seat, so needs are not asked."""

    delegate: UUID
    status: DelegateStatus


@dataclass
class AlreadyErased(Refusal):
    """Nothing is stored of this person any more."""

    delegate: UUID
    erased_at: datetime


@dataclass
class UnknownAct(Refusal):
    """No such act of destruction, or none that the caller may see."""

    act: UUID
