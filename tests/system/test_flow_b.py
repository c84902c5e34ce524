"""Flow B: an event moves; who answers keeps the seats, who is silent gives them to the queue."""

from datetime import timedelta

from icalendar import Calendar

from vzaimo.kit.testing import eventually

APPROVE = {"verdict": "approve"}
DAYS = {
    "mode": "in_person",
    "timezone": "Europe/Moscow",
    "deadlines": {
        "apply_opens": "2026-09-27T11:00:00+03:00",
        "apply_closes": "2026-09-30T18:00:00+03:00",
        "decide_by": "2026-10-01T18:00:00+03:00",
        "confirm_by": "2026-10-08T18:00:00+03:00",
        "roster_freeze": "2026-10-09T18:00:00+03:00",
    },
}


def sessions(day):
    return [
        {"title": "Школа № 1560", "starts": f"2026-10-{day}T10:00", "ends": f"2026-10-{day}T17:00", "site": site}
        for site in ({"name": "Школа № 1560"},)
    ]


async def move(world, event, day):
    """Moscow moves the visit to another day of October."""
    body = {**DAYS, "sessions": sessions(day)}
    return await world.done("calendar", "POST", f"/events/{event}/reschedule", "moskva", body)


async def status(world, request, city):
    view = await world.see("requests", f"/requests/{request}", city)
    return view["status"], view["granted"], view["waiting"]


async def test_flow_B_silence_after_a_reschedule_gives_the_seats_to_the_queue(world):
    await world.settle_cities("moskva", "izhevsk", "tver", "perm")
    event = await world.announce(sessions=sessions("04"))
    feed = (await world.call("calendar", "GET", f"/feeds/events/{event}.ics")).text
    asked = {}
    for city, count in (("izhevsk", 30), ("tver", 30), ("perm", 20)):
        asked[city] = await world.ask(event, city, count)
        await world.done("requests", "POST", f"/requests/{asked[city]}/decision", "moskva", APPROVE)
    for city in ("izhevsk", "tver"):
        await world.done("requests", "POST", f"/requests/{asked[city]}/confirm", city, {"schedule_revision": 1})
    await world.quiet()

    for day in ("10", "11"):  # twice within a quarter of an hour
        await move(world, event, day)
    await eventually(lambda: _is(world, asked["tver"], "tver", ("reconfirm_pending", 30, 0)), "the question")
    await world.quiet()  # the second move is known, too
    assert await status(world, asked["perm"], "perm") == ("waitlisted", 0, 20)
    stale = await world.call(
        "requests", "POST", f"/requests/{asked['izhevsk']}/reconfirm", "izhevsk", {"schedule_revision": 2}
    )
    assert (stale.status_code, stale.json()["type"].rpartition("/")[2]) == (409, "schedule-changed")
    await world.done("requests", "POST", f"/requests/{asked['izhevsk']}/reconfirm", "izhevsk", {"schedule_revision": 3})
    await world.quiet()
    world.clock.advance(timedelta(hours=72, minutes=1))
    await eventually(lambda: _is(world, asked["perm"], "perm", ("approved", 20, 0)), "the queue's turn")
    assert await status(world, asked["tver"], "tver") == ("released", 0, 0)
    assert await status(world, asked["izhevsk"], "izhevsk") == ("confirmed", 30, 0)
    await world.agreed(event, (50, 0, 0))

    was, now = (Calendar.from_ical(one).walk("VEVENT")[0] for one in (feed, await _feed(world, event)))
    assert (was["SEQUENCE"], now["SEQUENCE"], was["UID"]) == (0, 2, now["UID"])
    assert now["DTSTART"].dt.day == 11

    await world.quiet()  # tver has heard of its seats, too
    told = await world.told("tver", event)
    assert told.count("reconfirmation-asked") >= 1
    assert told[-1] == "seats-released"
    await world.mailed("perm", 1, "Места освободились")
    # Two moves within fifteen minutes: one mail each.
    for city in ("izhevsk", "tver"):
        subjects = [mail["Subject"] for mail in world.mails(city)]
        assert sum("новое время" in one or "перенесено" in one for one in subjects) == 1, subjects


async def _is(world, request, city, expected):
    return await status(world, request, city) == expected


async def _feed(world, event):
    return (await world.call("calendar", "GET", f"/feeds/events/{event}.ics")).text
