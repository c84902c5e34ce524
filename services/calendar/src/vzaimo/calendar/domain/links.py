"""Who is led to a session's join link, and when."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from vzaimo.calendar.domain.plans import PlannedSession
from vzaimo.calendar.domain.refusals import EventCalledOff, EventOver, NoJoinLink, UnknownSession
from vzaimo.contracts.calendar import Event, EventStatus, Session


def digest(secret: str) -> str:
    """What is stored of a secret: enough to know it again, not to use it. It has 256 bits, so plain SHA-256 serves."""
    return hashlib.sha256(secret.encode()).hexdigest()


def check_ahead(event: Event, now: datetime) -> None:
    """An event that was called off, or is over, is joined no more. Raises ``EventCalledOff`` or ``EventOver``."""
    if event.status is EventStatus.CANCELLED:
        raise EventCalledOff(event.id)
    if now >= event.ends_at:
        raise EventOver(event.id, event.ends_at)


def join_link(event: Event, planned: Iterable[PlannedSession], session: UUID | None, now: datetime) -> str:
    """The link of the session that is asked for, else of the one that is on, or comes next.

    Raises ``EventCalledOff``, ``EventOver``, ``UnknownSession`` or ``NoJoinLink``.
    """
    check_ahead(event, now)
    links = {one.id: one.join_link for one in planned}
    link = links.get(_chosen(event, session, now).id)
    if link is None:
        raise NoJoinLink(event.id)
    return link


def _chosen(event: Event, session: UUID | None, now: datetime) -> Session:
    if session is not None:
        for one in event.sessions:
            if one.id == session:
                return one
        raise UnknownSession(session)
    for one in sorted(event.sessions, key=lambda one: one.starts_at):
        if one.joinable and one.ends_at > now:
            return one
    raise NoJoinLink(event.id)
