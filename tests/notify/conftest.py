"""Notify at work on each store, with Moscow as host, two guests, and a moderator."""

from datetime import UTC, datetime, timedelta

import pytest

from vzaimo.contracts.calendar import Admission, Deadlines, Event, EventStatus, Mode, QueueOrder, QueuePolicy, Session
from vzaimo.contracts.registry import Contact, ContactChanged
from vzaimo.contracts.requests import Request, RequestStatus
from vzaimo.kit.ids import new_id
from vzaimo.kit.roles import person_ref
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.receiver import Receiver
from vzaimo.kit.testing.services import running
from vzaimo.kit.testing.tokens import ISSUER
from vzaimo.notify.main import parts
from vzaimo.notify.settings import NotifySettings

NOON = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)


@pytest.fixture
def event():
    start = datetime(2026, 10, 4, 7, 0, tzinfo=UTC)
    session = Session(id=new_id(), title="День 1", starts_at=start, ends_at=start + timedelta(hours=7))
    return Event(
        id=new_id(),
        host="moskva",
        title="Образовательная среда",
        mode=Mode.IN_PERSON,
        audience=("director",),
        timezone="Europe/Moscow",
        starts_at=start,
        ends_at=start + timedelta(days=1),
        sessions=(session,),
        deadlines=Deadlines(
            apply_opens=NOON,
            apply_closes=NOON + timedelta(days=3),
            decide_by=NOON + timedelta(days=4),
            confirm_by=NOON + timedelta(days=5),
            roster_freeze=NOON + timedelta(days=6),
        ),
        admission=Admission.HOST,
        queue_policy=QueuePolicy.STRICT,
        queue_order=QueueOrder.SUBMITTED,
        status=EventStatus.ANNOUNCED,
        announced_at=NOON,
    )


@pytest.fixture
def request_of(event):
    """Tver's request for the event."""
    usual = Request(
        id=new_id(),
        event=event.id,
        host="moskva",
        city="tver",
        mode="in_person",
        status=RequestStatus.SUBMITTED,
        wanted=5,
        schedule_revision=1,
        submitted_at=NOON,
    )

    def make(**changes):
        return usual.model_copy(update=changes)

    return make


@pytest.fixture
def contact(foreign):
    async def tell(person, version=1, **changes):
        usual = {"email": f"{person}@city.example", "name": person.title(), "locale": "ru"}
        state = Contact(person=person_ref(ISSUER, person), **{**usual, **changes})
        await foreign.tell(ContactChanged(aggregate_version=version, contact=state))

    return tell


@pytest.fixture
def passing(clock):
    """Wait for what needs time to pass as well: what was put off is tried again."""

    async def wait(condition, what):
        def then():
            clock.advance(timedelta(seconds=0.5))
            return condition()

        return await eventually(then, what)

    return wait


@pytest.fixture
def notify_settings(settings_of, smtp_sink):
    return settings_of(
        NotifySettings,
        smtp_host="127.0.0.1",
        smtp_port=smtp_sink.port,
        portal_url="https://portal.example",
        notify_url="https://notify.example",
        unsubscribe_key="k" * 40,
        webhook_key="w" * 40,
        webhook_allow_private=True,
    )


@pytest.fixture
async def notify(foreign, contact, notify_settings, smtp_sink, clock, passing):
    await foreign.city("moskva", "host", name="Москва")
    await foreign.city("tver", "boris", name="Тверь")
    await foreign.city("izhevsk", "anna", name="Ижевск")
    await foreign.role("mod", "moderator")
    for person in ("host", "boris", "mod"):
        await contact(person)
    await contact("anna", locale="en")
    async with running(parts(notify_settings), notify_settings, clock) as service:
        await service.known("host", "boris", "anna", "mod")
        # The cities' activation is news, too; each test begins after it.
        await passing(lambda: len(smtp_sink.mails) == 3, "three mails about the cities")
        smtp_sink.mails.clear()
        yield service


@pytest.fixture
def inbox(notify):
    """Kinds of what somebody was told, the oldest first, without the activation."""

    async def read(person):
        answer = await notify.call("GET", "/inbox", person)
        items = answer.json()["items"] if answer.is_success else []
        return [one["kind"] for one in reversed(items) if one["kind"] != "city-activated"]

    return read


@pytest.fixture
def told(inbox):
    async def wait(person, *kinds):
        async def same():
            return await inbox(person) == [*kinds]

        await eventually(same, f"{person} is told {kinds}")

    return wait


@pytest.fixture
def mails_to(smtp_sink, passing):
    async def wait(person, count=1):
        def there():
            found = [mail for mail in smtp_sink.mails if mail["To"] == f"{person}@city.example"]
            return len(found) >= count and found

        return await passing(there, f"a mail to {person}")

    return wait


@pytest.fixture
def settled(notify, passing):
    """Wait until every delivery stands in one of these states."""

    async def wait(*statuses):
        async def all_of_them():
            items = (await notify.call("GET", "/deliveries?limit=200", "mod")).json()["items"]
            return {one["status"] for one in items} <= {*statuses}

        await passing(all_of_them, f"all deliveries are {statuses}")

    return wait


@pytest.fixture
def heard(inbox):
    """As ``told``, where one fact says several things: in any order."""

    async def wait(person, *kinds):
        async def same():
            return sorted(await inbox(person)) == sorted(kinds)

        await eventually(same, f"{person} is told {kinds}")

    return wait


@pytest.fixture
async def receivers():
    """Make cities' programs."""
    made = []

    async def make():
        made.append(Receiver())
        await made[-1].start()
        return made[-1]

    yield make
    for one in made:
        await one.stop()


@pytest.fixture
async def receiver(receivers):
    return await receivers()


@pytest.fixture
def webhook(notify, foreign, clock):
    """Make a webhook; what is told from now on happens now."""

    async def make(url, *facts, who="boris", city="tver"):
        answer = await notify.call("POST", f"/cities/{city}/webhooks", who, {"address": url, "facts": facts})
        assert answer.status_code == 201, answer.text
        foreign.began = clock.now()
        return answer.json()

    return make


@pytest.fixture
def deliveries(notify):
    """What was sent to a webhook: its fact's name, status, and answer or error; the oldest first."""

    async def read(webhook, who="boris"):
        path = f"/cities/{webhook['city']}/webhooks/{webhook['id']}/deliveries?limit=200"
        items = (await notify.call("GET", path, who)).json()["items"]
        return [(one["type"].split(".")[-2], one["status"], one["answer"] or one["error"]) for one in reversed(items)]

    return read


@pytest.fixture
def hours_pass(notify, clock):
    """Let hours pass, and wait until what then is due to a webhook was tried, and noted: any, or so many."""

    async def wait(webhook, hours=8, count=1, who="boris"):
        clock.advance(timedelta(hours=hours))
        path = f"/cities/{webhook['city']}/webhooks/{webhook['id']}/deliveries?limit=200"

        async def tried():
            items = (await notify.call("GET", path, who)).json()["items"]
            return sum(one["tried_at"] is not None and _read(one["tried_at"]) == clock.now() for one in items) >= count

        await eventually(tried, f"{count} tries")

    return wait


def _read(moment):
    return datetime.fromisoformat(moment)


@pytest.fixture
def mail_about(smtp_sink, passing):
    """Wait for a person's mail whose subject begins so."""

    async def wait(person, subject):
        def there():
            found = [mail for mail in smtp_sink.mails if mail["To"] == f"{person}@city.example"]
            return next((mail for mail in found if mail["Subject"].startswith(subject)), None)

        return await passing(there, f"a mail to {person}: {subject}")

    return wait
