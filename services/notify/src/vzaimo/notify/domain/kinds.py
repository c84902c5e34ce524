"""What notices may be about, and what follows from that for mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """What a notice is about."""

    CITY_APPLIED = "city-applied"
    CITY_ACTIVATED = "city-activated"
    CITY_SUSPENDED = "city-suspended"
    CITY_REINSTATED = "city-reinstated"
    CITY_WITHDRAWN = "city-withdrawn"
    AGREEMENT_LAPSING = "agreement-lapsing"
    AGREEMENT_SOON = "agreement-soon"
    PRACTICE_SUBMITTED = "practice-submitted"
    PRACTICE_RETURNED = "practice-returned"
    PRACTICE_PUBLISHED = "practice-published"
    PRACTICE_STALE = "practice-stale"
    PRACTICE_ADOPTED = "practice-adopted"
    MEASUREMENT_DUE = "measurement-due"
    MEASUREMENT_LATE = "measurement-late"
    ADOPTION_MEASURED = "adoption-measured"
    EVENT_ANNOUNCED = "event-announced"
    EVENT_CALLED_OFF = "event-called-off"
    EVENT_MOVED = "event-moved"
    CAPACITY_APPLIED = "capacity-applied"
    CAPACITY_REFUSED = "capacity-refused"
    DECISIONS_SOON = "decisions-soon"
    REQUEST_SUBMITTED = "request-submitted"
    REQUEST_APPROVED = "request-approved"
    REQUEST_OFFERED = "request-offered"
    REQUEST_WAITLISTED = "request-waitlisted"
    REQUEST_REJECTED = "request-rejected"
    REQUEST_REDIRECTED = "request-redirected"
    REQUEST_PROMOTED = "request-promoted"
    REQUEST_CONFIRMED = "request-confirmed"
    REQUEST_RECONFIRMED = "request-reconfirmed"
    REQUEST_WITHDRAWN = "request-withdrawn"
    REQUEST_EXPIRED = "request-expired"
    REQUEST_CLOSED = "request-closed"
    DECISION_OVERDUE = "decision-overdue"
    DECISION_ESCALATED = "decision-escalated"
    OFFER_DECLINED = "offer-declined"
    OFFER_EXPIRED = "offer-expired"
    SEATS_RELEASED = "seats-released"
    DELEGATE_REPLACED = "delegate-replaced"
    VISIT_MOVED = "visit-moved"
    VISIT_CHANGED = "visit-changed"
    RECONFIRMATION_ASKED = "reconfirmation-asked"
    VISIT_IN_A_WEEK = "visit-in-a-week"
    VISIT_TOMORROW = "visit-tomorrow"
    CONFIRMATION_SOON = "confirmation-soon"
    RECONFIRMATION_SOON = "reconfirmation-soon"
    OFFER_SOON = "offer-soon"
    ATTENDANCE_RECORDED = "attendance-recorded"
    FEEDBACK_RECEIVED = "feedback-received"
    NEED_POSTED = "need-posted"
    NEED_BACKED = "need-backed"
    NEED_ANSWERED = "need-answered"
    NEED_CLOSED = "need-closed"
    HOST_INVITED = "host-invited"
    DATA_ERASED = "data-erased"
    WEBHOOK_DISABLED = "webhook-disabled"


class Group(StrEnum):
    """Kinds that a person wants, or does not want, by mail together."""

    DECISIONS = "decisions"
    CANCELLATIONS = "cancellations"
    RESCHEDULES = "reschedules"
    REMINDERS = "reminders"
    ANNOUNCEMENTS = "announcements"
    CHANGES = "changes"
    GUESTS = "guests"
    PRACTICES = "practices"
    NEEDS = "needs"
    PROGRAMME = "programme"
    MODERATION = "moderation"


NOT_MUTED = frozenset({Group.DECISIONS, Group.CANCELLATIONS, Group.RESCHEDULES})
"""Whoever acts for a city gets these at once: what they say binds it, or takes seats from it."""

About = Literal["city", "practice", "adoption", "event", "request", "need", "invitation", "erasure", "webhook"]


@dataclass(frozen=True, slots=True)
class Trait:
    """What holds for every notice of a kind.

    ``weight``: edits of one event within some minutes are one mail, which says the heaviest; 0: a mail of its own.
    """

    about: About
    group: Group
    weight: int = 0

    @property
    def urgent(self) -> bool:
        """Is mailed at night as well: what makes people pack, or stay at home."""
        return self.group is Group.CANCELLATIONS or self.group is Group.RESCHEDULES


_KINDS: Mapping[tuple[About, Group], tuple[Kind, ...]] = {
    ("city", Group.MODERATION): (Kind.CITY_APPLIED,),
    ("city", Group.PROGRAMME): (Kind.CITY_ACTIVATED, Kind.AGREEMENT_LAPSING, Kind.CITY_WITHDRAWN),
    ("city", Group.DECISIONS): (Kind.CITY_SUSPENDED, Kind.CITY_REINSTATED),
    ("city", Group.REMINDERS): (Kind.AGREEMENT_SOON,),
    ("practice", Group.MODERATION): (Kind.PRACTICE_SUBMITTED,),
    ("practice", Group.DECISIONS): (Kind.PRACTICE_RETURNED, Kind.PRACTICE_PUBLISHED),
    ("practice", Group.PRACTICES): (Kind.PRACTICE_STALE,),
    ("adoption", Group.PRACTICES): (Kind.PRACTICE_ADOPTED, Kind.ADOPTION_MEASURED),
    ("adoption", Group.REMINDERS): (Kind.MEASUREMENT_DUE, Kind.MEASUREMENT_LATE),
    ("event", Group.ANNOUNCEMENTS): (Kind.EVENT_ANNOUNCED,),
    ("event", Group.CANCELLATIONS): (Kind.EVENT_CALLED_OFF,),
    ("event", Group.RESCHEDULES): (Kind.EVENT_MOVED,),
    ("event", Group.PROGRAMME): (Kind.CAPACITY_APPLIED, Kind.CAPACITY_REFUSED),
    ("event", Group.REMINDERS): (Kind.DECISIONS_SOON,),
    ("request", Group.DECISIONS): (
        Kind.REQUEST_APPROVED,
        Kind.REQUEST_OFFERED,
        Kind.REQUEST_WAITLISTED,
        Kind.REQUEST_REJECTED,
        Kind.REQUEST_REDIRECTED,
        Kind.REQUEST_PROMOTED,
        Kind.REQUEST_EXPIRED,
        Kind.OFFER_EXPIRED,
        Kind.SEATS_RELEASED,
    ),
    ("request", Group.CANCELLATIONS): (Kind.REQUEST_CLOSED,),
    ("request", Group.RESCHEDULES): (Kind.VISIT_MOVED, Kind.RECONFIRMATION_ASKED),
    ("request", Group.CHANGES): (Kind.VISIT_CHANGED,),
    ("request", Group.GUESTS): (
        Kind.REQUEST_SUBMITTED,
        Kind.REQUEST_CONFIRMED,
        Kind.REQUEST_RECONFIRMED,
        Kind.REQUEST_WITHDRAWN,
        Kind.OFFER_DECLINED,
        Kind.DELEGATE_REPLACED,
        Kind.ATTENDANCE_RECORDED,
        Kind.FEEDBACK_RECEIVED,
    ),
    ("request", Group.REMINDERS): (
        Kind.DECISION_OVERDUE,
        Kind.VISIT_IN_A_WEEK,
        Kind.VISIT_TOMORROW,
        Kind.CONFIRMATION_SOON,
        Kind.RECONFIRMATION_SOON,
        Kind.OFFER_SOON,
    ),
    ("request", Group.MODERATION): (Kind.DECISION_ESCALATED,),
    ("need", Group.NEEDS): (Kind.NEED_POSTED, Kind.NEED_BACKED, Kind.NEED_ANSWERED, Kind.NEED_CLOSED),
    ("invitation", Group.PROGRAMME): (Kind.HOST_INVITED,),
    ("erasure", Group.PROGRAMME): (Kind.DATA_ERASED,),
    ("webhook", Group.PROGRAMME): (Kind.WEBHOOK_DISABLED,),
}
_WEIGHTS = {
    Kind.RECONFIRMATION_ASKED: 3,
    Kind.VISIT_MOVED: 2,
    Kind.EVENT_MOVED: 2,
    Kind.VISIT_CHANGED: 1,
}

TRAITS: Mapping[Kind, Trait] = {
    kind: Trait(about, group, _WEIGHTS.get(kind, 0)) for (about, group), kinds in _KINDS.items() for kind in kinds
}
