"""Flow F: capacity cut below what is granted is refused; more capacity serves the queue."""

from vzaimo.kit.testing import eventually

APPROVE = {"verdict": "approve"}


async def ask_for(world, event, capacity):
    """The host asks the ledger; returns the event once it is answered."""
    body = {"seats": [{"mode": "in_person", "capacity": capacity}]}
    await world.done("calendar", "POST", f"/events/{event}/capacity", "moskva", body)

    async def answered():
        view = await world.see("calendar", f"/events/{event}")
        return view["capacity_requested"] is None and view

    return await eventually(answered, "the ledger's answer")


async def test_flow_F_fewer_seats_than_are_granted_are_refused_and_more_serve_the_queue(world):
    await world.settle_cities("moskva", "izhevsk", "tver")
    event = await world.announce()
    asked = {city: await world.ask(event, city, 40) for city in ("izhevsk", "tver")}
    for request in asked.values():
        await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", APPROVE)
    await world.agreed(event, (60, 0, 20))

    refused = await ask_for(world, event, 59)
    assert (refused["capacity_no"], refused["capacity_applied"]) == (2, False)
    assert [one["capacity"] for one in refused["seats"]] == [60]
    assert await world.seats(event) == (60, 0, 20)
    await eventually(lambda: _heard(world, event, "capacity-refused"), "the host is told")

    applied = await ask_for(world, event, 75)
    assert (applied["capacity_no"], applied["capacity_applied"]) == (3, True)
    await world.agreed(event, (75, 0, 5))
    await eventually(lambda: _told(world, "tver", event, "request-promoted"), "the queue is served")


async def _heard(world, event, kind):
    return await _told(world, "moskva", event, kind)


async def _told(world, who, event, kind):
    return (await world.told(who, event)).count(kind) == 1
