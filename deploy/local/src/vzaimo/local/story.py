"""The real visit, played through the gateways as a client would: 60 seats, more who want them."""

import asyncio
from collections.abc import Callable
from typing import Any

from vzaimo.local.client import Client
from vzaimo.local.seed import HOST, data, deadlines, next_october

SEATS = 60
GUESTS = {"izhevsk": 30, "tver": 25, "vyborg": 6, "novokuznetsk": 4}
"""Izhevsk and Tver came with most; how many of each is not in the sources (демо)."""
PATIENCE = 30.0


async def play(client: Client, say: Callable[[str], None]) -> int:
    """Announce, ask, decide, confirm; say what each inbox got. Returns the seats granted."""
    visit = next(event for event in data()["events"] if event["code"] == "msk-visit-2018-10")
    names = {city["slug"]: city["name"] for city in data()["cities"]}
    event = await announce(client, HOST, _body(visit))
    say(f"Москва объявляет: «{visit['title']}», {next_october():%d.%m.%Y}, мест {SEATS}")
    asked = {}
    for city, count in GUESTS.items():
        asked[city] = await ask(client, event, city, count)
        say(f"  {names[city]} просит мест: {count}")
    for city, request in asked.items():
        await client.send("POST", "requests", f"/requests/{request}/decision", HOST, {"verdict": "approve"})
        view = await client.get("requests", f"/requests/{request}", city)
        say(f"  Москва одобряет: {names[city]} — мест {view['granted']}, в очереди {view['waiting']}")
    await client.send("POST", "requests", f"/requests/{asked['izhevsk']}/confirm", "izhevsk", {"schedule_revision": 1})
    seats = await _agreed(client, event)
    say(f"Итог: выдано {seats['granted']} из {seats['capacity']}, в очереди {seats['waiting']}; календарь согласен")
    for city in (HOST, *GUESTS):
        say(f"\n{names[city]}, входящие:")
        for item in await inbox(client, event, city, len(GUESTS) + 1 if city == HOST else 2):
            say(f"  • {item['title']}")
    return int(seats["granted"])


def _body(visit: dict[str, Any]) -> dict[str, Any]:
    sites = {site["code"]: site["name"] for site in data()["sites"]}
    first = next_october()
    return {
        "title": visit["title"],
        "summary": "Двухдневное обучение в двух школах. Год и часы — демо.",
        "mode": "in_person",
        "audience": ["authority", "director", "teacher"],
        "topics": visit["topics"],
        "timezone": "Europe/Moscow",
        "academic_hours": 16,
        "sessions": [
            {
                "title": f"День {day + 1}: {sites[code]}",
                "starts": f"{first.replace(day=first.day + day)}T10:00",
                "ends": f"{first.replace(day=first.day + day)}T17:00",
                "site": {"name": sites[code]},
            }
            for day, code in enumerate(visit["sites"])
        ],
        "deadlines": deadlines(first, "10:00"),
        "seats": [{"mode": "in_person", "capacity": SEATS}],
    }


async def announce(client: Client, host: str, body: dict[str, Any]) -> str:
    """Plan an event and make it public; returns its id."""
    event = (await client.send("POST", "calendar", "/events", host, {"host": host, **body}))["id"]
    await client.send("POST", "calendar", f"/events/{event}/announce", host)
    return str(event)


async def ask(client: Client, event: str, city: str, count: int, *, least: int = 1) -> str:
    """Submit a request for so many people; with fewer than ``least`` the city would rather wait. Returns its id."""
    roles = ("director", "teacher")
    delegates = [
        {"rank": rank, "name": f"Участник {rank} (демо)", "role": roles[rank % 2]} for rank in range(1, count + 1)
    ]
    body = {"event": event, "city": city, "mode": "in_person", "delegates": delegates, "min_viable": least}
    request = (await client.send("POST", "requests", "/requests", city, body))["id"]
    await client.send("POST", "requests", f"/requests/{request}/submit", city, {"schedule_revision": 1})
    return str(request)


async def _agreed(client: Client, event: str) -> dict[str, Any]:
    """The ledger's seats, once calendar's copy says the same."""
    async with asyncio.timeout(PATIENCE):
        while True:
            (seats,) = (await client.get("requests", f"/events/{event}/seats"))["seats"]
            shown = (await client.get("calendar", f"/events/{event}"))["seats_now"]
            if [(one["granted"], one["waiting"]) for one in shown] == [(seats["granted"], seats["waiting"])]:
                return dict(seats)
            await asyncio.sleep(0.1)


async def inbox(client: Client, event: str, city: str, expected: int) -> list[dict[str, Any]]:
    """What the city's coordinator was told about the event, the oldest first, once so much is there."""
    async with asyncio.timeout(PATIENCE):
        while True:
            items = [one for one in (await client.get("notify", "/inbox", city))["items"] if one["event"] == event]
            if len(items) >= expected and all(item["title"] for item in items):
                return items[::-1]
            await asyncio.sleep(0.1)
