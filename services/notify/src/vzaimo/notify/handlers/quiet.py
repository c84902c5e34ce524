"""What falls due while its reader sleeps, because it was tried in vain or their wishes have changed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import case, literal, update

from vzaimo.kit.work import Work
from vzaimo.notify.domain.kinds import TRAITS
from vzaimo.notify.domain.preferences import NOTHING_SAID, Preferences, awake, zone_of
from vzaimo.notify.projections import zones_of
from vzaimo.notify.store import DELIVERY

if TYPE_CHECKING:
    from vzaimo.notify.handlers.take import Taken


async def hold(work: Work, taken: Sequence["Taken"], wishes: Mapping[str, Preferences]) -> "list[Taken]":
    """Put off to the end of quiet hours what can wait; the rest."""
    usual = {one.row.id: wishes.get(one.row.person, NOTHING_SAID) for one in taken}
    without = {one.row.city for one in taken if usual[one.row.id].quiet_from and usual[one.row.id].timezone is None}
    zones = await zones_of(work, without - {None})
    ready, mornings = [], {}
    for one in taken:
        wish = usual[one.row.id]
        morning = awake(wish, work.now, zone_of(wish.timezone or zones.get(one.row.city)))
        if morning > work.now and not any(TRAITS[part.kind].urgent for part in one.parts):
            mornings[one.row.id] = literal(morning, DELIVERY.c.due_at.type)
        else:
            ready.append(one)
    if mornings:
        moment = case(mornings, value=DELIVERY.c.id)
        await work.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id.in_(mornings))
            .values(leased_until=None, attempts=DELIVERY.c.attempts - 1, due_at=moment)
        )
    return ready
