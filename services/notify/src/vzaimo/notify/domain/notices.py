"""What changed, and whom it concerns.

A notice follows from the difference between two states and their counters, never from a fact's name: so a doubled
fact gives none, and a fact that comes late, after a newer one, gives none either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from vzaimo.contracts.calendar import Event, EventStatus
from vzaimo.contracts.registry import City, CityStatus, Practice, PracticeStatus
from vzaimo.contracts.requests import Request, RequestStatus


class Kind(StrEnum):
    """What a notice is about."""

    CITY_APPLIED = "city-applied"
    CITY_ACTIVATED = "city-activated"
    PRACTICE_SUBMITTED = "practice-submitted"
    PRACTICE_RETURNED = "practice-returned"
    PRACTICE_PUBLISHED = "practice-published"
    EVENT_ANNOUNCED = "event-announced"
    EVENT_CALLED_OFF = "event-called-off"
    CAPACITY_REFUSED = "capacity-refused"
    REQUEST_SUBMITTED = "request-submitted"
    REQUEST_APPROVED = "request-approved"
    REQUEST_OFFERED = "request-offered"
    REQUEST_WAITLISTED = "request-waitlisted"
    REQUEST_REJECTED = "request-rejected"
    REQUEST_PROMOTED = "request-promoted"
    REQUEST_CONFIRMED = "request-confirmed"
    REQUEST_WITHDRAWN = "request-withdrawn"
    REQUEST_CLOSED = "request-closed"
    OFFER_DECLINED = "offer-declined"
    OFFER_EXPIRED = "offer-expired"


MODERATORS = "@moderators"
"""Stands in the place of a city: the moderators, who act for none."""
ALL_CITIES = "@cities"
"""All cities that have coordinators, but the host."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that concerns the people of ``city`` (or ``MODERATORS``, ``ALL_CITIES``), and about what."""

    kind: Kind
    city: str
    subject: UUID | str
    event: UUID | None = None


def of_city(before: City | None, after: City) -> Iterator[Notice]:
    """A city applied, or takes part now."""
    if before is not None and before.status is after.status:
        return
    if after.status is CityStatus.APPLIED:
        yield Notice(Kind.CITY_APPLIED, MODERATORS, after.id)
    elif after.status is CityStatus.ACTIVE:
        yield Notice(Kind.CITY_ACTIVATED, after.id, after.id)


def of_practice(before: Practice | None, after: Practice) -> Iterator[Notice]:
    """A practice is to be reviewed, was given back, or was published."""
    rounds = before.review_round if before else 0
    if after.review_round > rounds:
        yield Notice(Kind.PRACTICE_SUBMITTED, MODERATORS, after.id)
    was = before.status if before else PracticeStatus.DRAFT
    if after.status is PracticeStatus.PUBLISHED and was is not PracticeStatus.PUBLISHED:
        yield Notice(Kind.PRACTICE_PUBLISHED, after.city, after.id)
    elif after.status is PracticeStatus.DRAFT and after.review_round and was is not PracticeStatus.DRAFT:
        yield Notice(Kind.PRACTICE_RETURNED, after.city, after.id)


def of_event(before: Event | None, after: Event) -> Iterator[Notice]:
    """An event was announced or called off, or its host was refused other seats."""
    if before is None and after.status is EventStatus.ANNOUNCED:
        yield Notice(Kind.EVENT_ANNOUNCED, ALL_CITIES, after.id, after.id)
    if after.capacity_no > (before.capacity_no if before else 0) and after.capacity_applied is False:
        yield Notice(Kind.CAPACITY_REFUSED, after.host, after.id, after.id)
    if after.status is EventStatus.CANCELLED and (before is None or before.status is not EventStatus.CANCELLED):
        yield Notice(Kind.EVENT_CALLED_OFF, after.host, after.id, after.id)


_DECIDED = {
    RequestStatus.OFFERED: Kind.REQUEST_OFFERED,
    RequestStatus.WAITLISTED: Kind.REQUEST_WAITLISTED,
    RequestStatus.REJECTED: Kind.REQUEST_REJECTED,
}
_REACHED: dict[RequestStatus, tuple[tuple[Kind, Literal["city", "host"]], ...]] = {
    RequestStatus.CONFIRMED: ((Kind.REQUEST_CONFIRMED, "host"),),
    RequestStatus.WITHDRAWN: ((Kind.REQUEST_WITHDRAWN, "host"),),
    RequestStatus.RELEASED: ((Kind.OFFER_DECLINED, "host"),),
    RequestStatus.EXPIRED: ((Kind.OFFER_EXPIRED, "city"), (Kind.OFFER_EXPIRED, "host")),
    RequestStatus.CLOSED: ((Kind.REQUEST_CLOSED, "city"),),
}


def of_request(before: Request | None, after: Request) -> Iterator[Notice]:
    """A request was sent, decided, served from the queue, answered, or ended."""
    if after.submitted_at is not None and (before is None or before.submitted_at is None):
        yield _of(after, Kind.REQUEST_SUBMITTED, "host")
    if after.decision_no > (before.decision_no if before else 0):
        yield _of(after, _DECIDED.get(after.status, Kind.REQUEST_APPROVED), "city")
    elif before is not None and before.offer is None:
        if after.offer is not None:
            yield _of(after, Kind.REQUEST_OFFERED, "city")
        elif after.granted > before.granted:
            yield _of(after, Kind.REQUEST_PROMOTED, "city")
    if before is None or before.status is not after.status:
        for kind, whose in _REACHED.get(after.status, ()):
            yield _of(after, kind, whose)


def _of(request: Request, kind: Kind, whose: Literal["city", "host"]) -> Notice:
    return Notice(kind, request.city if whose == "city" else request.host, request.id, request.event)
