"""The demo: cities, topics, practices and places of the real programme, filled in through the gateways alone.

Facts come from ``data/cities.json`` (each with its source there); what they lack comes from the overlay below and is
marked «демо». Every step first looks what is there, so that a run that was cut short is simply run again.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from vzaimo.local.client import Client, Refused
from vzaimo.local.ground import MAIL_DOMAIN

MODERATOR = "moderator"
HOST = "moskva"
MEMBERS = ("moskva", "tver", "izhevsk", "vyborg", "novokuznetsk")
"""Cities whose participation the sources claim; the others stay applicants."""
AT_ONCE = 4
_EVIDENCE = "https://demo.example/evidence"


@dataclass(frozen=True, slots=True)
class Person:
    """A demo person: the name to sign in with is the city's."""

    subject: str
    what: str

    @property
    def email(self) -> str:
        """The mailbox at the desk."""
        return f"{self.subject}@{MAIL_DOMAIN}"


@cache
def data() -> Any:
    """The facts."""
    return json.loads((files("vzaimo.local") / "data" / "cities.json").read_text(encoding="utf-8"))


def people() -> list[Person]:
    """The moderator and the coordinators of the cities that take part."""
    names = {city["slug"]: city["name"] for city in data()["cities"]}
    return [Person(MODERATOR, "модератор"), *(Person(city, f"координатор: {names[city]}") for city in MEMBERS)]


async def seed(client: Client, say: Callable[[str], None]) -> None:
    """Fill the demo in."""
    await _moderator(client)
    say("модератор принял приглашение")
    cities = data()["cities"]
    known = {city["id"]: city for city in await client.pages("registry", "/cities", limit="200")}
    await _all(_apply(client, city) for city in cities if city["slug"] not in known)
    say(f"городов подали заявки: {len(cities)}")
    await _all(_admit(client, slug) for slug in MEMBERS)
    say(f"городов участвуют: {len(MEMBERS)}")
    await _all(topic(client, one) for one in data()["topics"])
    await _all(place(client, site) for site in data()["sites"])
    await _all(practice(client, one) for one in data()["practices"] if one["city"] in MEMBERS)
    say(f"тем: {len(data()['topics'])}, практик: {len(data()['practices'])}")
    await webinar(client)
    say("вебинар объявлен")


async def _moderator(client: Client) -> None:
    try:
        me = await client.get("registry", "/me", MODERATOR)
        if any(role["role"] == "moderator" for role in me["roles"]):
            return
    except Refused as refused:
        if refused.kind != "actor-not-yet-known":
            raise
    secret = await _secret(client)
    body = {"secret": secret, "name": "Модератор (демо)", "locale": "ru"}
    await client.send("POST", "registry", "/invitations/accept", MODERATOR, body)


async def _secret(client: Client) -> str:
    for _ in range(300):
        for mail in await client.mail_to(MODERATOR):
            if found := re.search(r"secret=(\S+)", mail["text"]):
                return found[1]
        await asyncio.sleep(0.1)
    raise Refused(0, "no-mail", "the moderator's invitation did not come within 30 s: see var/log/registry.log")


async def _apply(client: Client, city: dict[str, Any]) -> None:
    body = {
        "id": city["slug"],
        "name": city["name"],
        "region": city["federal_subject"],
        "region_iso": city["subject_iso"],
        "timezone": city["timezone"],
        "latitude": city["lat"],
        "longitude": city["lon"],
        "authority": city.get("authority"),
        "contact": {"name": f"Координатор города {city['name']} (демо)", "locale": "ru"},
    }
    await client.send("POST", "registry", "/cities", city["slug"], body)


async def _admit(client: Client, slug: str) -> None:
    status = (await client.get("registry", f"/cities/{slug}"))["status"]
    signed = {one["city"]: one["signed_on"] for one in data()["agreements"]}
    agreement = {"number": f"демо-{slug}", "signed_on": signed.get(slug, date(2018, 9, 27).isoformat())}
    if status == "applied":
        await client.send("POST", "registry", f"/cities/{slug}/admit", MODERATOR)
    if status in {"applied", "agreement_pending"}:
        await client.send("PUT", "registry", f"/cities/{slug}/agreement", MODERATOR, agreement)
        await client.send("POST", "registry", f"/cities/{slug}/activate", MODERATOR)


