"""The states of a request and the steps between them, as data.

The handlers execute this table, the model test reads it, and ``docs/architecture/requests.md`` prints it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vzaimo.contracts.requests import (
    AttendanceRecorded,
    DecisionEscalated,
    DecisionOverdue,
    DelegateReplaced,
    FeedbackReceived,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    ReconfirmationRequested,
    Request,
    RequestApproved,
    RequestClosed,
    RequestConfirmed,
    RequestExpired,
    RequestFact,
    RequestOffered,
    RequestRedirected,
    RequestRejected,
    RequestReleased,
    RequestStatus,
    RequestSubmitted,
    RequestUpdated,
    RequestWaitlisted,
    RequestWithdrawn,
)
from vzaimo.requests.domain.refusals import AttendanceTaken, WrongRequestStatus

Status = RequestStatus


class Step(StrEnum):
    """What may be done with a request, or happens to it."""

    REVISE = "revise"
    SUBMIT = "submit"
    PRIORITISE = "prioritise"
    DECIDE = "decide"
    PROMOTE = "promote"
    CONFIRM = "confirm"
    ACCEPT_OFFER = "accept offer"
    DECLINE_OFFER = "decline offer"
    EXPIRE_OFFER = "expire offer"
    PROLONG_OFFER = "prolong offer"
    OVERDUE = "overdue"
    ESCALATE = "escalate"
    EXPIRE = "expire"
    GIVE_TIME = "give time"
    ASK_AGAIN = "ask again"
    OFFER_AGAIN = "offer again"
    RECONFIRM = "reconfirm"
    LAPSE = "lapse"
    SEAT = "seat"
    RELEASE = "release"
    REPLACE = "replace"
    ASSIGN = "assign"
    REDIRECT = "redirect"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    RECORD_ATTENDANCE = "record attendance"
    GIVE_FEEDBACK = "give feedback"


FINAL = frozenset(
    {Status.REJECTED, Status.REDIRECTED, Status.RELEASED, Status.WITHDRAWN, Status.EXPIRED, Status.CLOSED}
)
"""Whatever happens, a request stays there."""
OPEN = tuple(status for status in Status if status not in FINAL)


@dataclass(frozen=True, slots=True)
class Transition:
    """From where a step may be taken, and where it may lead, with the fact that tells it."""

    origin: tuple[Status, ...]
    target: Mapping[Status, type[RequestFact] | None]
    stays: bool = False
    """The step leaves the status as it is."""


def _stays(fact: type[RequestFact], *statuses: Status) -> Transition:
    return Transition(statuses, dict.fromkeys(statuses, fact), stays=True)


TRANSITIONS: Mapping[Step, Transition] = {
    Step.REVISE: Transition(
        (Status.DRAFT, Status.SUBMITTED), {Status.DRAFT: None, Status.SUBMITTED: RequestUpdated}, stays=True
    ),
    Step.SUBMIT: Transition((Status.DRAFT,), {Status.SUBMITTED: RequestSubmitted}),
    Step.PRIORITISE: _stays(RequestUpdated, Status.SUBMITTED, Status.WAITLISTED, Status.APPROVED),
    Step.DECIDE: Transition(
        (Status.SUBMITTED,),
        {
            Status.APPROVED: RequestApproved,
            Status.OFFERED: RequestOffered,
            Status.WAITLISTED: RequestWaitlisted,
            Status.REJECTED: RequestRejected,
        },
    ),
    Step.PROMOTE: Transition(
        (Status.WAITLISTED, Status.APPROVED, Status.CONFIRMED, Status.RECONFIRM_PENDING),
        {
            Status.APPROVED: RequestApproved,
            Status.RECONFIRM_PENDING: RequestApproved,
            Status.OFFERED: RequestOffered,
        },
    ),
    Step.CONFIRM: Transition((Status.APPROVED,), {Status.CONFIRMED: RequestConfirmed}),
    Step.ACCEPT_OFFER: Transition((Status.OFFERED,), {Status.CONFIRMED: OfferAccepted}),
    Step.DECLINE_OFFER: Transition((Status.OFFERED,), {Status.RELEASED: OfferDeclined}),
    Step.EXPIRE_OFFER: Transition((Status.OFFERED,), {Status.EXPIRED: OfferExpired}),
    Step.PROLONG_OFFER: _stays(RequestUpdated, Status.OFFERED),
    Step.OVERDUE: _stays(DecisionOverdue, Status.SUBMITTED),
    Step.ESCALATE: _stays(DecisionEscalated, Status.SUBMITTED),
    Step.EXPIRE: Transition((Status.SUBMITTED,), {Status.EXPIRED: RequestExpired}),
    Step.GIVE_TIME: _stays(RequestUpdated, Status.SUBMITTED, Status.APPROVED),
    Step.ASK_AGAIN: Transition(
        (Status.APPROVED, Status.CONFIRMED, Status.RECONFIRM_PENDING),
        {Status.RECONFIRM_PENDING: ReconfirmationRequested},
    ),
    Step.OFFER_AGAIN: _stays(ReconfirmationRequested, Status.OFFERED),
    Step.RECONFIRM: Transition((Status.RECONFIRM_PENDING,), {Status.CONFIRMED: RequestConfirmed}),
    Step.LAPSE: Transition(
        (Status.APPROVED, Status.RECONFIRM_PENDING),
        {Status.CONFIRMED: RequestReleased, Status.RELEASED: RequestReleased},
    ),
    Step.SEAT: Transition(
        (Status.WAITLISTED, Status.APPROVED, Status.CONFIRMED, Status.RECONFIRM_PENDING),
        {Status.APPROVED: RequestApproved, Status.RECONFIRM_PENDING: RequestApproved},
    ),
    Step.RELEASE: Transition(
        (Status.APPROVED, Status.CONFIRMED, Status.RECONFIRM_PENDING, Status.WAITLISTED),
        {
            Status.APPROVED: RequestReleased,
            Status.CONFIRMED: RequestReleased,
            Status.RECONFIRM_PENDING: RequestReleased,
            Status.RELEASED: RequestReleased,
            Status.WAITLISTED: RequestUpdated,
        },
    ),
    Step.REPLACE: _stays(
        DelegateReplaced,
        Status.WAITLISTED,
        Status.APPROVED,
        Status.OFFERED,
        Status.CONFIRMED,
        Status.RECONFIRM_PENDING,
    ),
    Step.ASSIGN: _stays(RequestUpdated, Status.APPROVED, Status.CONFIRMED, Status.RECONFIRM_PENDING),
    Step.REDIRECT: Transition((Status.SUBMITTED, Status.WAITLISTED), {Status.REDIRECTED: RequestRedirected}),
    Step.WITHDRAW: Transition(OPEN, {Status.WITHDRAWN: RequestWithdrawn}),
    Step.CLOSE: Transition(OPEN, {Status.CLOSED: RequestClosed}),
    Step.RECORD_ATTENDANCE: _stays(AttendanceRecorded, Status.APPROVED, Status.CONFIRMED, Status.RECONFIRM_PENDING),
    Step.GIVE_FEEDBACK: _stays(FeedbackReceived, Status.APPROVED, Status.CONFIRMED, Status.RECONFIRM_PENDING),
}


BEFOREHAND = frozenset(
    {Step.PRIORITISE, Step.CONFIRM, Step.RECONFIRM, Step.SEAT, Step.RELEASE, Step.REPLACE, Step.WITHDRAW}
)
"""Steps that make no sense once it is recorded who came."""


def check(request: Request, step: Step) -> None:
    """May this step be taken? Raises ``WrongRequestStatus``, ``AttendanceTaken``."""
    origin = TRANSITIONS[step].origin
    if request.status not in origin:
        raise WrongRequestStatus(request.status, origin)
    if request.attended is not None and step in BEFOREHAND:
        raise AttendanceTaken(request.attended)


def told(before: Request, after: Request, step: Step) -> type[RequestFact] | None:
    """The fact that tells this step; none for what concerns a draft alone."""
    check(before, step)
    transition = TRANSITIONS[step]
    if after.status not in transition.target or (transition.stays and after.status is not before.status):
        raise AssertionError(f"{step}: {before.status} may not become {after.status}")
    # A draft that is withdrawn was never on the bus; so is one whose event is called off.
    return None if before.status is Status.DRAFT and step is not Step.SUBMIT else transition.target[after.status]


def printed() -> str:
    """The table in Markdown, for the docs."""
    lines = ["| step | from | to (fact) |", "|---|---|---|"]
    for step, transition in TRANSITIONS.items():
        origin = "any open state" if transition.origin == OPEN else ", ".join(transition.origin)
        target = ", ".join(
            f"{status} ({fact.__name__})" if fact else str(status) for status, fact in transition.target.items()
        )
        lines.append(f"| {step} | {origin} | {target} |")
    return "\n".join(lines) + "\n"
