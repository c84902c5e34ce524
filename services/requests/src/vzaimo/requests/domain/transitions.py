"""The states of a request and the steps between them, as data.

The handlers execute this table, the model test reads it, and ``docs/architecture/requests.md`` prints it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vzaimo.contracts.requests import (
    AttendanceRecorded,
    FeedbackReceived,
    Request,
    RequestApproved,
    RequestClosed,
    RequestConfirmed,
    RequestExpired,
    RequestFact,
    RequestOffered,
    RequestRejected,
    RequestReleased,
    RequestStatus,
    RequestSubmitted,
    RequestUpdated,
    RequestWaitlisted,
    RequestWithdrawn,
)
from vzaimo.requests.domain.refusals import WrongRequestStatus

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


TRANSITIONS: Mapping[Step, Transition] = {
    Step.REVISE: Transition(
        (Status.DRAFT, Status.SUBMITTED), {Status.DRAFT: None, Status.SUBMITTED: RequestUpdated}, stays=True
    ),
    Step.SUBMIT: Transition((Status.DRAFT,), {Status.SUBMITTED: RequestSubmitted}),
    Step.PRIORITISE: Transition(
        (Status.SUBMITTED, Status.WAITLISTED, Status.APPROVED),
        dict.fromkeys((Status.SUBMITTED, Status.WAITLISTED, Status.APPROVED), RequestUpdated),
        stays=True,
    ),
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
        (Status.WAITLISTED, Status.APPROVED, Status.CONFIRMED),
        {Status.APPROVED: RequestApproved, Status.OFFERED: RequestOffered},
    ),
    Step.CONFIRM: Transition((Status.APPROVED,), {Status.CONFIRMED: RequestConfirmed}),
    Step.ACCEPT_OFFER: Transition((Status.OFFERED,), {Status.CONFIRMED: RequestConfirmed}),
    Step.DECLINE_OFFER: Transition((Status.OFFERED,), {Status.RELEASED: RequestReleased}),
    Step.EXPIRE_OFFER: Transition((Status.OFFERED,), {Status.EXPIRED: RequestExpired}),
    Step.WITHDRAW: Transition(OPEN, {Status.WITHDRAWN: RequestWithdrawn}),
    Step.CLOSE: Transition(OPEN, {Status.CLOSED: RequestClosed}),
    Step.RECORD_ATTENDANCE: Transition(
        (Status.APPROVED, Status.CONFIRMED),
        dict.fromkeys((Status.APPROVED, Status.CONFIRMED), AttendanceRecorded),
        stays=True,
    ),
    Step.GIVE_FEEDBACK: Transition(
        (Status.APPROVED, Status.CONFIRMED),
        dict.fromkeys((Status.APPROVED, Status.CONFIRMED), FeedbackReceived),
        stays=True,
    ),
}


def check(request: Request, step: Step) -> None:
    """May this step be taken? Raises ``WrongRequestStatus``."""
    origin = TRANSITIONS[step].origin
    if request.status not in origin:
        raise WrongRequestStatus(request.status, origin)


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
