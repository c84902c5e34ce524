"""The service was away while people should have answered: they get the time again. Over HTTP, on both stores."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from vzaimo.contracts.calendar import EventAnnounced
from vzaimo.kit.settings import Settings
from vzaimo.kit.tables import MarkRow, TimerRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running
from vzaimo.kit.timers import Timers
from vzaimo.requests.main import parts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def away(foreign, settings_of, clock):
    """Tver asks; when the service was last awake, and for how long it is away, the test says."""
    await foreign.city("moskva", "host")
    await foreign.city("tver", "boris")
    settings = settings_of(Settings)

    @asynccontextmanager
    async def opened(event, *, decided, awake, gone, back=lambda: None):
        async with running(parts(), settings, clock) as service:
            await service.known("host", "boris")
            # Cities come by another consumer than roles: whoever is known may be so before the own city is.
            await eventually(lambda: service.service.inbound.caught_up, "the cities")
            await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
            await eventually(lambda: _opened(service, event.id), "the ledger")
            body = {"event": str(event.id), "city": "tver", "mode": "in_person"}
            body["delegates"] = [{"rank": 1, "name": "Участник", "role": "teacher"}]
            request = await service.done("POST", "/requests", "boris", body)
            await service.done("POST", f"/requests/{request}/submit", "boris", {"schedule_revision": 1})
            if decided:
                await service.done("POST", f"/requests/{request}/decision", "host", {"verdict": "approve"})
            clock.advance(awake)
            await eventually(lambda: _marked(service, clock.now()), "the mark")
        clock.advance(gone)
        back()
        async with running(parts(), settings, clock) as service:
            await service.known("host")
            yield Back(service, request)

    return opened


def late(make_event):
    """An event whose guests confirm within a day, a month before it: seats that are granted now have two."""
    start = make_event().announced_at + 30 * DAY
    soon, usual = start - 29 * DAY, make_event().deadlines
    moments = {"apply_closes": soon - HOUR, "decide_by": soon, "confirm_by": soon, "roster_freeze": start - DAY}
    return make_event(starts_at=start, ends_at=start + DAY, deadlines=usual.model_copy(update=moments))


class Back:
    """The service after its outage."""

    def __init__(self, service, request):
        self.service, self.request = service, request

    async def sees(self, **wanted):
        async def so():
            answer = await self.service.call("GET", f"/requests/{self.request}", "host")
            return all(answer.json()[name] == value for name, value in wanted.items())

        await eventually(so, str(wanted))

    async def waits_until(self, kind, moment):
        async def set_():
            return (await _timers(self.service)).get(kind) == moment

        await eventually(set_, f"{kind} at {moment}")


async def test_seats_that_should_have_been_confirmed_meanwhile_are_kept_for_as_long_again(away, make_event, clock):
    async with away(make_event(), decided=True, awake=4 * DAY + 22 * HOUR, gone=6 * HOUR) as back:
        await back.waits_until("confirm-by", clock.now() + 6 * HOUR)
        await back.sees(status="approved")
        clock.advance(6 * HOUR)
        await back.sees(status="released")


async def test_seats_that_were_granted_late_are_kept_for_as_long_again(away, make_event, clock):
    async with away(late(make_event), decided=True, awake=2 * DAY - HOUR, gone=6 * HOUR) as back:
        await back.waits_until("grant-expires", clock.now() + 6 * HOUR)
        await back.sees(status="approved")
        clock.advance(6 * HOUR)
        await back.sees(status="released", confirm_by=None)


async def test_a_hall_whose_own_timer_is_late_leaves_them_their_later_moment(away, make_event, clock, monkeypatch):
    """The hall's deadline passed before the outage, and nobody looked; that of the seats passed within it."""

    async def nothing(_timers):
        return False

    with monkeypatch.context() as patch:
        patch.setattr(Timers, "run_one", nothing)
        async with away(late(make_event), decided=True, awake=2 * DAY - HOUR, gone=6 * HOUR, back=patch.undo) as back:
            await back.waits_until("grant-expires", clock.now() + 6 * HOUR)
            await back.sees(status="approved")


async def test_a_host_that_should_have_decided_meanwhile_has_every_step_again(away, make_event, clock):
    start = make_event().announced_at + 30 * DAY
    event = make_event(starts_at=start, ends_at=start + DAY)
    async with away(event, decided=False, awake=3 * DAY + 22 * HOUR, gone=5 * DAY) as back:
        await back.waits_until("decisions-due", clock.now() + DAY)
        await back.sees(status="submitted", overdue_at=None)
        for step, hours in (("DecisionOverdue", 24), ("DecisionEscalated", 48)):
            clock.advance(DAY)
            await back.waits_until("decisions-due", clock.now() + hours * HOUR)
            assert len(await back.service.facts(step)) == 1
        clock.advance(2 * DAY)
        await back.sees(status="expired")


async def _opened(service, event):
    return (await service.call("GET", f"/events/{event}/seats")).is_success


async def _timers(service):
    table = table_of(TimerRow)
    async with service.service.works.database.read() as tx:
        return {row.kind: row.due_at for row in await tx.all(table.select())}


async def _marked(service, moment):
    table = table_of(MarkRow)
    async with service.service.works.database.read() as tx:
        return {row.name: row.value for row in await tx.all(table.select())}.get("awake") == moment.isoformat()
