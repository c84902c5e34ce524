"""What a notice still says when it is mailed: that may be much later than what it was about."""

from collections.abc import Mapping
from typing import Any

from vzaimo.contracts.calendar import EventStatus
from vzaimo.contracts.requests import RequestStatus
from vzaimo.notify.domain.kinds import TRAITS, Group, Kind
from vzaimo.notify.domain.visits import SEATED
from vzaimo.notify.domain.webhooks import Status

_ASKING: Mapping[Kind, frozenset[str]] = {
    Kind.REQUEST_APPROVED: SEATED,
    Kind.REQUEST_PROMOTED: SEATED,
    Kind.REQUEST_OFFERED: frozenset({RequestStatus.OFFERED}),
    Kind.OFFER_SOON: frozenset({RequestStatus.OFFERED}),
    Kind.CONFIRMATION_SOON: frozenset({RequestStatus.APPROVED}),
    Kind.RECONFIRMATION_ASKED: frozenset({RequestStatus.RECONFIRM_PENDING}),
    Kind.RECONFIRMATION_SOON: frozenset({RequestStatus.RECONFIRM_PENDING}),
    Kind.VISIT_IN_A_WEEK: SEATED,
    Kind.VISIT_TOMORROW: SEATED,
    Kind.VISIT_CHANGED: SEATED,
    Kind.DECISION_OVERDUE: frozenset({RequestStatus.SUBMITTED}),
    Kind.DECISION_ESCALATED: frozenset({RequestStatus.SUBMITTED}),
    Kind.WEBHOOK_DISABLED: frozenset({Status.DISABLED}),
}
"""What asks for something, and where its subject must stand for that."""
_AFTERWARDS = frozenset({Kind.ATTENDANCE_RECORDED, Kind.FEEDBACK_RECEIVED})
MODE_REMOVED = "mode-removed"
"""Why a request ends whose event still takes place, for others."""


def early(kind: Kind, subject: Mapping[str, Any], event: Mapping[str, Any] | None) -> bool:
    """The request already follows from what its event has become, and of that we have not heard yet."""
    if event is None:
        return False
    if kind is Kind.REQUEST_CLOSED:
        return subject.get("reason") != MODE_REMOVED and bool(event["status"] == EventStatus.ANNOUNCED)
    asked = kind is Kind.RECONFIRMATION_ASKED and subject["status"] == RequestStatus.RECONFIRM_PENDING
    return asked and bool(event["schedule_revision"] <= subject["schedule_revision"])


def overtaken(kind: Kind, subject: Mapping[str, Any], event: Mapping[str, Any] | None) -> bool:
    """What it says, or asks, is settled by now, and another notice says how."""
    trait = TRAITS[kind]
    if event is not None and event["status"] == EventStatus.CANCELLED and kind not in _AFTERWARDS:
        return trait.group is not Group.CANCELLATIONS
    return kind in _ASKING and subject["status"] not in _ASKING[kind]
