"""What follows the visit: a need that becomes an event, a waiting list, another day, an event called off."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from vzaimo.local.client import Client
from vzaimo.local.seed import HOST, data, deadlines, next_october
from vzaimo.local.story import PATIENCE, announce, ask, inbox

VYBORG = "vyborg"
ASKS, BACK = "novokuznetsk", ("izhevsk", "tver", HOST)
TOPIC = "rural-school"
SEATS = 10
Say = Callable[[str], None]
Seen = dict[str, Any]


async def play(client: Client, say: Say) -> None:
    """Four scenes; each goes on where the last one ended."""
    names = {city["slug"]: city["name"] for city in data()["cities"]}
    event = await _demand(client, say, names)
    requests = await _waiting_list(client, event, say, names)
    await _another_day(client, event, requests, say, names)
    await _called_off(client, say, names)


async def _demand(client: Client, say: Say, names: dict[str, str]) -> str:
    """A need, enough backers, an invitation, an event that answers."""
    say(f"\n— {names[ASKS]} хочет учиться: сельские школы (демо)")
    body = {
        "city": ASKS,
        "topic": TOPIC,
        "roles": ["director", "teacher"],
        "heads": 8,
        "mode": "in_person",
        "not_before": next_october().isoformat(),
        "not_after": (next_october() + timedelta(days=200)).isoformat(),
        "words": "Как объединить сельские школы и ничего не потерять? (демо)",
    }
    need = (await client.send("POST", "requests", "/needs", ASKS, body))["id"]
    for city in BACK:
        await client.send("POST", "requests", f"/needs/{need}/backers", city, {"city": city, "heads": 4})
        say(f"  {names[city]} присоединяется")
    shown = await _until(lambda: _need(client, need), lambda one: bool(one["invited"]))
    say(f"  приглашены провести: {', '.join(names[city] for city in shown['invited'])}")
    visit = next(one for one in data()["events"] if one["code"] == "vyborg-visit")
    first = next_october() + timedelta(days=14)
    body = {
        "title": visit["title"],
        "summary": "День в Первомайском центре. Дата, часы и места — демо.",
        "mode": "in_person",
        "audience": ["authority", "director", "teacher"],
        "topics": visit["topics"],
        "need": need,
        "timezone": "Europe/Moscow",
        "sessions": _sessions(first),
        "deadlines": deadlines(first, "10:00"),
        "seats": [{"mode": "in_person", "capacity": SEATS}],
        "queue_policy": "fill",
    }
    event = await announce(client, VYBORG, body)
    await _until(lambda: _need(client, need), lambda one: bool(one["status"] == "answered"))
    say(f"  {names[VYBORG]} объявляет: «{visit['title']}», {first:%d.%m.%Y}, мест {SEATS}; запрос на обучение отвечен")
    return event


async def _waiting_list(client: Client, event: str, say: Say, names: dict[str, str]) -> dict[str, str]:
    """Whoever would not come with fewer waits, the next is served; seats that come free go to the first."""
    say("\n— Очередь, которая понимает делегации")
    requests = {}
    for city, count, least in ((ASKS, 8, 1), ("izhevsk", 5, 4), ("tver", 3, 1)):
        requests[city] = await ask(client, event, city, count, least=least)
        verdict = {"verdict": "approve"}
        await client.send("POST", "requests", f"/requests/{requests[city]}/decision", VYBORG, verdict)
        say(f"  {names[city]}: просит {count}, не меньше {least} — {await _standing(client, requests[city], city)}")
    await client.send("POST", "requests", f"/requests/{requests[ASKS]}/withdraw", ASKS)
    say(f"  {names[ASKS]} отзывает запрос, места идут дальше:")
    for city in ("izhevsk", "tver"):
        say(f"  {names[city]}: {await _standing(client, requests[city], city)}")
        confirm = f"/requests/{requests[city]}/confirm"
        await client.send("POST", "requests", confirm, city, {"schedule_revision": 1})
    return requests


async def _another_day(client: Client, event: str, requests: dict[str, str], say: Say, names: dict[str, str]) -> None:
    """The visit moves by a week: whoever had seats decides again."""
    say("\n— Перенос на неделю")
    day = next_october() + timedelta(days=21)
    body = {
        "mode": "in_person",
        "timezone": "Europe/Moscow",
        "sessions": _sessions(day),
        "deadlines": deadlines(day, "10:00"),
    }
    await client.send("POST", "calendar", f"/events/{event}/reschedule", VYBORG, body)
    for city, step in (("izhevsk", "reconfirm"), ("tver", "withdraw")):
        view = await _until(
            lambda who=city: _request(client, requests[who], who),  # type: ignore[misc]
            lambda one: bool(one["status"] == "reconfirm_pending"),
        )
        say(f"  {names[city]}: подтвердить до {view['reconfirm_by'][:16]}")
        seen = {"schedule_revision": 2} if step == "reconfirm" else None
        await client.send("POST", "requests", f"/requests/{requests[city]}/{step}", city, seen)
        say(f"  {names[city]}: {await _standing(client, requests[city], city)}")
    for city, expected in ((VYBORG, 9), ("izhevsk", 6), ("tver", 6)):
        say(f"\n{names[city]}, входящие:")
        for item in await inbox(client, event, city, expected):
            say(f"  • {item['title']}")


async def _called_off(client: Client, say: Say, names: dict[str, str]) -> None:
    """An event that will not take place: its requests are closed, its guests are told."""
    say("\n— Отмена")
    day = next_october() + timedelta(days=28)
    body = {
        "title": "Семинар для директоров (демо)",
        "mode": "in_person",
        "audience": ["director", "teacher"],
        "timezone": "Europe/Moscow",
        "sessions": _sessions(day),
        "deadlines": deadlines(day, "10:00"),
        "seats": [{"mode": "in_person", "capacity": SEATS}],
    }
    event = await announce(client, "tver", body)
    request = await ask(client, event, "izhevsk", 2)
    await client.send("POST", "requests", f"/requests/{request}/decision", "tver", {"verdict": "approve"})
    await client.send("POST", "calendar", f"/events/{event}/cancel", "tver", {"reason": "host-unavailable"})
    await _until(lambda: _request(client, request, "izhevsk"), lambda one: bool(one["status"] == "closed"))
    say(f"  {names['tver']} отменяет семинар; запрос города {names['izhevsk']} закрыт, мест больше никто не держит")
    for item in await inbox(client, event, "izhevsk", 3):
        say(f"  • {item['title']}")


def _sessions(day: date) -> list[dict[str, Any]]:
    return [
        {
            "title": "Первомайский центр",
            "starts": f"{day}T10:00",
            "ends": f"{day}T17:00",
            "site": {"name": "Первомайский центр образования"},
        }
    ]


async def _need(client: Client, need: str) -> dict[str, Any]:
    return dict(await client.get("requests", f"/needs/{need}"))


async def _request(client: Client, request: str, city: str) -> dict[str, Any]:
    return dict(await client.get("requests", f"/requests/{request}", city))


_WORDS = {
    "approved": "есть места",
    "confirmed": "подтверждено",
    "waitlisted": "в очереди",
    "withdrawn": "отозвано",
    "reconfirm_pending": "решает заново",
}


async def _standing(client: Client, request: str, city: str) -> str:
    view = await _request(client, request, city)
    return f"{_WORDS.get(view['status'], view['status'])}, мест {view['granted']}, ждут {view['waiting']}"


async def _until(
    look: Callable[[], Awaitable[dict[str, Any]]], good: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Look until it is so: services hear of one another soon, not at once."""
    async with asyncio.timeout(PATIENCE):
        while not good(seen := await look()):
            await asyncio.sleep(0.1)
        return seen