async def topic(client: Client, told: dict[str, Any]) -> None:
    """A topic of the programme."""
    await client.send("PUT", "registry", f"/topics/{told['code']}", MODERATOR, {"name": told["name"]})


async def place(client: Client, site: dict[str, Any]) -> None:
    """An organisation that receives guests, once."""
    known = await client.pages("registry", "/organisations", city=site["city"])
    if site["name"] not in {one["name"] for one in known}:
        kind = "complex" if "центр" in site["name"].lower() else "school"
        body = {"city": site["city"], "name": site["name"], "kind": kind}
        await client.send("POST", "registry", "/organisations", site["city"], body)


async def practice(client: Client, told: dict[str, Any]) -> None:
    """A practice, published where it has the indicators for it."""
    city = told["city"]
    own = [
        one
        for status in ("draft", "in_review", "published")
        for one in await client.pages("registry", "/practices", city, city=city, status=status)
    ]
    found = next((one for one in own if one["title"] == told["title"]), None)
    if found is None:
        made = await client.send("POST", "registry", "/practices", city, _described(told))
        found = {"id": made["id"], "status": "draft"}
    if not told["indicators"]:
        return  # without indicators it stays a draft
    try:
        if found["status"] == "draft":
            await client.send("POST", "registry", f"/practices/{found['id']}/submit", city)
        if found["status"] in {"draft", "in_review"}:
            await client.send("POST", "registry", f"/practices/{found['id']}/publish", MODERATOR)
    except Refused as refused:
        if refused.kind != "practice-incomplete":
            raise


def _described(practice: dict[str, Any]) -> dict[str, Any]:
    indicators = [
        {
            "name": one["name"],
            "unit": one["unit"],
            "baseline": one["baseline"],
            "baseline_year": one["baseline_year"],
            "baseline_reason": None if one["baseline_year"] else "год в источнике не назван",
            "result": one["result"],
            "result_year": one["result_year"],
            "evidence": _EVIDENCE,
        }
        for one in practice["indicators"]
        if one["baseline"] is not None and one["result_year"] is not None
    ]
    what = ". ".join(practice[part] for part in ("what", "why", "effect") if part in practice)
    return {
        "city": practice["city"],
        "title": practice["title"],
        "topics": practice["topics"],
        "audience": ["authority", "director"],
        "indicators": indicators,
        "summary": what or "Описание уточняется (демо)",
        "does_not_apply": practice.get("applicability", ""),
    }


async def webinar(client: Client) -> None:
    """Moscow's webinar, once."""
    told = next(event for event in data()["events"] if event["code"] == "webinar-talents")
    known = await client.pages("calendar", "/events", host=HOST, mode="remote")
    if told["title"] in {one["title"] for one in known}:
        return
    day = next_october() - timedelta(days=7)
    body = {
        "host": HOST,
        "title": told["title"],
        "summary": "Вебинар. Дата и город-организатор — демо.",
        "mode": "remote",
        "audience": ["authority", "director", "deputy", "teacher", "methodologist"],
        "topics": told["topics"],
        "timezone": "Europe/Moscow",
        "sessions": [
            {
                "title": "Вебинар",
                "starts": f"{day}T11:00",
                "ends": f"{day}T12:30",
                "join_link": "https://demo.example/join",
            }
        ],
        "deadlines": deadlines(day, "11:00"),
    }
    made = await client.send("POST", "calendar", "/events", HOST, body)
    await client.send("POST", "calendar", f"/events/{made['id']}/announce", HOST)


def next_october() -> date:
    """The next 4 October that lies at least a month ahead."""
    today = datetime.now(UTC).date()
    day = date(today.year, 10, 4)
    return day if day > today + timedelta(days=31) else date(today.year + 1, 10, 4)


def deadlines(day: date, start: str) -> dict[str, str]:
    """Requests from now on until five days before, then a day each for decision, confirmation and roster."""

    def before(days: int) -> str:
        return f"{day - timedelta(days=days)}T{start}:00+03:00"

    opens = datetime.now(UTC) - timedelta(minutes=5)
    return {
        "apply_opens": opens.isoformat(),
        "apply_closes": before(5),
        "decide_by": before(4),
        "confirm_by": before(3),
        "roster_freeze": before(1),
    }


async def _all(steps: Iterable[Awaitable[None]]) -> None:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(step: Awaitable[None]) -> None:
        async with turn:
            await step

    async with asyncio.TaskGroup() as tasks:
        for step in steps:
            tasks.create_task(one(step))
