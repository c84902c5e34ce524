"""Commands about learning needs: post, back, take back, close."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from vzaimo.contracts.requests import NeedPosted
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor, NotAllowed, check_version
from vzaimo.kit.work import Done, Work, Works
from vzaimo.requests.domain import needs
from vzaimo.requests.domain.need_refusals import UnknownNeed, UnknownTopic
from vzaimo.requests.domain.needs import Wish
from vzaimo.requests.handlers.invitations import Changed, keep, watch_period
from vzaimo.requests.handlers.members import check_active
from vzaimo.requests.projections import TOPIC
from vzaimo.requests.store import NEED, need_columns, need_keys, need_of


def may_write(actor: Actor, city: str) -> bool:
    """Who speaks for a city that wants to learn."""
    return actor.coordinates(city) or actor.serves(city, "needs")


@retry_conflicts
async def post(need_id: UUID, wish: Wish, words: str | None, *, works: Works, cause: Cause, actor: Actor) -> Done:
    """A city says what it wants to learn; its words stay here."""
    if not may_write(actor, wish.city):
        raise NotAllowed
    async with works.begin(cause) as work:
        await check_active(work, wish.city)
        await _check_topic(work, wish.topic)
        need = needs.post(need_id, wish, work.now)
        await work.execute(insert(NEED), {**need_keys(need), **need_columns(need), "words": words, "version": 1})
        work.add(NeedPosted(aggregate_version=1, need=need))
        watch_period(work, need)
        return work.done("need", need_id, 1)


@retry_conflicts
async def back(
    need_id: UUID, city: str, heads: int, *, threshold: int, works: Works, cause: Cause, actor: Actor
) -> Done:
    """Another city wants to learn the same; enough of them, and hosts are invited."""
    if not may_write(actor, city):
        raise NotAllowed
    async with works.begin(cause) as work:
        await check_active(work, city)
        row = await _locked(work, need_id)
        after = needs.back(need_of(row), city, heads, work.now)
        return await _done(work, (row, after), threshold)


@retry_conflicts
async def take_back(
    need_id: UUID, city: str, version: int | None, *, threshold: int, works: Works, cause: Cause, actor: Actor
) -> Done:
    """A city no longer wants to learn it."""
    if not may_write(actor, city):
        raise NotAllowed
    async with works.begin(cause) as work:
        row = await _locked(work, need_id)
        check_version(row.version, version)
        return await _done(work, (row, needs.take_back(need_of(row), city)), threshold)


@retry_conflicts
async def close(
    need_id: UUID, reason: str, version: int | None, *, threshold: int, works: Works, cause: Cause, actor: Actor
) -> Done:
    """The city, or the moderator, looks after a need no longer."""
    async with works.begin(cause) as work:
        row = await _locked(work, need_id)
        if not (may_write(actor, row.city) or actor.moderates):
            raise NotAllowed
        check_version(row.version, version)
        return await _done(work, (row, needs.close(need_of(row), reason)), threshold)


async def _check_topic(work: Work, topic: str) -> None:
    """Raises ``UnknownTopic``; the copy is locked, so that the topic is not retired meanwhile."""
    found = select(TOPIC.c.id).where(TOPIC.c.id == topic, TOPIC.c.retired.is_(False))
    if await work.first(found.with_for_update(read=True)) is None:
        raise UnknownTopic(topic)


async def _done(work: Work, changed: Changed, threshold: int) -> Done:
    await keep(work, [changed], threshold)
    row, _ = changed
    return work.done("need", row.id, row.version + 1)


async def _locked(work: Work, need_id: UUID) -> Any:
    row = await work.first(select(NEED).where(NEED.c.id == need_id).with_for_update())
    if row is None:
        raise UnknownNeed(need_id)
    return row
