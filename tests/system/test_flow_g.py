"""Flow G: a need that five cities back invites hosts; an event that answers it tells the backers."""

from vzaimo.kit.testing import eventually

BACKERS = ("tver", "perm", "omsk", "kazan", "vyborg")


async def test_flow_G_demand_calls_forth_supply(world):
    await world.settle_cities("moskva", "izhevsk", *BACKERS)
    await world.done("registry", "PUT", "/topics/talents", "moderator", {"name": "Развитие талантов"})
    await publish(world, "moskva")
    body = {
        "city": "izhevsk",
        "topic": "talents",
        "roles": ["teacher"],
        "heads": 12,
        "mode": "remote",
        "not_before": "2026-10-01",
        "not_after": "2027-05-31",
        "words": "Как замечают и развивают способности в обычной школе?",
    }
    need = await world.done("requests", "POST", "/needs", "izhevsk", body)
    for city in BACKERS:
        await world.done("requests", "POST", f"/needs/{need}/backers", city, {"city": city, "heads": 5})
    await eventually(lambda: _heard(world, "moskva", need, "host-invited"), "Moscow is invited")
    shown = await world.see("requests", f"/needs/{need}")
    assert (shown["status"], shown["invited"], len(shown["backers"])) == ("open", ["moskva"], 5)

    event = await world.announce(
        mode="remote",
        seats=[],
        need=need,
        topics=["talents"],
        sessions=[
            {
                "title": "Вебинар",
                "starts": "2026-10-04T11:00",
                "ends": "2026-10-04T12:30",
                "join_link": "https://join.example/secret",
            }
        ],
    )
    for city in ("izhevsk", *BACKERS):
        await eventually(lambda who=city: _heard(world, who, need, "need-answered"), f"{city} is told")
    shown = await world.see("requests", f"/needs/{need}")
    assert (shown["status"], shown["answered_by"]) == ("answered", event)
    await world.quiet()
    assert await count(world, "moskva", need, "host-invited") == 1
    for fact in ("NeedPosted", "NeedAnswered", "HostInvited"):
        assert len(await world.services["requests"].facts(fact)) == 1
    bodies = [one.model_dump_json() for one in await world.services["requests"].facts()]
    assert not [one for one in bodies if "обычной школе" in one]


async def publish(world, city):
    """The city has a published practice on the topic."""
    practice = {
        "city": city,
        "title": "Системная работа с талантами",
        "topics": ["talents"],
        "audience": ["teacher"],
        "summary": "Кружки, олимпиады, наставники.",
        "does_not_apply": "Где нет наставников.",
        "indicators": [
            {
                "name": "Доля призёров",
                "unit": "%",
                "baseline": 8,
                "baseline_year": 2015,
                "result": 40,
                "result_year": 2018,
                "evidence": "https://evidence.example/1",
            }
        ],
    }
    made = await world.done("registry", "POST", "/practices", city, practice)
    await world.done("registry", "POST", f"/practices/{made}/submit", city)
    await world.done("registry", "POST", f"/practices/{made}/publish", "moderator")
    await world.quiet()


async def count(world, who, need, kind):
    answer = await world.call("notify", "GET", "/inbox?limit=200", who)
    items = answer.json()["items"] if answer.is_success else []
    return sum(one["kind"] == kind and one["subject"].startswith(need) for one in items)


async def _heard(world, who, need, kind):
    return await count(world, who, need, kind) > 0
