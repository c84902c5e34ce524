"""What people are reminded of, and when: computed from states, so that a change of state moves or ends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from vzaimo.contracts.calendar import Event, EventStatus
from vzaimo.contracts.registry import Adoption, City, CityStatus
from vzaimo.contracts.requests import Request, RequestStatus
from vzaimo.notify.domain.kinds import Kind
from vzaimo.notify.domain.visits import seated

MORNING = time(9)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A kind of notice that comes some time before something (or after it, where it is late)."""

    kind: Kind
    lead: timedelta


VISIT: Mapping[str, Reminder] = {
    "visit-in-a-week": Reminder(Kind.VISIT_IN_A_WEEK, timedelta(days=7)),
    "visit-tomorrow": Reminder(Kind.VISIT_TOMORROW, timedelta(days=1)),
    "confirmation-in-3-days": Reminder(Kind.CONFIRMATION_SOON, timedelta(days=3)),
    "confirmation-tomorrow": Reminder(Kind.CONFIRMATION_SOON, timedelta(days=1)),
    "reconfirmation-tomorrow": Reminder(Kind.RECONFIRMATION_SOON, timedelta(days=1)),
    "offer-in-12-hours": Reminder(Kind.OFFER_SOON, timedelta(hours=12)),
}
EVENT: Mapping[str, Reminder] = {"decisions-in-2-days": Reminder(Kind.DECISIONS_SOON, timedelta(days=2))}
CITY: Mapping[str, Reminder] = {"agreement-in-a-week": Reminder(Kind.AGREEMENT_SOON, timedelta(days=7))}
ADOPTION: Mapping[str, Reminder] = {"measurement-late": Reminder(Kind.MEASUREMENT_LATE, timedelta(days=14))}
ALL: Mapping[str, Reminder] = {**VISIT, **EVENT, **CITY, **ADOPTION}


def of_visit(request: Request, event: Event | None) -> dict[str, datetime]:
    """By name, when the guest is reminded of what it has, or owes."""
    moments: dict[str, datetime] = {}
    if request.status is RequestStatus.OFFERED and request.offer is not None:
        moments["offer-in-12-hours"] = request.offer.expires_at
    if event is not None and event.status is EventStatus.ANNOUNCED and seated(request):
        moments |= dict.fromkeys(("visit-in-a-week", "visit-tomorrow"), event.starts_at)
        if request.status is RequestStatus.APPROVED and request.confirm_by is not None:
            moments |= dict.fromkeys(("confirmation-in-3-days", "confirmation-tomorrow"), request.confirm_by)
        if request.status is RequestStatus.RECONFIRM_PENDING and request.reconfirm_by is not None:
            moments["reconfirmation-tomorrow"] = request.reconfirm_by
    return {name: moment - VISIT[name].lead for name, moment in moments.items()}


def of_event(event: Event) -> dict[str, datetime]:
    """When the host is reminded to decide; whether there is anything to decide is seen then."""
    if event.status is not EventStatus.ANNOUNCED:
        return {}
    return {name: event.deadlines.decide_by - reminder.lead for name, reminder in EVENT.items()}


def of_city(city: City, zone: tzinfo) -> dict[str, datetime]:
    """When a city is reminded that its agreement lapses: in its own morning."""
    if city.status is not CityStatus.ACTIVE or city.agreement is None or city.agreement.valid_until is None:
        return {}
    morning = datetime.combine(city.agreement.valid_until, MORNING, zone)
    return {name: morning - reminder.lead for name, reminder in CITY.items()}


def of_adoption(adoption: Adoption) -> dict[str, datetime]:
    """When a city is reminded of the measurement that it still owes."""
    if adoption.due is None:
        return {}
    began = adoption.committed_at + timedelta(days=365 * adoption.due // 12)
    return {name: began + reminder.lead for name, reminder in ADOPTION.items()}


def in_time(name: str, due_at: datetime, now: datetime) -> bool:
    """Whether it is still worth saying: one that is late by more than half its lead is dropped."""
    return now - due_at <= ALL[name].lead / 2
