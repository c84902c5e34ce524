"""What follows for learning needs: enough backers invite hosts, events answer, cities leave.

Locks are taken in one order by all: copies first, then the turn of those who invite, then needs by id.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update

from vzaimo.contracts.calendar import EventStatus
from vzaimo.contracts.registry import CityStatus, PracticeStatus
from vzaimo.contracts.requests import HostInvitation, HostInvited, Need, NeedStatus
from vzaimo.kit.cause import Cause
from vzaimo.kit.inbound import Batch
from vzaimo.kit.timers import Due
from vzaimo.kit.work import Work
from vzaimo.requests.domain import needs
from vzaimo.requests.handlers.turns import raised
from vzaimo.requests.projections import CITY, EVENT, PRACTICE
from vzaimo.requests.store import NEED, holds, need_columns, need_of, unpacked

Changed = tuple[Any, Need]
"""A need's row, as it was read under its lock, and the need as it is now."""
_TAKES_PLACE = (EventStatus.ANNOUNCED.value, EventStatus.COMPLETED.value)
_TURN = "invitations"
PERIOD = "need-period"
"""The timer of a need, when its period is over."""


async def keep(
    work: Work, changed: Iterable[Changed], threshold: int, causes: Mapping[UUID, Cause] | None = None
) -> None:
    """Invite whoever is to be invited, write what differs from the row, and tell it."""
    pairs = list(changed)
    hosts = await _hosts(work, {need.topic for _, need in pairs if needs.invites(need, threshold)})
    after = [(row, needs.invite(need, hosts.get(need.topic, ()), threshold)) for row, need in pairs]
    rows = []
    for row, need in after:
        before = need_of(row)
        if need == before:
            continue
        version, cause = row.version + 1, (causes or {}).get(need.id)
        rows.append({"key": need.id, **{f"new_{name}": value for name, value in need_columns(need).items()}})
        work.add(needs.told(before, need)(aggregate_version=version, need=need), cause=cause)
        work.add(*_invitations(work, before, need), cause=cause)
        if need.status is not before.status:
            watch_period(work, need)
    if rows:
        columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in need_columns(after[0][1])}
        await work.execute(
            update(NEED).where(NEED.c.id == bindparam("key")).values(**columns, version=NEED.c.version + 1), rows
        )


def watch_period(work: Work, need: Need) -> None:
    """An open need closes when its period is over; one that became open again after that, at once."""
    if need.status is NeedStatus.OPEN:
        work.remind(PERIOD, need.id, needs.over_at(need))
    elif need.status is NeedStatus.CLOSED:
        work.forget(PERIOD, need.id)


async def lapse(work: Work, due: Due, *, threshold: int) -> None:
    """A need's period is over."""
    rows = await _locked(work, NEED.c.id == UUID(due.aggregate_id))
    await keep(work, [(row, needs.lapse(need_of(row), work.now)) for row in rows], threshold)


async def invite_newcomers(work: Work, batch: Batch, *, threshold: int) -> None:
    """Practices that were published just now: their cities are invited to open needs on their topics."""
    topics: dict[str, Cause] = {}
    for change in batch.changes:
        before, after = change.before, change.after
        published = PracticeStatus.PUBLISHED
        if after["status"] == published and (
            before is None or (before.status, before.topics) != (published, after["topics"])
        ):
            topics |= dict.fromkeys(unpacked(after["topics"]), change.arrival.cause)
    await _invite_on(work, topics, threshold)


