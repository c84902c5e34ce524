"""Commands about practices."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from vzaimo.contracts.registry import (
    Practice,
    PracticeAnnounced,
    PracticeArchived,
    PracticeFact,
    PracticeReturned,
    PracticeStale,
    PracticeStatus,
    PracticeSubmitted,
    PracticeUpdated,
)
from vzaimo.kit import lemmas
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed, check_version
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Done, Work, Works
from vzaimo.registry.domain import practices
from vzaimo.registry.domain.practices import PracticeState
from vzaimo.registry.domain.refusals import UnknownPractice, UnknownTopic
from vzaimo.registry.handlers.finding import keep_topics, keep_words, texts
from vzaimo.registry.handlers.standing import check_active, kept_still
from vzaimo.registry.store import PRACTICE, TOPIC, locked, practice_columns, practice_of

STALE = "practice-stale"

_CLOSED_BY: dict[PracticeStatus, tuple[Callable[[PracticeState], PracticeState], type[PracticeFact]]] = {
    PracticeStatus.PUBLISHED: (practices.archive, PracticeArchived),
    PracticeStatus.IN_REVIEW: (practices.take_back, PracticeReturned),
}


def may_write(actor: Actor, city: str) -> bool:
    """Who drafts and submits a city's practices."""
    return actor.coordinates(city) or actor.serves(city, "practices")


@retry_conflicts
async def draft(state: PracticeState, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A city begins to describe a practice."""
    if not may_write(actor, state.public.city):
        raise NotAllowed
    await lemmas.ready()
    async with works.begin(cause) as work:
        await _check_topics(work, state)
        await work.execute(insert(PRACTICE), {**practice_columns(state), "version": 1})
        await keep_topics(work, state.public)
        await keep_words(work, state)
        return work.done("practice", state.public.id, 1)


@retry_conflicts
async def revise(
    practice_id: UUID, new: PracticeState, version: int | None, *, works: Works, cause: Cause, actor: Actor
) -> Done:
    """A city changes its draft, or its published practice."""
    await lemmas.ready()
    async with works.begin(cause) as work:
        row = await _own(work, practice_id, actor)
        check_version(row.version, version)
        await _check_topics(work, new)
        before = practice_of(row)
        revised = practices.revise(before, new)
        published = revised.public.status is PracticeStatus.PUBLISHED
        await keep_topics(work, revised.public)
        if texts(revised) != texts(before):
            await keep_words(work, revised)
        return await _keep(work, row, revised, PracticeUpdated if published else None)


@retry_conflicts
async def submit(practice_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A city asks for review. Only an active one may."""
    async with works.begin(cause) as work:
        city = await kept_still(work, await _city_of(work, practice_id))
        row = await _own(work, practice_id, actor)
        check_active(city)
        return await _keep(work, row, practices.submit(practice_of(row)), PracticeSubmitted)


@retry_conflicts
async def publish(practice_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator found it good."""
    return await _review(practice_id, practices.publish, PracticeAnnounced, works=works, cause=cause, actor=actor)


@retry_conflicts
async def give_back(practice_id: UUID, remark: str, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """The moderator asks for changes."""

    def decide(state: PracticeState, _now: datetime) -> PracticeState:
        return practices.give_back(state, remark)

    return await _review(practice_id, decide, PracticeReturned, works=works, cause=cause, actor=actor)


@retry_conflicts
async def confirm(practice_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A city says that its practice is current; a suspended one may, too."""
    async with works.begin(cause) as work:
        row = await _own(work, practice_id, actor)
        return await _keep(work, row, practices.confirm(practice_of(row), work.now), PracticeUpdated)


@retry_conflicts
async def archive(practice_id: UUID, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A city offers its practice no longer."""
    async with works.begin(cause) as work:
        row = await _own(work, practice_id, actor)
        return await _keep(work, row, practices.archive(practice_of(row)), PracticeArchived)


async def grow_stale(work: Work, due: Due) -> None:
    """Nobody confirmed a practice for twelve months."""
    row: Any = await work.first(locked(PRACTICE, UUID(due.aggregate_id)))
    state = practices.grow_stale(practice_of(row), work.now)
    if state is not None:
        await _keep(work, row, state, PracticeStale)


async def close_all(work: Work, city_id: str) -> None:
    """The city has left: what it had published is archived with its credit, what was under review is a draft again."""
    rows = await work.all(
        select(PRACTICE)
        .where(PRACTICE.c.city == city_id, PRACTICE.c.status.in_(_CLOSED_BY))
        .order_by(PRACTICE.c.id)
        .with_for_update()
    )
    closed = []
    for row in rows:
        close, fact = _CLOSED_BY[PracticeStatus(row.status)]
        state = close(practice_of(row))
        work.add(fact(aggregate_version=row.version + 1, practice=state.public))
        set_timer(work, state.public)
        closed.append({"closed": row.id, "became": state.public.status.value, "then": row.version + 1})
    if closed:
        change = update(PRACTICE).where(PRACTICE.c.id == bindparam("closed"))
        await work.execute(change.values(status=bindparam("became"), version=bindparam("then")), closed)


def set_timer(work: Work, practice: Practice) -> None:
    """The timer that the practice's state asks for, in place of the one that was set."""
    at = practices.stales_at(practice)
    if at is None:
        work.forget(STALE, practice.id)
    else:
        work.remind(STALE, practice.id, at)


async def _review(
    practice_id: UUID,
    decide: Callable[[PracticeState, datetime], PracticeState],
    fact: type[PracticeFact],
    *,
    works: Works,
    cause: Cause,
    actor: Actor,
) -> Done:
    if not actor.moderates:
        raise NotAllowed
    async with works.begin(cause) as work:
        row = await work.first(locked(PRACTICE, practice_id))
        if row is None:
            raise UnknownPractice(practice_id)
        return await _keep(work, row, decide(practice_of(row), work.now), fact)


async def _city_of(work: Work, practice_id: UUID) -> str:
    """Whose a practice is, for good: read before its row is locked, since the city's is locked first."""
    city: str | None = await work.scalar(select(PRACTICE.c.city).where(PRACTICE.c.id == practice_id))
    if city is None:
        raise UnknownPractice(practice_id)
    return city


async def _own(work: Work, practice_id: UUID, actor: Actor) -> Any:
    row = await work.first(locked(PRACTICE, practice_id))
    hidden = row is None or (
        row.published_at is None and not (actor.moderates or actor.views(row.city) or may_write(actor, row.city))
    )
    if row is None or hidden:
        raise UnknownPractice(practice_id)
    if not may_write(actor, row.city):
        raise NotAllowed
    return row


async def _check_topics(work: Work, state: PracticeState) -> None:
    wanted = set(state.public.topics)
    known = {
        row.id for row in await work.all(select(TOPIC.c.id).where(TOPIC.c.id.in_(wanted), TOPIC.c.retired.is_(False)))
    }
    for topic in sorted(wanted - known):
        raise UnknownTopic(topic)


async def _keep(work: Work, row: Any, state: PracticeState, fact: type[PracticeFact] | None) -> Done:
    version = row.version + 1
    await work.execute(
        update(PRACTICE).where(PRACTICE.c.id == row.id).values(**practice_columns(state), version=version)
    )
    set_timer(work, state.public)
    if fact is not None:
        work.add(fact(aggregate_version=version, practice=state.public))
    return work.done("practice", row.id, version)
