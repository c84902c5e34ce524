"""Who is offered which step of a request: what the gateways allow, so that no button leads to a refusal.

The gateways decide; this table only spares people what they would be refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vzaimo.contracts.calendar import EventStatus
from vzaimo.contracts.registry import CityStatus
from vzaimo.contracts.requests import RequestStatus
from vzaimo.portal.house.accounts import Me
from vzaimo.portal.house.shapes import City, Event, Request

Step = Literal[
    "edit", "submit", "confirm", "reconfirm", "accept", "decline", "withdraw", "release", "replace", "feedback",
    "decide", "prioritise", "seat", "redirect",
]  # fmt: skip
Who = Literal["guest", "host", "moderator"]
_S = RequestStatus
_SEATED = frozenset({_S.APPROVED, _S.CONFIRMED, _S.RECONFIRM_PENDING})
OPEN = frozenset({_S.DRAFT, _S.SUBMITTED, _S.OFFERED, _S.WAITLISTED}) | _SEATED


@dataclass(frozen=True, slots=True)
class Rule:
    """Whose step it is, in which states; ``beforehand``: only until it is recorded who came."""

    who: Who
    states: frozenset[RequestStatus]
    beforehand: bool = False


RULES: Mapping[Step, Rule] = {
    "edit": Rule("guest", frozenset({_S.DRAFT, _S.SUBMITTED})),
    "submit": Rule("guest", frozenset({_S.DRAFT})),
    "confirm": Rule("guest", frozenset({_S.APPROVED}), beforehand=True),
    "reconfirm": Rule("guest", frozenset({_S.RECONFIRM_PENDING}), beforehand=True),
    "accept": Rule("guest", frozenset({_S.OFFERED})),
    "decline": Rule("guest", frozenset({_S.OFFERED})),
    "withdraw": Rule("guest", OPEN, beforehand=True),
    "release": Rule("guest", _SEATED | {_S.WAITLISTED}, beforehand=True),
    "replace": Rule("guest", _SEATED | {_S.WAITLISTED, _S.OFFERED}, beforehand=True),
    "feedback": Rule("guest", _SEATED),
    "decide": Rule("host", frozenset({_S.SUBMITTED})),
    "prioritise": Rule("host", frozenset({_S.SUBMITTED, _S.WAITLISTED, _S.APPROVED}), beforehand=True),
    "seat": Rule("host", _SEATED | {_S.WAITLISTED}, beforehand=True),
    "redirect": Rule("host", frozenset({_S.SUBMITTED, _S.WAITLISTED})),
}


def offered(request: Request, event: Event | None, me: Me, host: City | None, now: datetime) -> frozenset[Step]:
    """The steps that this person may take now. Without the event, what hangs on its deadlines is not offered."""
    sides: set[Who] = set()
    if request.city in me.coordinated:
        sides.add("guest")
    if request.host in me.coordinated and request.status is not _S.DRAFT:
        sides.add("host")
    if me.moderates and (request.escalated_at or (host and host.status is CityStatus.SUSPENDED)):
        sides.add("moderator")
    return frozenset(step for step in RULES if _may(step, request, event, sides, now))


def _may(step: Step, request: Request, event: Event | None, sides: set[Who], now: datetime) -> bool:
    rule = RULES[step]
    if request.status not in rule.states or (rule.beforehand and request.attended is not None):
        return False
    frozen = event is not None and now >= event.deadlines.roster_freeze
    taking_place = event is not None and event.status is EventStatus.ANNOUNCED
    whose: set[Who] = {rule.who}
    possible = True
    match step:
        case "decide":
            whose = {"host", "moderator"}
        case "replace":
            # Until the freeze the city says who comes, then the host does.
            whose, possible = {"host" if frozen else "guest"}, taking_place and bool(request.delegates)
        case "prioritise":
            # A place in the queue is of use to whoever waits, or may have to.
            whose, possible = {"host", "moderator"}, request.waiting > 0 or request.status is not _S.APPROVED
        case "seat":
            possible = taking_place and frozen and request.waiting > 0
        case "feedback":
            possible = bool(request.attended)
    return possible and not sides.isdisjoint(whose)
