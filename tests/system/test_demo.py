"""The demo's running season: what took place is counted, and what waits for somebody is there."""

from datetime import UTC, datetime

import pytest

from vzaimo.kit.testing import eventually
from vzaimo.local import season, seed


class Calls:
    """The demo's client, to services in this process."""

    def __init__(self, world):
        self._world = world

    async def get(self, service, path, who=None, **query):
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return await self._world.see(service, f"{path}?{asked}" if asked else path, who)

    async def pages(self, service, path, who=None, **query):
        return (await self.get(service, path, who, **query))["items"]

    async def send(self, method, service, path, who, body=None):
        return {"id": await self._world.done(service, method, path, who, body)}


@pytest.fixture
async def calls(world):
    """The programme as the demo finds it, now."""
    await world.settle_cities("moskva", "tver", "izhevsk", "vyborg", "novokuznetsk")
    world.clock.advance(datetime.now(UTC) - world.clock.now())
    made = Calls(world)
    for topic in seed.data()["topics"]:
        await seed.topic(made, topic)
    (rural,) = [one for one in seed.data()["practices"] if "rural-school" in one["topics"]]
    await seed.practice(made, rural)
    await seed.webinar(made)
    return made


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_the_running_season_has_numbers_and_somebody_has_something_to_do(world, calls):
    told = []
    today = await season.begin(calls, world.clock.now())
    await season.prepare(calls, world.clock.now())
    assert today.left(world.clock.now()) > 0
    world.clock.advance(season.LEAD)
    assert today.left(world.clock.now()) == 0
    await season.end(calls, today, told.append)
    assert told == ["день в Ижевске прошёл: приехали 5, отзывов 2"]

    running = world.clock.now().year - (world.clock.now().month < 9)

    async def counted():
        world.clock.advance(season.LEAD * 5)  # numbers are kept for a minute
        found = await calls.get("requests", f"/statistics/{running}")
        return found if found["by_topic"] and found["people"] == 5 else None

    found = await eventually(counted, "the season's numbers")
    assert (found["feedback"], found["feedback_mean"]) == (2, 4.5)
    assert {one["city"]: one["people"] for one in found["by_city"]} == {"izhevsk": 0, "moskva": 3, "tver": 2}
    (act,) = await calls.pages("requests", "/erasure-acts", "moskva")
    assert act["people"] == 1
    waiting = await calls.pages("requests", "/requests", "izhevsk", status="submitted")
    assert [one["city"] for one in waiting] == ["vyborg"]
    (review,) = await calls.pages("registry", "/practices", "moderator", status="in_review")
    assert review["city"] == "izhevsk"
    assert [one["city"] for one in await calls.pages("registry", "/adoptions")] == ["izhevsk"]
