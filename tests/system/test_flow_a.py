"""Flow A: 60 seats, 75 people; and one decision that is sent twelve times."""

import asyncio


async def test_flow_A_sixty_seats_are_never_oversold_and_everybody_is_told_the_same(world):
    await world.settle_cities("moskva", "izhevsk", "tver", "perm")
    event = await world.announce()
    wishes = {"izhevsk": 30, "tver": 25, "perm": 20}
    asked = dict(zip(wishes, await asyncio.gather(*[world.ask(event, *one) for one in wishes.items()]), strict=True))
    verdict = {"verdict": "approve"}
    await asyncio.gather(
        *[world.done("requests", "POST", f"/requests/{one}/decision", "moskva", verdict) for one in asked.values()]
    )
    assert await world.seats(event) == (60, 0, 15)
    said = [fact.data.ledger for fact in await world.services["requests"].facts("SeatsChanged")]
    assert max(one.granted + one.held for one in said) == 60
    queue = (await world.see("requests", f"/events/{event}/queue?mode=in_person", "moskva"))["entries"]
    assert [one["place"] for one in queue] == list(range(1, len(queue) + 1))
    assert [one["submitted_at"] for one in queue] == sorted(one["submitted_at"] for one in queue)
    await world.agreed(event, (60, 0, 15))
    for city, request in asked.items():
        view = await world.see("requests", f"/requests/{request}", city)
        decided = "request-approved" if view["granted"] else "request-waitlisted"
        await world.hears(city, event, "event-announced", decided)
    await world.hears("moskva", event, *["request-submitted"] * 3)


async def test_flow_A_one_decision_sent_twelve_times_at_once_is_one_fact_and_one_mail(world):
    await world.settle_cities("moskva", "izhevsk")
    event = await world.announce()
    request = await world.ask(event, "izhevsk", 5)
    path, body = f"/requests/{request}/decision", {"verdict": "approve"}
    answers = await asyncio.gather(*[world.call("requests", "POST", path, "moskva", body) for _ in range(12)])
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
    assert len(await world.services["requests"].facts("RequestApproved")) == 1
    await world.hears("izhevsk", event, "event-announced", "request-approved")
    await world.mailed("izhevsk", 1, "одобрен")
