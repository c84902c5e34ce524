"""Rooms that become smaller: a session holds those whom its host has assigned to it."""

from collections.abc import Mapping
from uuid import UUID

from vzaimo.calendar.domain.plans import Plan
from vzaimo.calendar.domain.refusals import SessionInUse


def smaller(before: Plan, after: Plan) -> Mapping[UUID, tuple[int, int]]:
    """The sessions that hold fewer people than before: their place in the plan, and how many that are."""
    known = {one.id: one.capacity for one in before.sessions}
    return {
        one.id: (place, one.capacity)
        for place, one in enumerate(after.sessions)
        if one.capacity is not None and one.id in known and one.capacity < (known[one.id] or one.capacity + 1)
    }


def check_rooms(rooms: Mapping[UUID, tuple[int, int]], assigned: Mapping[UUID, int]) -> None:
    """``assigned``: people by session, as far as known here. Raises ``SessionInUse``."""
    for session, (place, capacity) in rooms.items():
        if assigned.get(session, 0) > capacity:
            raise SessionInUse(f"sessions.{place}.capacity", session, assigned[session])
