"""Flow E: a city is suspended in mid-season and comes back; a city withdraws."""

from vzaimo.kit.testing import eventually

APPROVE = {"verdict": "approve"}


async def test_flow_E_a_suspended_city_keeps_its_place_and_is_served_when_it_is_back(world):
    await world.settle_cities("moskva", "izhevsk", "tver", "perm")
    event = await world.announce()
    asked = {}
    for city, count in (("izhevsk", 60), ("tver", 10), ("perm", 10)):
        asked[city] = await world.ask(event, city, count)
        await world.done("requests", "POST", f"/requests/{asked[city]}/decision", "moskva", APPROVE)
    await world.done("registry", "POST", "/cities/tver/suspend", "moderator", {"reason": "rules-broken"})
    await world.quiet()
    refused = await world.call("calendar", "POST", "/events", "tver", _plan("tver"))
    draft = refused.json()["id"]
    answer = await world.call("calendar", "POST", f"/events/{draft}/announce", "tver")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "city-not-active")
    body = {"delegates": [str(one) for one in await _delegates(world, asked["izhevsk"], 10)]}
    await world.done("requests", "POST", f"/requests/{asked['izhevsk']}/release", "izhevsk", body)
    await eventually(lambda: _granted(world, asked["perm"], "perm", 10), "the next one is served")
    assert await _granted(world, asked["tver"], "tver", 0)
    await world.done("registry", "POST", "/cities/tver/reinstate", "moderator")
    await world.quiet()
    body = {"delegates": [str(one) for one in await _delegates(world, asked["izhevsk"], 10)]}
    await world.done("requests", "POST", f"/requests/{asked['izhevsk']}/release", "izhevsk", body)
    await eventually(lambda: _granted(world, asked["tver"], "tver", 10), "whoever is back is served")
    await world.agreed(event, (60, 0, 0))


async def test_flow_E_a_city_that_withdraws_leaves_its_seats_its_events_and_its_roles(world):
    await world.settle_cities("moskva", "izhevsk", "tver", "perm")
    event, own = await world.announce(), await world.announce(host="izhevsk", who="izhevsk")
    asked = {city: await world.ask(event, city, count) for city, count in (("izhevsk", 60), ("tver", 10))}
    guest = await world.ask(own, "perm", 5)
    for request in asked.values():
        await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", APPROVE)
    await world.done("registry", "POST", "/cities/izhevsk/withdraw", "moderator")
    await eventually(lambda: _granted(world, asked["tver"], "tver", 10), "its seats go on")
    await eventually(lambda: _status(world, guest, "perm", "closed"), "its guests' requests are closed")
    view = await world.see("calendar", f"/events/{own}")
    assert (view["status"], view["cancelled_for"]) == ("cancelled", "host-withdrawn")
    await world.agreed(event, (10, 0, 0))
    await world.quiet()
    for service, path in (("calendar", "/plans?host=izhevsk"), ("notify", "/inbox"), ("requests", "/requests")):
        answer = await world.call(service, "GET", path, "izhevsk")
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "actor-not-yet-known")
    impossible = [one.service.parts.sweeps for one in world.services.values()]
    assert sum(len(one) for one in impossible) > 0
    for service in world.services.values():
        async with service.service.works.database.read() as tx:
            assert [await sweep(tx) for sweep in service.service.parts.sweeps.values()] == [0] * len(
                service.service.parts.sweeps
            )


def _plan(host):
    return {"host": host, "title": "Семинар", "mode": "remote", "timezone": "Europe/Moscow"}


async def _delegates(world, request, count):
    view = await world.see("requests", f"/requests/{request}", "izhevsk")
    return [one["id"] for one in view["delegates"] if one["status"] == "granted"][-count:]


async def _granted(world, request, city, count):
    return (await world.see("requests", f"/requests/{request}", city))["granted"] == count


async def _status(world, request, city, status):
    return (await world.see("requests", f"/requests/{request}", city))["status"] == status
