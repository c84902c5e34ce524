"""What changed, and whom it concerns.

A notice follows from the difference between two states and their counters, never from a fact's name: so a doubled
fact gives none, and a fact that comes late, after a newer one, gives none either.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vzaimo.contracts.calendar import Event, EventStatus
from vzaimo.contracts.registry import Adoption, City, CityStatus, Practice, PracticeStatus
from vzaimo.contracts.requests import Erasure, HostInvitation, Need, NeedStatus, Request
from vzaimo.notify.domain.kinds import Kind

MODERATORS = "@moderators"
"""Stands in the place of a city: the moderators, who act for none."""
ALL_CITIES = "@cities"
"""All cities that have coordinators, but one (``Notice.but``)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that concerns the people of ``city`` (or ``MODERATORS``, ``ALL_CITIES``), and about what.

    ``once``: what makes it this very notice, where more than one fact may give it; else the fact itself does.
    """

    kind: Kind
    city: str
    subject: UUID | str
    event: UUID | None = None
    but: str | None = None
    once: str | None = None


def of_city(before: City | None, after: City) -> Iterator[Notice]:
    """A city applied, takes part now, no longer, or again; or its agreement is about to lapse."""
    was = before.status if before else None
    if was is not after.status:
        if after.status is CityStatus.APPLIED:
            yield Notice(Kind.CITY_APPLIED, MODERATORS, after.id)
        elif after.status is CityStatus.SUSPENDED:
            yield Notice(Kind.CITY_SUSPENDED, after.id, after.id)
        elif after.status is CityStatus.ACTIVE:
            again = was is CityStatus.SUSPENDED
            yield Notice(Kind.CITY_REINSTATED if again else Kind.CITY_ACTIVATED, after.id, after.id)
    if after.lapse_warned_at is not None and after.lapse_warned_at != (before.lapse_warned_at if before else None):
        yield Notice(Kind.AGREEMENT_LAPSING, after.id, after.id)


def withdrew(before: City | None, after: City) -> bool:
    """A city that took part does so no longer; an applicant who is declined never did."""
    was = before.status if before else None
    return after.status is CityStatus.WITHDRAWN and was is not after.status and after.agreement is not None


def of_departure(city: City, between: Iterable[tuple[Request, Event]], at: datetime) -> Iterator[Notice]:
    """The moderators hear that a city left, and so do those that it was still to host, or to visit."""
    yield Notice(Kind.CITY_WITHDRAWN, MODERATORS, city.id)
    others = {
        request.city if request.host == city.id else request.host
        for request, event in between
        if event.ends_at > at and city.id in {request.host, request.city}
    }
    for other in sorted(others - {city.id}):
        yield Notice(Kind.CITY_WITHDRAWN, other, city.id)


def of_practice(before: Practice | None, after: Practice) -> Iterator[Notice]:
    """A practice is to be reviewed, was given back, was published, or nobody has confirmed it for a year."""
    rounds = before.review_round if before else 0
    if after.review_round > rounds:
        yield Notice(Kind.PRACTICE_SUBMITTED, MODERATORS, after.id)
    was = before.status if before else PracticeStatus.DRAFT
    if after.status is PracticeStatus.PUBLISHED and was is not PracticeStatus.PUBLISHED:
        yield Notice(Kind.PRACTICE_PUBLISHED, after.city, after.id)
    elif after.status is PracticeStatus.DRAFT and after.review_round and was is not PracticeStatus.DRAFT:
        yield Notice(Kind.PRACTICE_RETURNED, after.city, after.id)
    if after.stale_since is not None and (before is None or before.stale_since is None):
        yield Notice(Kind.PRACTICE_STALE, after.city, after.id)


def of_adoption(before: Adoption | None, after: Adoption) -> Iterator[Notice]:
    """A city put another's practice to use, owes a measurement, or reported one."""
    if before is None:
        yield Notice(Kind.PRACTICE_ADOPTED, after.source, after.id)
    if after.due is not None and after.due != (before.due if before else None):
        yield Notice(Kind.MEASUREMENT_DUE, after.city, after.id)
    if len(after.measurements) > (len(before.measurements) if before else 0):
        yield Notice(Kind.ADOPTION_MEASURED, after.source, after.id)


def of_event(before: Event | None, after: Event) -> Iterator[Notice]:
    """An event was announced, moved or called off, or its host was answered about other seats.

    What its guests are told of it follows from their requests: ``visits.told``.
    """
    if before is None and after.status is EventStatus.ANNOUNCED:
        yield Notice(Kind.EVENT_ANNOUNCED, ALL_CITIES, after.id, after.id, but=after.host)
    if after.capacity_no > (before.capacity_no if before else 0):
        if after.capacity_applied is False:
            yield Notice(Kind.CAPACITY_REFUSED, after.host, after.id, after.id)
        elif after.capacity_no > 1:
            yield Notice(Kind.CAPACITY_APPLIED, after.host, after.id, after.id)
    if before is not None and after.schedule_revision > before.schedule_revision:
        yield Notice(Kind.EVENT_MOVED, after.host, after.id, after.id)
    if after.status is EventStatus.CANCELLED and (before is None or before.status is not EventStatus.CANCELLED):
        yield Notice(Kind.EVENT_CALLED_OFF, after.host, after.id, after.id)


def of_need(before: Need | None, after: Need) -> Iterator[Notice]:
    """A city wants to learn something, others want it too, somebody offers it, or it is over."""
    if before is None and after.status is NeedStatus.OPEN:
        yield Notice(Kind.NEED_POSTED, ALL_CITIES, after.id, but=after.city)
    if {one.city for one in after.backers} - {one.city for one in (before.backers if before else ())}:
        yield Notice(Kind.NEED_BACKED, after.city, after.id)
    if before is not None and before.status is after.status:
        return
    backers = [one.city for one in after.backers]
    if after.status is NeedStatus.ANSWERED:
        for city in (after.city, *backers):
            yield Notice(Kind.NEED_ANSWERED, city, after.id, after.answered_by)
    elif after.status is NeedStatus.CLOSED:
        for city in backers:
            yield Notice(Kind.NEED_CLOSED, city, after.id)


def of_invitation(before: HostInvitation | None, after: HostInvitation) -> Iterator[Notice]:
    """A city is asked to host."""
    if before is None:
        yield Notice(Kind.HOST_INVITED, after.city, f"{after.need}-{after.city}")


def of_erasure(before: Erasure | None, after: Erasure) -> Iterator[Notice]:
    """Personal data of a city's people were destroyed."""
    if before is None:
        yield Notice(Kind.DATA_ERASED, after.city, after.id)
