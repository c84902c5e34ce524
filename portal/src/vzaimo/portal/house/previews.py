"""A draft as the event that it would be, were it announced now."""

from datetime import datetime

from vzaimo.contracts.calendar import Admission, Deadlines, EventStatus, Mode, Session
from vzaimo.portal.house.plans import HostedPlan, PlannedSession
from vzaimo.portal.house.shapes import Event, Seats
from vzaimo.portal.house.times import zone_named


def event_of(stored: HostedPlan, deadlines: Deadlines, now: datetime) -> Event | None:
    """What guests would see; nothing without sessions, or where the zone is none."""
    plan, zone = stored.plan, zone_named(stored.plan.timezone)
    if not plan.sessions or zone is None:
        return None

    def there(at: datetime, fold: int | None) -> datetime:
        return at.replace(tzinfo=zone, fold=fold or 0)

    sessions = [
        _session(one, there(one.starts, one.starts_fold), there(one.ends, one.ends_fold)) for one in plan.sessions
    ]
    sessions.sort(key=lambda one: (one.starts_at, one.ends_at))
    known = {one.mode: one.capacity for one in plan.seats}
    return Event(
        id=stored.id,
        host=stored.host,
        title=plan.title,
        summary=plan.summary,
        mode=plan.mode,
        audience=plan.audience,
        topics=plan.topics,
        practices=plan.practices,
        need=plan.need,
        academic_hours=plan.academic_hours,
        timezone=plan.timezone,
        starts_at=sessions[0].starts_at,
        ends_at=max(one.ends_at for one in sessions),
        sessions=tuple(sessions),
        deadlines=deadlines,
        admission=plan.admission or (Admission.AUTOMATIC if plan.mode is Mode.REMOTE else Admission.HOST),
        queue_policy=plan.queue_policy,
        queue_order=plan.queue_order,
        status=EventStatus.ANNOUNCED,
        seats_now=tuple(
            Seats(mode=mode, capacity=known.get(mode), granted=0, held=0, waiting=0, free=known.get(mode))
            for mode in plan.mode.seat_modes
        ),
        announced_at=now,
        version=stored.version,
    )


def _session(one: PlannedSession, starts_at: datetime, ends_at: datetime) -> Session:
    return Session.model_validate(
        {
            "id": one.id,
            "title": one.title,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "site": one.site,
            "joinable": one.join_link is not None,
            "capacity": one.capacity,
        }
    )
