"""What the running season has to show already: a day that takes place while the demo plays, and what came of it.

Nothing takes place in the past: an event is announced before it starts. So the day starts some seconds ahead, and the
rest of the story fills them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from vzaimo.local.client import Client
from vzaimo.local.seed import HOST as MOSCOW
from vzaimo.local.seed import deadlines, place
from vzaimo.local.story import announce, ask

HOST, ZONE = "izhevsk", "Europe/Samara"
GUESTS = {"moskva": 3, "tver": 2}
VIEWERS = {"novokuznetsk": 25, "tver": 40}
"""Of Moscow's webinar (демо)."""
PLACE = "Центр развития учителя (демо)"
TOPICS = ["school-environment", "upbringing"]
LEAD = timedelta(seconds=15)
"""For cities to ask, be admitted and confirm in."""
LASTS = timedelta(hours=3)
AHEAD = timedelta(days=45)
_SAID = {"moskva": (5, "Возьмём расписание кружков (демо)"), "tver": (4, "Жаль, что один день (демо)")}
_PRACTICE = {
    "city": HOST,
    "title": "Школа открыта после уроков (демо)",
    "topics": TOPICS,
    "audience": ["director", "deputy"],
    "indicators": [
        {
            "name": "Доля школ с кружками до 19 часов",
            "unit": "%",
            "baseline": 20,
            "baseline_year": 2024,
            "result": 45,
            "result_year": 2026,
            "evidence": "https://demo.example/evidence",
        }
    ],
    "summary": "Кабинеты и зал открыты детям до вечера, кружки ведут учителя и вузы (демо)",
    "does_not_apply": "Где школьный автобус уходит сразу после уроков (демо)",
}


@dataclass(frozen=True, slots=True)
class Today:
    """The day that is about to begin, and each guest's request."""

    event: str
    starts_at: datetime
    requests: dict[str, str]

    def left(self, now: datetime) -> float:
        """Seconds until it begins."""
        return max(0.0, (self.starts_at - now).total_seconds())


async def begin(client: Client, now: datetime) -> Today:
    """A city invites for a day that starts at once; its guests are admitted and confirm."""
    starts_at = (now + LEAD).replace(microsecond=0)
    await place(client, {"city": HOST, "name": PLACE})
    event = await announce(client, HOST, _day(starts_at))
    requests = {city: await _seated(client, event, city, count) for city, count in GUESTS.items()}
    for city, request in requests.items():
        await client.send("POST", "requests", f"/requests/{request}/confirm", city, {"schedule_revision": 1})
    return Today(event, starts_at, requests)


async def prepare(client: Client, now: datetime) -> None:
    """What waits for somebody: a practice for the moderator, a request for a host, seats to be confirmed."""
    practice = await client.send("POST", "registry", "/practices", HOST, _PRACTICE)
    await client.send("POST", "registry", f"/practices/{practice['id']}/submit", HOST)
    (other,) = await client.pages("registry", "/practices", city="vyborg", topic="rural-school")
    indicator = other["indicators"][0]["name"]
    body = {"city": HOST, "practice": other["id"], "indicator": indicator, "baseline": 12, "baseline_year": 2025}
    await client.send("POST", "registry", "/adoptions", HOST, body)
    day = (now + AHEAD).date()
    session = {"title": "Семинар", "starts": f"{day}T10:00", "ends": f"{day}T15:00", "site": {"name": PLACE}}
    body = _event("Школа после уроков: семинар (демо)", [session], deadlines(day, "10:00"))
    event = await announce(client, HOST, body)
    await _seated(client, event, "moskva", 2)
    await ask(client, event, "vyborg", 3)
    (webinar,) = await client.pages("calendar", "/events", host=MOSCOW, mode="remote")
    for city, teachers in VIEWERS.items():
        body = {"event": webinar["id"], "city": city, "mode": "remote", "heads": {"teacher": teachers}, "min_viable": 1}
        request = (await client.send("POST", "requests", "/requests", city, body))["id"]
        await client.send("POST", "requests", f"/requests/{request}/submit", city, {"schedule_revision": 1})


async def end(client: Client, today: Today, say: Callable[[str], None]) -> None:
    """The day has begun: who came, what it gave them, and whose data a city has destroyed."""
    (session,) = (await client.get("calendar", f"/events/{today.event}"))["sessions"]
    came = {
        city: [one["id"] for one in (await client.get("requests", f"/requests/{request}", city))["delegates"]]
        for city, request in today.requests.items()
    }
    minutes = round(LASTS / timedelta(minutes=1))
    body = {"delegates": {delegate: minutes for delegates in came.values() for delegate in delegates}}
    path = f"/events/{today.event}/sessions/{session['id']}/attendance"
    await client.send("PUT", "requests", path, HOST, body)
    await client.send("POST", "calendar", f"/events/{today.event}/complete", HOST)
    for city, (score, words) in _SAID.items():
        said = {"score": score, "words": words}
        await client.send("PUT", "requests", f"/requests/{today.requests[city]}/feedback", city, said)
    person = f"/requests/{today.requests['moskva']}/delegates/{came['moskva'][-1]}"
    await client.send("POST", "requests", f"{person}/erasure", "moskva")
    say(f"день в Ижевске прошёл: приехали {len(body['delegates'])}, отзывов {len(_SAID)}")


async def _seated(client: Client, event: str, city: str, count: int) -> str:
    request = await ask(client, event, city, count)
    await client.send("POST", "requests", f"/requests/{request}/decision", HOST, {"verdict": "approve"})
    return request


def _day(starts_at: datetime) -> dict[str, Any]:
    wall = starts_at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
    session = {"title": "Уроки и кружки", "starts": wall.isoformat(), "ends": (wall + LASTS).isoformat()}
    until = dict.fromkeys(("apply_closes", "decide_by", "confirm_by", "roster_freeze"), starts_at.isoformat())
    opens = (starts_at - timedelta(minutes=5)).isoformat()
    title = "Один день ижевской школы (демо)"
    return _event(title, [session | {"site": {"name": PLACE}}], {"apply_opens": opens, **until})


def _event(title: str, sessions: list[dict[str, Any]], limits: dict[str, str]) -> dict[str, Any]:
    return {
        "title": title,
        "summary": "Дата, часы и место — демо.",
        "mode": "in_person",
        "audience": ["director", "deputy", "teacher"],
        "topics": TOPICS,
        "timezone": ZONE,
        "academic_hours": 4,
        "sessions": sessions,
        "deadlines": limits,
        "seats": [{"mode": "in_person", "capacity": 20}],
    }
