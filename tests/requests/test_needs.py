"""Learning needs as cities use them: over HTTP, on both stores, with a real bus."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from vzaimo.contracts.calendar import EventAnnounced, EventCancelled, EventDetailsChanged, EventStatus
from vzaimo.contracts.registry import (
    Practice,
    PracticeAnnounced,
    PracticeArchived,
    PracticeStatus,
    PracticeSubmitted,
)
from vzaimo.kit.cause import Cause
from vzaimo.kit.ids import new_id
from vzaimo.kit.settings import Settings
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.services import running
from vzaimo.requests.domain.terms import Terms
from vzaimo.requests.handlers.adopt import adopt
from vzaimo.requests.main import parts
from vzaimo.requests.store import NEED as NEED_ROWS

PEOPLE = {"izhevsk": "anna", "tver": "boris", "perm": "galina", "moskva": "host"}
NEED = {
    "city": "izhevsk",
    "topic": "talents",
    "roles": ["teacher", "deputy"],
    "heads": 12,
    "mode": "in_person",
    "not_before": "2026-11-01",
    "not_after": "2027-03-31",
    "words": "Хотим понять, как устроена работа с одарёнными детьми.",
}


def kind(answer):
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def practice_of(city, *topics, status=PracticeStatus.PUBLISHED, practice_id=None):
    return Practice(
        id=practice_id or new_id(),
        city=city,
        title=f"Практика: {city}",
        topics=topics,
        audience=("teacher",),
        indicators=(),
        status=status,
    )


@pytest.fixture
async def requests(foreign, settings_of, clock):
    """Two backers are enough here."""
    for city, person in PEOPLE.items():
        await foreign.city(city, person)
    await foreign.role("mod", "moderator")
    for topic in ("talents", "mesh"):
        await foreign.topic(topic)
    await foreign.role("vera", "viewer", "izhevsk")
    await foreign.role("robot", "service", "izhevsk", scopes=("needs",))
    async with running(parts(Terms(needs_threshold=2)), settings_of(Settings), clock) as service:
        await service.known(*PEOPLE.values(), "mod", "vera", "robot")
        await eventually(lambda: _caught_up(service), "the cities")
        yield service


async def _caught_up(service):
    return service.service.inbound.caught_up


@pytest.fixture
def post(requests):
    async def send(who="anna", **changes):
        return await requests.done("POST", "/needs", who, NEED | changes)

    return send


@pytest.fixture
def back(requests):
    async def send(need, *cities):
        for city in cities:
            await requests.done("POST", f"/needs/{need}/backers", PEOPLE[city], {"city": city, "heads": 4})

    return send


@pytest.fixture
def see(requests):
    async def read(need):
        return (await requests.call("GET", f"/needs/{need}")).json()

    return read


@pytest.fixture
def until(see):
    async def wait(need, **wanted):
        async def there():
            view = await see(need)
            return all(view[name] == value for name, value in wanted.items())

        await eventually(there, str(wanted))

    return wait


@pytest.fixture
def publish(foreign, requests):
    """Publish a practice, and wait until a need shows it."""

    async def tell(city, *topics, seen_by=None):
        await foreign.tell(PracticeAnnounced(aggregate_version=1, practice=practice_of(city, *topics)))
        if seen_by is not None:
            await eventually(lambda: _shown(requests, seen_by, city), f"the practice of {city}")

    return tell


async def _shown(requests, need, city):
    items = (await requests.call("GET", f"/needs/{need}/matches")).json()["items"]
    return city in {one["city"] for one in items}


def told(facts, aggregate="need"):
    return [fact.name for fact in facts if fact.data.aggregate == aggregate]


async def test_enough_backers_invite_every_city_with_a_practice_on_the_topic_once(
    requests, foreign, post, back, see, until, publish
):
    need = await post()
    await foreign.city("omsk", status="suspended")
    await foreign.tell(PracticeAnnounced(aggregate_version=1, practice=practice_of("omsk", "talents")))
    for city in ("tver", "moskva"):  # Tver is a backer: it wants to learn, it is not asked
        await publish(city, "mesh", "talents", seen_by=need)
    await publish("moskva", "talents")
    await publish("perm", "mesh")
    await back(need, "tver")
    assert (await see(need))["invited"] == []
    await back(need, "perm")
    assert (await see(need))["invited"] == ["moskva"]
    (invited,) = await requests.facts("HostInvited")
    told_of = invited.data.invitation
    assert (str(told_of.need), told_of.city, told_of.asked_by, told_of.backers) == (need, "moskva", "izhevsk", 2)
    # Later ones: a practice that is published now, and a city that takes part again.
    await foreign.city("vyborg")
    await publish("vyborg", "talents")
    await until(need, invited=["moskva", "vyborg"])
    await foreign.city("omsk", version=2)
    await until(need, invited=["moskva", "vyborg", "omsk"])
    assert len(await requests.facts("HostInvited")) == 3
    assert told(await requests.facts()) == ["NeedPosted", *["NeedBacked"] * 4]
    versions = [fact.data.aggregate_version for fact in await requests.facts() if fact.data.aggregate == "need"]
    assert versions == [1, 2, 3, 4, 5]


async def test_cities_that_back_at_once_invite_once_and_a_practice_may_be_known_before_its_city(
    requests, foreign, post, back, see, until, publish
):
    need = await post()
    await publish("kazan", "talents", seen_by=need)
    await publish("moskva", "talents", seen_by=need)
    await asyncio.gather(back(need, "tver"), back(need, "perm"), _refused_twice(requests, need))
    view = await see(need)
    assert (view["invited"], {one["city"] for one in view["backers"]}) == (["moskva"], {"tver", "perm"})
    await foreign.city("kazan")
    await until(need, invited=["moskva", "kazan"])
    assert [fact.data.invitation.city for fact in await requests.facts("HostInvited")] == ["moskva", "kazan"]


async def _refused_twice(requests, need):
    """Moscow may not back for others."""
    for city in ("tver", "perm"):
        answer = await requests.call("POST", f"/needs/{need}/backers", "host", {"city": city, "heads": 1})
        assert kind(answer) == (403, "not-allowed")


async def test_a_restored_store_takes_its_needs_back_and_keeps_the_words_that_it_has(requests, post, back, see):
    kept, lost = await post(), await post("boris", city="tver")
    await back(kept, "tver", "perm")
    before = [await see(one) for one in (kept, lost)]
    facts = [fact.data for fact in await requests.facts() if fact.data.aggregate == "need"]
    works = requests.service.works
    async with works.begin(Cause(actor="restore")) as work:
        await work.execute(update(NEED_ROWS).where(NEED_ROWS.c.id == UUID(kept)).values(version=1, backers=0, people=1))
        await work.execute(delete(NEED_ROWS).where(NEED_ROWS.c.id == UUID(lost)))
    newest = {fact.key: fact for fact in facts}
    async with works.begin(Cause(actor="reconcile")) as work:
        await adopt(work, list(newest.values()))
    assert [await see(one) for one in (kept, lost)] == [before[0], before[1] | {"words": None}]


async def test_a_practice_that_is_only_submitted_or_archived_invites_nobody(requests, foreign, post, back, see, until):
    need = await post()
    draft, gone = practice_of("moskva", "talents", status=PracticeStatus.IN_REVIEW), new_id()
    await foreign.tell(
        PracticeSubmitted(aggregate_version=1, practice=draft),
        PracticeArchived(
            aggregate_version=2,
            practice=practice_of("perm", "talents", status=PracticeStatus.ARCHIVED, practice_id=gone),
        ),
        # Late: the older state changes nothing.
        PracticeAnnounced(aggregate_version=1, practice=practice_of("perm", "talents", practice_id=gone)),
        PracticeAnnounced(aggregate_version=1, practice=practice_of("tver", "talents")),
    )
    await eventually(lambda: _shown(requests, need, "tver"), "the last practice")
    await back(need, "perm", "moskva")
    assert (await see(need))["invited"] == ["tver"]


async def test_an_event_answers_and_a_cancelled_one_opens_again(requests, foreign, post, back, see, until, make_event):
    need = await post()
    await back(need, "tver")
    first, second = make_event(need=UUID(need)), make_event(need=UUID(need))
    await foreign.tell(EventAnnounced(aggregate_version=1, event=first))
    await until(need, status="answered", answered_by=str(first.id))
    assert kind(await requests.call("POST", f"/needs/{need}/backers", "galina", {"city": "perm", "heads": 1})) == (
        409,
        "need-not-open",
    )
    await foreign.tell(EventAnnounced(aggregate_version=1, event=second))

    async def cancel(event):
        gone = event.model_copy(update={"status": EventStatus.CANCELLED, "cancelled_for": "force-majeure"})
        await foreign.tell(EventCancelled(aggregate_version=3, event=gone))

    await cancel(first)
    await until(need, answered_by=str(second.id))
    await cancel(second)
    await until(need, status="open", answered_by=None)
    # Late and doubled news of what is over changes nothing; an event that names the need only now answers it.
    await foreign.tell(EventAnnounced(aggregate_version=1, event=first))
    third = make_event()
    await foreign.tell(EventAnnounced(aggregate_version=1, event=third))
    named = third.model_copy(update={"need": UUID(need)})
    await foreign.tell(EventDetailsChanged(aggregate_version=2, event=named))
    await until(need, status="answered", answered_by=str(third.id))
    told_names = told(await requests.facts())
    assert told_names[2:] == ["NeedAnswered", "NeedAnswered", "NeedPosted", "NeedAnswered"]


async def test_a_city_that_withdraws_takes_its_needs_and_backings_along(requests, foreign, post, back, until):
    own, other = await post(), await post("boris", city="tver", topic="mesh")
    await back(own, "tver")
    await back(other, "izhevsk")
    await foreign.city("izhevsk", status="withdrawn", version=2)
    await until(own, status="closed", closed_for="city-withdrawn")
    await until(other, status="open", backers=[])
    assert kind(await requests.call("POST", "/needs", "anna", NEED)) == (409, "city-not-active")


async def test_a_suspended_city_posts_and_backs_nothing_and_may_close(requests, foreign, post, see):
    own, other = await post(), await post("boris", city="tver")
    await foreign.city("izhevsk", status="suspended", version=2)

    async def refused():
        answer = await requests.call("POST", "/needs", "anna", NEED)
        return answer.status_code == 409

    await eventually(refused, "the suspension")
    answer = await requests.call("POST", f"/needs/{other}/backers", "anna", {"city": "izhevsk", "heads": 1})
    assert kind(answer) == (409, "city-not-active")
    await requests.done("POST", f"/needs/{own}/close", "anna", {"reason": "learned-elsewhere"})
    assert (await see(own))["closed_for"] == "learned-elsewhere"
    assert kind(await requests.call("POST", f"/needs/{own}/close", "mod", {"reason": "duplicate"})) == (
        409,
        "need-not-open",
    )


async def test_needs_are_listed_by_topic_city_status_and_mode_and_counted(requests, post, back):
    first = await post()
    second = await post("boris", city="tver", heads=3, mode="remote")
    third = await post("galina", city="perm", topic="mesh", words=None)
    await back(first, "tver", "perm")
    await requests.done("POST", f"/needs/{third}/close", "mod", {"reason": "outdated"})

    async def listed(query):
        answer = await requests.call("GET", f"/needs?{query}")
        return [one["id"] for one in answer.json()["items"]]

    assert await listed("") == [first, second, third]
    assert await listed("topic=talents&status=open") == [first, second]
    assert await listed("city=tver") == [second]
    assert await listed("mode=remote") == [second]
    assert await listed("status=closed") == [third]
    page = (await requests.call("GET", "/needs?limit=2")).json()
    assert [one["id"] for one in page["items"]] == [first, second]
    assert await listed(f"limit=2&cursor={page['next']}") == [third]
    frequent = (await requests.call("GET", "/needs/frequent")).json()["items"]
    assert frequent == [{"topic": "talents", "needs": 2, "backers": 2, "people": 12 + 4 + 4 + 3}]
    shown = (await requests.call("GET", f"/needs/{first}")).json()
    assert (shown["words"], shown["people"], shown["version"]) == (NEED["words"], 20, 3)
    assert NEED["words"] not in "".join(fact.model_dump_json() for fact in await requests.facts())


async def test_matches_are_events_and_practices_on_the_topic_of_others_page_by_page(
    requests, foreign, post, publish, make_event
):
    need = await post()
    announced, other = make_event(topics=("mesh", "talents")), make_event(topics=("talent",))
    await foreign.tell(EventAnnounced(aggregate_version=1, event=announced))
    await foreign.tell(EventAnnounced(aggregate_version=1, event=other))
    await publish("izhevsk", "talents")  # its own: not shown
    await publish("tver", "talents", seen_by=need)
    await eventually(lambda: _shown(requests, need, "moskva"), "the event")
    first = (await requests.call("GET", f"/needs/{need}/matches?limit=1")).json()
    assert [(one["kind"], one["id"], one["title"]) for one in first["items"]] == [("event", str(announced.id), "Визит")]
    second = (await requests.call("GET", f"/needs/{need}/matches?limit=1&cursor={first['next']}")).json()
    assert [(one["kind"], one["city"], one["title"]) for one in second["items"]] == [
        ("practice", "tver", "Практика: tver")
    ]
    assert second["next"] is None


async def test_a_need_is_about_a_topic_of_the_programme(requests, foreign, post):
    async def refused(topic):
        answer = await requests.call("POST", "/needs", "anna", NEED | {"topic": topic})
        return not answer.is_success and kind(answer) == (422, "unknown-topic")

    assert await refused("astrology")
    await post(topic="mesh")
    await foreign.topic("mesh", retired=True, version=2)
    await eventually(lambda: refused("mesh"), "the topic's end")


async def test_an_open_need_closes_when_its_period_is_over(requests, foreign, clock, post, until, see, make_event):
    missed, answered = await post(not_after="2026-11-30"), await post(not_after="2026-11-30")
    later = await post()
    event = make_event(need=UUID(answered))
    await foreign.tell(EventAnnounced(aggregate_version=1, event=event))
    await until(answered, status="answered")
    clock.advance(datetime(2026, 12, 1, tzinfo=UTC) - clock.now())
    await until(missed, status="closed", closed_for="period-over")
    assert (await see(answered))["status"] == "answered"
    assert (await see(later))["status"] == "open"
    # Its event does not take place, and its time is past: it does not stay open.
    gone = event.model_copy(update={"status": EventStatus.CANCELLED, "cancelled_for": "force-majeure"})
    await foreign.tell(EventCancelled(aggregate_version=2, event=gone))
    await until(answered, status="closed", closed_for="period-over")


async def test_bad_needs_are_refused(requests, post):
    async def refused(**changes):
        return kind(await requests.call("POST", "/needs", "anna", NEED | changes))

    assert await refused(not_after="2026-10-01") == (422, "period-backwards")
    assert await refused(not_before="2026-01-01", not_after="2026-02-01") == (422, "period-over")
    assert await refused(roles=[]) == (422, "invalid-request")
    assert await refused(heads=0) == (422, "invalid-request")
    assert await refused(surname="Х") == (422, "invalid-request")
    need = await post()
    unknown = f"/needs/{new_id()}"
    assert kind(await requests.call("GET", unknown)) == (404, "unknown-need")
    assert kind(await requests.call("GET", f"{unknown}/matches")) == (404, "unknown-need")
    assert kind(await requests.call("POST", f"{unknown}/backers", "boris", {"city": "tver", "heads": 1})) == (
        404,
        "unknown-need",
    )
    stale = await requests.call("POST", f"/needs/{need}/close", "anna", {"reason": "duplicate"}, if_match='"7"')
    assert kind(stale) == (412, "stale")
    missing = await requests.call("DELETE", f"/needs/{need}/backers/tver", "boris")
    assert kind(missing) == (409, "not-backing")
    own = await requests.call("POST", f"/needs/{need}/backers", "anna", {"city": "izhevsk", "heads": 1})
    assert kind(own) == (409, "own-need")


WHO = {
    "public": None,
    "stranger": "stranger",
    "viewer": "vera",
    "coordinator": "anna",
    "another city": "boris",
    "moderator": "mod",
    "service": "robot",
}
READ = {"read": {}, "list": {}, "frequent": {}, "matches": {}}
CELLS = READ | {
    "post": {"public": 401, "stranger": 403, "viewer": 403, "another city": 403, "moderator": 403},
    "back": {"public": 401, "stranger": 403, "viewer": 403, "another city": 403, "moderator": 403},
    "take back": {"public": 401, "stranger": 403, "viewer": 403, "another city": 403, "moderator": 403},
    "close": {"public": 401, "stranger": 403, "viewer": 403, "another city": 403},
}


async def test_who_may_do_what_with_needs(requests, post):
    found = {action: {} for action in CELLS}
    for who, subject in WHO.items():
        own, other = await post(), await post("galina", city="perm")
        backed = await post("galina", city="perm")
        await requests.done("POST", f"/needs/{backed}/backers", "anna", {"city": "izhevsk", "heads": 1})
        calls = {
            "read": ("GET", f"/needs/{own}", None),
            "list": ("GET", "/needs", None),
            "frequent": ("GET", "/needs/frequent", None),
            "matches": ("GET", f"/needs/{own}/matches", None),
            "post": ("POST", "/needs", NEED),
            "back": ("POST", f"/needs/{other}/backers", {"city": "izhevsk", "heads": 1}),
            "take back": ("DELETE", f"/needs/{backed}/backers/izhevsk", None),
            "close": ("POST", f"/needs/{own}/close", {"reason": "no-longer-needed"}),
        }
        for action, (method, path, body) in calls.items():
            answer = await requests.call(method, path, subject, body)
            if not answer.is_success:
                found[action][who] = answer.status_code
    assert found == CELLS
