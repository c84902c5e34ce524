"""A mail server that keeps one domain waiting delays nobody else."""

import asyncio
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import select, update

from vzaimo.contracts.calendar import EventAnnounced
from vzaimo.kit.cause import Cause
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.smtp import SmtpSink
from vzaimo.notify.handlers.lanes import give_back
from vzaimo.notify.handlers.take import Outcome, Taken, note
from vzaimo.notify.store import DELIVERY


class SlowForSome(SmtpSink):
    """Does not answer about recipients of ``slow.example``."""

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.endswith("@slow.example"):
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def start(self):
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]


@pytest.fixture
async def smtp_sink():
    sink = SlowForSome()
    await sink.start()
    yield sink
    await sink.stop()


async def test_a_slow_domain_delays_nobody_else(notify, foreign, contact, event, mails_to):
    for number in range(4):
        await contact(f"slow-{number}", email=f"{number}@slow.example")
        await foreign.role(f"slow-{number}", "coordinator", "perm")
    await notify.known(*[f"slow-{number}" for number in range(4)])
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await mails_to("boris")
    await mails_to("anna")
    # One of the four keeps its lane; the others were not tried, and have lost no try.
    items = (await notify.call("GET", "/deliveries?limit=200", "mod")).json()["items"]
    waiting = [one for one in items if one["status"] != "sent" and one["city"] == "perm"]
    assert len(waiting) == 4
    assert all(one["attempts"] <= 1 for one in waiting)
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event.model_copy(update={"id": new_id()})))
    await mails_to("boris", 2)
    await mails_to("anna", 2)


async def test_a_mail_that_cannot_be_written_keeps_nobody_from_theirs(
    notify, foreign, contact, event, mails_to, caplog
):
    await contact("odd", email="odd@city.example\nBcc: all@city.example")
    await foreign.role("odd", "coordinator", "perm")
    await notify.known("odd")
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await mails_to("boris")
    await mails_to("anna")

    async def noted():
        items = (await notify.call("GET", "/deliveries?status=retrying", "mod")).json()["items"]
        return [(one["city"], one["reason"]) for one in items]

    await eventually(lambda: _is(noted, [("perm", "failed-valueerror")]), "the odd one is noted")
    assert "Bcc" not in "".join(str(record.msg) for record in caplog.records)


async def test_what_another_has_by_now_is_not_given_back(notify, foreign, event, mails_to, clock):
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await mails_to("boris")
    works = notify.service.works
    late = clock.now() + timedelta(hours=1)
    async with works.begin(Cause(actor="test")) as work:
        row = await work.first(select(DELIVERY).where(DELIVERY.c.status == "sent").limit(1))
        again = {"status": "retrying", "due_at": late, "leased_until": late}
        await work.execute(update(DELIVERY).where(DELIVERY.c.id == row.id).values(**again))
    async with works.begin(Cause(actor="test")) as work:
        ours = Taken(row, (), None, clock.now())
        await give_back(work, DELIVERY, [ours], timedelta())
        await note(work, row, Outcome("sent"), ours.until)
    async with works.database.read() as tx:
        kept = await tx.first(select(DELIVERY).where(DELIVERY.c.id == row.id))
    assert (kept.status, kept.due_at, kept.leased_until, kept.attempts) == ("retrying", late, late, row.attempts)


async def _is(asked, expected):
    return await asked() == expected
