"""A restored store takes its events back from their facts, and finds them again."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from vzaimo.calendar.domain import events
from vzaimo.calendar.handlers.adopt import adopt
from vzaimo.calendar.main import parts
from vzaimo.calendar.shapes.events import EventFilter
from vzaimo.calendar.store import EVENT
from vzaimo.calendar.views.listing import listing
from vzaimo.contracts.calendar import EventAnnounced, EventCancelled
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import open_database
from vzaimo.kit.http import CursorValue
from vzaimo.kit.ids import new_id
from vzaimo.kit.migrations import migrate
from vzaimo.kit.work import Works

NOW = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)


@pytest.fixture
async def restored(store_url, clock):
    database = await open_database(store_url)
    await migrate(database, parts().schemas)
    yield Works(database, clock)
    await database.close()


async def test_events_that_are_taken_back_are_found_under_what_they_are(restored, planned):
    state = events.announce(events.draft(new_id(), "izhevsk", planned()), NOW)
    over = events.cancel(state, "force-majeure", NOW)

    async def found(wanted):
        async with restored.database.read() as tx:
            return [row.id for row in await tx.all(listing(tx.dialect, wanted, CursorValue()))]

    async def take(fact):
        async with restored.begin(Cause(actor="test")) as work:
            await adopt(work, [fact])

    announced = EventAnnounced(aggregate_version=2, event=state.event)
    await take(announced)
    await take(announced)
    assert await found(EventFilter(topic="school-environment")) == [state.id]
    assert await found(EventFilter(text="образовательные среды")) == [state.id]
    await take(EventCancelled(aggregate_version=3, event=over.event))
    await take(announced)  # an older state changes nothing
    assert await found(EventFilter(topic="school-environment")) == []
    assert await found(EventFilter(topic="school-environment", status="cancelled")) == [state.id]
    async with restored.database.read() as tx:
        assert await tx.scalar(select(EVENT.c.version)) == 3
