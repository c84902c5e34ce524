"""A visit over a bus that asks everybody who they are, and what the programs of docs/subscribing.md know of it."""

import pytest

from vzaimo.kit.bus import Access
from vzaimo.kit.testing import eventually
from vzaimo.local.bus import cities, files
from vzaimo.local.bus.permissions import durables


@pytest.fixture
async def nats_server(guarded_bus):
    return guarded_bus


@pytest.fixture
def passwords(guarded_bus):
    return guarded_bus.passwords


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_the_four_services_work_with_their_permissions_and_cities_read_what_concerns_them(
    world, subscriber, caplog
):
    await world.settle_cities("moskva", "izhevsk", "tver")
    event = await world.announce()
    for city, count in (("izhevsk", 5), ("tver", 3)):
        request = await world.ask(event, city, count)
        await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", {"verdict": "approve"})
    await world.agreed(event, (8, 0, 0))
    await world.hears("izhevsk", event, "event-announced", "request-approved")
    await world.quiet()
    for name in ("calendar", "requests", "notify"):
        headers = {"Authorization": f"Bearer {'o' * 40}"}
        compared = await world.services[name].client.post("/operator/rebuild", headers=headers)
        assert compared.is_success
        assert all(one["missing"] + one["older"] + one["different"] == 0 for one in compared.json())
        assert (await world.services[name].client.get("/operator/dead-letters", headers=headers)).json() == []
        await world.services[name].service.inbound.rewind()
    await world.quiet()
    assert "NATS forbids" not in caplog.text
    assert "NATS does not accept" not in caplog.text

    bus = world.nats
    published = [
        (one.data.subject, one.model_dump_json(exclude_none=True).encode())
        for service in world.services.values()
        for one in await service.facts()
    ]
    programs = {"izhevsk": "node", "tver": "python"}
    for city in programs:
        await cities.prepare(Access(bus.url, "operator", bus.passwords["operator"]), city)
        bus.passwords[city] = files.admit(bus.secrets, city)
    await bus.reload()
    for city, language in programs.items():
        places = [f"{one.stream}/{one.name}" for one in durables(city)]
        program = subscriber(language, city, places, bus)
        await program.start()
        await program.knows(published)
        assert {one["request"]["city"] for key, one in program.states().items() if "/request/" in key} == {city}
        assert program.aside() == set()


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_a_service_with_a_wrong_password_says_so_in_readyz(world):
    world.passwords["notify"] = "wrong"
    await world.stop("notify")
    await world.start("notify")

    async def said():
        checks = (await world.services["notify"].client.get("/readyz")).json()["checks"]
        return next((one for one in checks if "does not accept" in one["detail"]), None)

    bus = await eventually(said, "the reason")
    assert (bus["ok"], bus["degraded"]) == (True, True)
    assert "VZAIMO_NATS_PASSWORD is wrong" in bus["detail"]