async def follow_cities(work: Work, batch: Batch, *, threshold: int) -> None:
    """Cities that take part from now on may be asked to host; those that left want nothing any more."""
    joined, left = dict[str, Cause](), dict[str, Cause]()
    for change in batch.changes:
        before, after = change.before, change.after
        if before is None or before.status != after["status"]:
            if after["status"] == CityStatus.ACTIVE:
                joined[after["id"]] = change.arrival.cause
            elif after["status"] == CityStatus.WITHDRAWN:
                left[after["id"]] = change.arrival.cause
    if joined:
        await raised(work, _TURN)
        rows = await work.all(
            select(PRACTICE.c.city, PRACTICE.c.topics).where(
                PRACTICE.c.city.in_(joined), PRACTICE.c.status == PracticeStatus.PUBLISHED
            )
        )
        await _invite_on(work, {topic: joined[row.city] for row in rows for topic in unpacked(row.topics)}, threshold)
    if left:
        await _leave(work, left, threshold)


async def answer(work: Work, batch: Batch, *, threshold: int) -> None:
    """Events that name a need answer it while they take place."""
    causes: dict[UUID, Cause] = {}
    for change in batch.changes:
        was = (change.before.need, change.before.status) if change.before is not None else (None, None)
        now = (change.after["need"], change.after["status"])
        if was != now:
            causes |= {need: change.arrival.cause for need in (was[0], now[0]) if need is not None}
    if not causes:
        return
    rows = await _locked(work, NEED.c.id.in_(causes))
    found = await work.all(
        select(EVENT.c.id, EVENT.c.need)
        .where(EVENT.c.need.in_(causes), EVENT.c.status.in_(_TAKES_PLACE))
        .order_by(EVENT.c.id)
    )
    events: dict[UUID, list[UUID]] = {}
    for one in found:
        events.setdefault(one.need, []).append(one.id)
    await keep(work, [(row, needs.settle(need_of(row), events.get(row.id, []))) for row in rows], threshold, causes)


async def _leave(work: Work, cities: Mapping[str, Cause], threshold: int) -> None:
    concerned = or_(NEED.c.city.in_(cities), *(holds(NEED.c.backed_by, city) for city in cities))
    rows = await _locked(work, NEED.c.status != NeedStatus.CLOSED, concerned)
    changed, causes = [], {}
    for row in rows:
        need = need_of(row)
        for city, cause in cities.items():
            after = needs.without(need, city)
            if after is not need:
                need, causes[row.id] = after, cause
        changed.append((row, need))
    await keep(work, changed, threshold, causes)


async def _invite_on(work: Work, topics: Mapping[str, Cause], threshold: int) -> None:
    if not topics:
        return
    # A city and its practice may become known at once: whoever comes second sees what the first one wrote.
    await raised(work, _TURN)
    # All open needs, not only those over the threshold: one that is crossing it now is waited for.
    rows = await _locked(work, NEED.c.topic.in_(topics), NEED.c.status == NeedStatus.OPEN)
    await keep(work, [(row, need_of(row)) for row in rows], threshold, {row.id: topics[row.topic] for row in rows})


async def _locked(work: Work, *conditions: Any) -> Sequence[Any]:
    return await work.all(select(NEED).where(*conditions).order_by(NEED.c.id).with_for_update())


async def _hosts(work: Work, topics: set[str]) -> dict[str, set[str]]:
    """Active cities by the topics of their published practices."""
    if not topics:
        return {}
    rows = await work.all(
        select(PRACTICE.c.city, PRACTICE.c.topics)
        .join(CITY, CITY.c.id == PRACTICE.c.city)
        .where(
            PRACTICE.c.status == PracticeStatus.PUBLISHED,
            CITY.c.status == CityStatus.ACTIVE,
            or_(*(holds(PRACTICE.c.topics, topic) for topic in sorted(topics))),
        )
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        for topic in unpacked(row.topics):
            found.setdefault(topic, set()).add(row.city)
    return found


def _invitations(work: Work, before: Need, after: Need) -> list[HostInvited]:
    return [
        HostInvited(
            aggregate_version=1,
            invitation=HostInvitation(
                need=after.id,
                city=city,
                asked_by=after.city,
                topic=after.topic,
                backers=len(after.backers),
                invited_at=work.now,
            ),
        )
        for city in after.invited[len(before.invited) :]
    ]
