"""Flow C: an event is called off: requests closed, offers void, reminders dead, CANCEL mailed, feeds say so."""

from datetime import timedelta

from icalendar import Calendar

from vzaimo.kit.testing import eventually


def events_of(mail, method):
    """The sessions that a mail tells calendars of: an iTIP object each, all by one method."""
    parts = [one for one in mail.walk() if one.get_content_type() == "text/calendar"]
    assert {one.get_param("method") for one in parts} == {method}
    read = [Calendar.from_ical(one.get_content()) for one in parts if one.get_filename()]
    assert {str(one["METHOD"]) for one in read} == {method}
    return [event for one in read for event in one.walk("VEVENT")]


async def test_flow_C_a_cancellation_ends_everything_and_everyone_is_told(world):
    await world.settle_cities("moskva", "izhevsk", "tver", "perm")
    event = await world.announce()
    seated = await world.ask(event, "izhevsk", 40)
    offered = await world.ask(event, "tver", 10, min_viable=5)
    waiting = await world.ask(event, "perm", 30)
    decisions = ((seated, {}), (offered, {"count": 2}), (waiting, {}))
    for request, more in decisions:
        verdict = {"verdict": "approve", **more}
        await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", verdict)
    assert await world.seats(event) == (58, 2, 14)
    await world.mailed("izhevsk", 1, "одобрен")
    before = events_of(world.mails("izhevsk", "одобрен")[0], "REQUEST")
    await world.quiet()

    await world.done("calendar", "POST", f"/events/{event}/cancel", "moskva", {"reason": "force-majeure"})
    for request, city in ((seated, "izhevsk"), (offered, "tver"), (waiting, "perm")):
        await eventually(lambda one=request, who=city: _closed(world, one, who), f"{city}'s request is closed")
    await world.agreed(event, (0, 0, 0))
    for city in ("izhevsk", "tver", "perm"):
        await world.mailed(city, 1, "отменен")
    after = events_of(world.mails("izhevsk", "отменен")[0], "CANCEL")
    assert {one["UID"] for one in before} == {one["UID"] for one in after}
    assert {str(one["STATUS"]) for one in after} == {"CANCELLED"}
    assert min(one["SEQUENCE"] for one in after) > max(one["SEQUENCE"] for one in before)
    feed = Calendar.from_ical((await world.call("calendar", "GET", "/feeds/events.ics")).text)
    assert {(str(one["STATUS"]), one["UID"]) for one in feed.walk("VEVENT")} == {
        ("CANCELLED", one["UID"]) for one in before
    }

    sent = {city: len(world.mails(city)) for city in ("izhevsk", "tver", "perm")}
    world.clock.advance(timedelta(days=8))  # past every reminder, every deadline and the event itself
    await world.quiet()
    assert {city: len(world.mails(city)) for city in sent} == sent
    for request, city in ((seated, "izhevsk"), (offered, "tver")):
        assert await _closed(world, request, city)


async def _closed(world, request, city):
    view = await world.see("requests", f"/requests/{request}", city)
    return (view["status"], view["granted"], view["offer"]) == ("closed", 0, None)
