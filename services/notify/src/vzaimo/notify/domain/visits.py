"""A city's way to an event, from its request to what it says afterwards: what host, guest and moderators are told."""

from collections.abc import Iterator
from typing import Literal

from vzaimo.contracts.calendar import Event, EventStatus
from vzaimo.contracts.requests import DelegateStatus, Request, RequestStatus
from vzaimo.notify.domain.kinds import Kind
from vzaimo.notify.domain.notices import MODERATORS, Notice

Side = Literal["city", "host"]
Status = RequestStatus

FINAL = frozenset(
    {Status.REJECTED, Status.REDIRECTED, Status.RELEASED, Status.WITHDRAWN, Status.EXPIRED, Status.CLOSED}
)
SEATED = frozenset({Status.APPROVED, Status.CONFIRMED, Status.RECONFIRM_PENDING})
"""Where a request may have seats that the city counts on."""

TOUCHED = (frozenset(Status) - FINAL - {Status.DRAFT}) | {Status.WITHDRAWN, Status.CLOSED}
"""Where a request may stand when host or guest leaves the programme: it is open, or was ended for that."""

_DECIDED = {
    Status.OFFERED: Kind.REQUEST_OFFERED,
    Status.WAITLISTED: Kind.REQUEST_WAITLISTED,
    Status.REJECTED: Kind.REQUEST_REJECTED,
    Status.REDIRECTED: Kind.REQUEST_REDIRECTED,
}
_DETAILS = ("title", "sessions", "deadlines", "audience", "academic_hours")
"""What guests look at; a change of seats or of the plan for the queue is none of theirs."""


def seated(request: Request) -> bool:
    """The city has seats."""
    return request.status in SEATED and request.granted > 0


def of_request(before: Request | None, after: Request) -> Iterator[Notice]:
    """A request was sent, decided, served from the queue, answered, moved, or ended; and what came of it."""
    if _sent(after) and not (before and _sent(before)):
        yield _of(after, Kind.REQUEST_SUBMITTED, "host")
    yield from _silence(before, after)
    yield from _seats(before, after)
    yield from _moved(before, after)
    if before is None or before.status is not after.status:
        yield from _reached(before.status if before else None, after)
    yield from _afterwards(before, after)


def told(before: Event | None, after: Event, request: Request) -> Iterator[Notice]:
    """What a guest is told of a changed event: whoever may still decide of another time, who has seats of the rest."""
    if after.status is not EventStatus.ANNOUNCED or request.status in FINAL or request.status is Status.DRAFT:
        return
    if before is None or after.schedule_revision > before.schedule_revision:
        if behind(after, request):
            yield late(after, request)
    elif seated(request) and any(getattr(before, name) != getattr(after, name) for name in _DETAILS):
        yield _of(request, Kind.VISIT_CHANGED, "city")


def late(event: Event, request: Request) -> Notice:
    """The event has another time than the request was made for; once, whichever of the two is heard of first."""
    once = f"revision-{event.schedule_revision}"
    return Notice(Kind.VISIT_MOVED, request.city, request.id, request.event, once=once)


def behind(event: Event, request: Request) -> bool:
    """The request is open, and was made for another schedule."""
    return request.status not in FINAL and request.schedule_revision < event.schedule_revision


def _sent(request: Request) -> bool:
    # Whoever was redirected has a draft that keeps its place in time.
    return request.submitted_at is not None and request.status is not Status.DRAFT


def _silence(before: Request | None, after: Request) -> Iterator[Notice]:
    if after.overdue_at is not None and (before is None or before.overdue_at is None):
        yield _of(after, Kind.DECISION_OVERDUE, "host")
    if after.escalated_at is not None and (before is None or before.escalated_at is None):
        yield Notice(Kind.DECISION_ESCALATED, MODERATORS, after.id, after.event)


def _seats(before: Request | None, after: Request) -> Iterator[Notice]:
    """A decision, or what the queue gave or took."""
    if after.decision_no > (before.decision_no if before else 0):
        yield _of(after, _DECIDED.get(after.status, Kind.REQUEST_APPROVED), "city")
    elif before is not None and after.status is Status.REDIRECTED and before.status is not Status.REDIRECTED:
        yield _of(after, Kind.REQUEST_REDIRECTED, "city")
    elif before is not None and before.offer is None:
        if after.offer is not None:
            yield _of(after, Kind.REQUEST_OFFERED, "city")
        elif after.granted > before.granted:
            yield _of(after, Kind.REQUEST_PROMOTED, "city")
        elif after.granted < before.granted and after.status not in FINAL:
            yield _of(after, Kind.SEATS_RELEASED, "city")
            yield _of(after, Kind.SEATS_RELEASED, "host")


def _moved(before: Request | None, after: Request) -> Iterator[Notice]:
    if after.status is Status.RECONFIRM_PENDING and (before is None or before.reconfirm_by != after.reconfirm_by):
        yield _of(after, Kind.RECONFIRMATION_ASKED, "city")


def _reached(was: Status | None, after: Request) -> Iterator[Notice]:
    if after.status is Status.CONFIRMED:
        again = was is Status.RECONFIRM_PENDING
        yield _of(after, Kind.REQUEST_RECONFIRMED if again else Kind.REQUEST_CONFIRMED, "host")
    elif after.status is Status.WITHDRAWN:
        yield _of(after, Kind.REQUEST_WITHDRAWN, "host")
    elif after.status is Status.RELEASED:
        if was is Status.OFFERED:
            yield _of(after, Kind.OFFER_DECLINED, "host")
        else:
            yield _of(after, Kind.SEATS_RELEASED, "city")
            yield _of(after, Kind.SEATS_RELEASED, "host")
    elif after.status is Status.EXPIRED:
        kind = Kind.OFFER_EXPIRED if was is Status.OFFERED else Kind.REQUEST_EXPIRED
        yield _of(after, kind, "city")
        yield _of(after, kind, "host")
    elif after.status is Status.CLOSED:
        yield _of(after, Kind.REQUEST_CLOSED, "city")


def _afterwards(before: Request | None, after: Request) -> Iterator[Notice]:
    if _replaced(after) > _replaced(before):
        yield _of(after, Kind.DELEGATE_REPLACED, "host")
    if after.attended is not None and (before is None or before.attended != after.attended):
        yield _of(after, Kind.ATTENDANCE_RECORDED, "city")
    if after.feedback is not None and (before is None or before.feedback is None):
        yield _of(after, Kind.FEEDBACK_RECEIVED, "host")


def _replaced(request: Request | None) -> int:
    return sum(one.status is DelegateStatus.REPLACED for one in request.delegates) if request else 0


def _of(request: Request, kind: Kind, whose: Side) -> Notice:
    return Notice(kind, request.city if whose == "city" else request.host, request.id, request.event)
