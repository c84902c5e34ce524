"""Who came: recorded by the host session by session, corrected for a while, and told as one number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from vzaimo.contracts.calendar import AudienceRole, Event, EventStatus, Session
from vzaimo.contracts.requests import DelegateStatus, Request
from vzaimo.requests.domain.record_refusals import AttendanceClosed, LongerThanSession, SessionNotBegun, UnknownSession
from vzaimo.requests.domain.refusals import EventNotOpen, UnknownDelegate
from vzaimo.requests.domain.transitions import Step, check

CORRECTIONS = timedelta(days=30)
"""After an event's end, for late corrections."""
EXPECTED = frozenset(
    {DelegateStatus.GRANTED, DelegateStatus.CONFIRMED, DelegateStatus.ATTENDED, DelegateStatus.NO_SHOW}
)
"""Delegates who have a seat, or had one when the event began."""


@dataclass(frozen=True, slots=True)
class Roll:
    """One session's whole list: minutes of the delegates who came, and, remote, people by request and role."""

    minutes: Mapping[UUID, int]
    remote: Mapping[UUID, Mapping[AudienceRole, int]]


def check_roll(event: Event, session_id: UUID, roll: Roll, now: datetime) -> Session:
    """May this list be recorded now? Raises what stands against it."""
    session = next((one for one in event.sessions if one.id == session_id), None)
    if session is None:
        raise UnknownSession(session_id)
    if event.status is EventStatus.CANCELLED:
        raise EventNotOpen(event.id, event.status)
    if now < session.starts_at:
        raise SessionNotBegun(session.starts_at)
    if now >= event.ends_at + CORRECTIONS:
        raise AttendanceClosed(event.ends_at + CORRECTIONS)
    longest = round((session.ends_at - session.starts_at) / timedelta(minutes=1))
    for delegate, minutes in roll.minutes.items():
        if minutes > longest:
            raise LongerThanSession(delegate, minutes, longest)
    return session


def check_delegates(expected: Mapping[UUID, UUID], roll: Roll) -> None:
    """Only those who have a seat can come. ``expected``: delegates, and their requests."""
    for unknown in sorted(roll.minutes.keys() - expected.keys()):
        raise UnknownDelegate(unknown)


def attend(request: Request, came: Mapping[str, int]) -> Request:
    """What is recorded so far, over all sessions. ``came``: people by delegate's id or, remote, by role."""
    check(request, Step.RECORD_ATTENDANCE)
    delegates = tuple(
        one.model_copy(update={"status": DelegateStatus.ATTENDED if came.get(str(one.id)) else DelegateStatus.NO_SHOW})
        if one.status in EXPECTED
        else one
        for one in request.delegates
    )
    return request.model_copy(update={"delegates": delegates, "attended": sum(came.values())})


def turnout(request: Request, came: Mapping[str, int]) -> dict[AudienceRole, int]:
    """The people who came, by role."""
    if not request.delegates:
        return {AudienceRole(role): people for role, people in came.items() if people}
    found: dict[AudienceRole, int] = {}
    for one in request.delegates:
        if came.get(str(one.id)):
            found[one.role] = found.get(one.role, 0) + 1
    return found
