"""What all steps share: how a request's delegates, counts and status follow from each other."""

from collections.abc import Callable

from vzaimo.contracts.calendar import SeatMode
from vzaimo.contracts.requests import Delegate, DelegateStatus, Request, RequestStatus

State = DelegateStatus

SEATED = frozenset({State.GRANTED, State.CONFIRMED})
"""A delegate with a seat."""
CAME_OR_NOT = (State.ATTENDED, State.NO_SHOW)
"""A delegate who had a seat when attendance was recorded, and keeps it in the books."""
LIVING = frozenset({State.PROPOSED, State.WAITLISTED, *SEATED})
"""A delegate who may still come."""


def sent(request: Request) -> bool:
    """Whether the host has it: not a draft, nor one that ended as a draft."""
    return request.status is not RequestStatus.DRAFT and request.submitted_at is not None


def each(request: Request, status: Callable[[Delegate], DelegateStatus]) -> Request:
    """The request with each delegate where ``status`` puts them."""
    delegates = tuple(one.model_copy(update={"status": status(one)}) for one in request.delegates)
    return request.model_copy(update={"delegates": delegates})


def counted(request: Request) -> Request:
    """The request with its seats counted anew from its delegates; remote there are none, and the counts stand."""
    if request.mode is SeatMode.REMOTE:
        return request
    found = [one.status for one in request.delegates]
    confirmed = sum(found.count(one) for one in (State.CONFIRMED, *CAME_OR_NOT))
    return request.model_copy(
        update={
            "granted": confirmed + found.count(State.GRANTED),
            "confirmed": confirmed,
            "waiting": found.count(State.WAITLISTED),
        }
    )


def seated(request: Request, count: int, status: DelegateStatus) -> Request:
    """So many of those who wait get a seat, by the city's rank."""
    left = count

    def place(one: Delegate) -> DelegateStatus:
        nonlocal left
        if one.status is not State.WAITLISTED or not left:
            return one.status
        left -= 1
        return status

    update = {"waiting": request.waiting - count, "granted": request.granted + count}
    return each(request, place).model_copy(update=update)


def ended(request: Request, status: RequestStatus, delegates: DelegateStatus) -> Request:
    """The request in a final state: it has no seats, waits for none, and owes no answer."""
    over = each(request, lambda one: delegates if one.status in LIVING else one.status)
    update = {"status": status, "granted": 0, "confirmed": 0, "waiting": 0, "offer": None}
    update |= {"confirm_by": None, "reconfirm_by": None}
    if not sent(request):
        # One that goes on from another event had that one's place in time, and was never sent here either.
        update["submitted_at"] = None
    return over.model_copy(update=update)


def placed(request: Request) -> Request:
    """Where a request stands follows from its seats, its open offer, and whether it is asked to confirm again.

    It owes its word by ``confirm_by`` only while it has seats that nobody confirmed.
    """
    if request.offer is not None:
        status = RequestStatus.OFFERED
    elif request.reconfirm_by is not None:
        status = RequestStatus.RECONFIRM_PENDING
    elif request.granted > request.confirmed:
        status = RequestStatus.APPROVED
    elif request.confirmed:
        status = RequestStatus.CONFIRMED
    elif request.waiting:
        status = RequestStatus.WAITLISTED
    else:
        status = RequestStatus.RELEASED
    silent = status is RequestStatus.APPROVED
    return request.model_copy(update={"status": status, "confirm_by": request.confirm_by if silent else None})
