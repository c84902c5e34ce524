"""An event held once more: its plan with new days."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from vzaimo.calendar.domain.events import EventState, draft
from vzaimo.calendar.domain.plans import scheduled
from vzaimo.calendar.domain.refusals import TooLate


def clone(state: EventState, event_id: UUID, sessions: Sequence[UUID], first_day: date, now: datetime) -> EventState:
    """A draft of the same plan that begins on another day, by the same wall clock. ``sessions``: their new ids.

    Deadlines, join links and the need that was answered belong to the event that was. Raises ``TooLate`` for a day
    that is past, and what ``scheduled`` raises for times that do not exist on those days.
    """
    plan = state.plan
    shift = first_day - min((one.starts.date() for one in plan.sessions), default=first_day)
    moved = tuple(
        one.model_copy(
            update={
                "id": new_id,
                "starts": one.starts + shift,
                "ends": one.ends + shift,
                "starts_fold": None,
                "ends_fold": None,
                "join_link": None,
            }
        )
        for one, new_id in zip(plan.sessions, sessions, strict=True)
    )
    again = plan.model_copy(update={"sessions": moved, "deadlines": None, "need": None, "cloned_from": state.id})
    for session in scheduled(again)[:1]:
        if session.starts_at <= now:
            raise TooLate("first_day", session.starts_at)
    return draft(event_id, state.host, again)
