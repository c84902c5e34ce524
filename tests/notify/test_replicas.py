"""Two replicas of notify over one store: what falls due is told once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from vzaimo.contracts.calendar import EventAnnounced
from vzaimo.contracts.registry import TopicChanged
from vzaimo.contracts.requests import Need, NeedPosted, NeedStatus, RequestApproved, RequestStatus
from vzaimo.kit.ids import new_id
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running
from vzaimo.notify.main import parts

READERS = [f"reader{number}" for number in range(12)]
MORNING = datetime(2026, 9, 28, 5, 1, tzinfo=UTC)


@pytest.fixture
def store_url(postgres_url):
    return postgres_url


@pytest.fixture
async def both(notify, clock):
    settings = notify.service.settings
    async with running(parts(settings), settings, clock) as other:
        yield notify, other


async def test_digests_and_reminders_that_fall_due_are_told_once(
    both, foreign, contact, event, request_of, told, clock, smtp_sink, settled, inbox, passing
):
    async def at_once():
        items = (await both[0].call("GET", "/deliveries?limit=200", "mod")).json()["items"]
        instant = [one["status"] for one in items if one["kind"] != "need-posted"]
        return len(instant) >= len(READERS) and set(instant) == {"sent"}

    for person in READERS:
        await foreign.role(person, "coordinator", "tver")
        await contact(person)
    await both[0].known(*READERS)
    day = clock.now().date() + timedelta(days=30)
    need = Need(
        id=new_id(),
        city="izhevsk",
        topic="olympiads",
        roles=(),
        heads=3,
        mode="remote",
        not_before=day,
        not_after=day,
        status=NeedStatus.OPEN,
        posted_at=clock.now(),
    )
    await foreign.tell(TopicChanged(aggregate_version=1, topic={"id": "olympiads", "name": "Олимпиады"}))
    await foreign.tell(NeedPosted(aggregate_version=1, need=need))
    for person in READERS:
        await told(person, "need-posted")
    # They hear that their city takes part, too, and at once: nothing of that may be on its way when time leaps.
    await passing(at_once, "what was instant is sent")
    smtp_sink.mails.clear()
    clock.advance(MORNING - clock.now())
    await settled("sent", "suppressed")
    digests = Counter(mail["To"] for mail in smtp_sink.mails)
    assert {digests[f"{person}@city.example"] for person in READERS} == {1}

    later = event.model_copy(
        update={"starts_at": event.starts_at + timedelta(days=7), "ends_at": event.ends_at + timedelta(days=7)}
    )
    seats = {"decision_no": 1, "granted": 5, "confirmed": 5}
    await foreign.tell(
        EventAnnounced(aggregate_version=1, event=later),
        RequestApproved(aggregate_version=2, request=request_of(status=RequestStatus.CONFIRMED, **seats)),
    )
    await eventually(lambda: heard(inbox, "event-announced"), "the event is known")
    await settled("sent", "suppressed")
    clock.advance(later.starts_at - timedelta(days=7) - clock.now())
    await eventually(lambda: heard(inbox, "visit-in-a-week"), "the reminder")
    await settled("sent", "suppressed")
    for person in READERS:
        assert Counter(await inbox(person))["visit-in-a-week"] == 1
    assert set(Counter(mail["Message-ID"] for mail in smtp_sink.mails).values()) == {1}


async def heard(inbox, kind):
    return all([kind in await inbox(person) for person in READERS])
