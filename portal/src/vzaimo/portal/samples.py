"""Something of everything, for tests that visit every page."""

from typing import Any

import httpx2

from vzaimo.portal.testing import (
    EVENT,
    NEED,
    PRACTICE,
    REQUEST,
    TRACE,
    Gateways,
    city,
    delegate,
    event,
    me,
    need,
    practice,
    request,
    span,
    trace,
)

ADOPTION = "01890000-0000-7000-8000-000000000006"
DRAFT = "01890000-0000-7000-8000-000000000007"
HOOK = "01890000-0000-7000-8000-000000000008"
PLACE = "01890000-0000-7000-8000-000000000009"
SEATED = "01890000-0000-7000-8000-0000000003a1"
PAST = "01890000-0000-7000-8000-0000000003a2"
GRANTED = "01890000-0000-7000-8000-0000000003a3"
ROOM, OTHER_ROOM = "01890000-0000-7000-8000-0000000003b1", "01890000-0000-7000-8000-0000000003b2"
PERSON = "01890000-0000-7000-8000-000000000201"
_ACT = "АКТ № 7\nоб уничтожении персональных данных\n\nОснование: по просьбе города.\nЛюдей: 1\n\nПодпись ____________"
BOTH = [("coordinator", "izhevsk"), ("coordinator", "moskva"), ("moderator", None)]


def adoption(**more: Any) -> dict[str, Any]:
    """Izhevsk adopts a practice of Moscow and has reported once."""
    return {
        "id": ADOPTION,
        "practice": PRACTICE,
        "source": "moskva",
        "city": "izhevsk",
        "indicator": "Доля",
        "unit": "%",
        "baseline": 10,
        "baseline_year": 2024,
        "committed_at": "2025-01-01T00:00:00Z",
        "measurements": [{"after_months": 6, "value": 14, "measured_on": "2025-07-01", "change": 0.4}],
        "due": 12,
        "version": 3,
        **more,
    }


def hook(**more: Any) -> dict[str, Any]:
    """A webhook of Moscow."""
    return {
        "id": HOOK,
        "city": "moskva",
        "address": "https://hooks.moskva.example/a-rather-long-path-that-wraps-on-narrow-screens/vzaimo",
        "facts": ["EventAnnounced", "RequestSubmitted"],
        "status": "active",
        "disabled_reason": None,
        "created_at": "2026-09-01T00:00:00Z",
        "secret_changed_at": "2026-09-01T00:00:00Z",
        "version": 2,
        **more,
    }


def sending(status: str, **more: Any) -> dict[str, Any]:
    """A fact on its way to that webhook."""
    return {
        "id": REQUEST,
        "fact": EVENT,
        "type": "city.vzaimo.calendar.EventAnnounced.v1",
        "status": status,
        "attempts": 3,
        "answer": None,
        "error": None,
        "created_at": "2026-09-20T00:00:00Z",
        "tried_at": "2026-09-20T00:00:00Z",
        "sent_at": None,
        "next_at": None,
        "version": 1,
        **more,
    }


def person(role: str, name: str | None, **more: Any) -> dict[str, Any]:
    """Who acts for a city."""
    return {
        "id": REQUEST,
        "role": role,
        "city": "moskva",
        "scopes": [],
        "granted_at": "2026-09-01T00:00:00Z",
        "expires_at": None,
        "name": name,
        "email": "anna.konstantinopolskaya@education.moskva.example" if name else None,
        "phone": "+7 495 000-00-00" if name else None,
        "version": 1,
        **more,
    }


def invitation(**more: Any) -> dict[str, Any]:
    """An open invitation to act for Moscow."""
    return {
        "id": REQUEST,
        "role": "viewer",
        "city": "moskva",
        "email": "new@moskva.example",
        "created_at": "2026-09-01T00:00:00Z",
        "expires_at": "2040-09-08T00:00:00Z",
        "revoked_at": None,
        "accepted_at": None,
        "mail_sent_at": None,
        "version": 1,
        **more,
    }


def audit_entry(**more: Any) -> dict[str, Any]:
    """A line of an audit trail."""
    return {
        "id": 1,
        "fact": "RequestApproved",
        "aggregate": "request",
        "aggregate_id": REQUEST,
        "version": 2,
        "city": "izhevsk",
        "other_city": "moskva",
        "actor": "0" * 32,
        "at": "2026-10-01T00:00:00Z",
        "published": False,
        **more,
    }


def fill(gateways: Gateways) -> None:
    """Let each gateway answer with something of everything it has."""
    gateways.answers |= {**_registry(), **_calendar(), **_requests(), **_notify(), **_traces()}


def _registry() -> dict[tuple[str, str], Any]:
    agreement = {"number": "17/2026", "signed_on": "2026-09-20", "valid_until": "2040-09-20"}
    moscow = city("moskva", "Москва", agreement=agreement, authority="Департамент образования")
    applied = city("perm", "Пермь", status="applied")
    pending = city("ufa", "Уфа", status="agreement_pending")
    lapsed = city("tver", "Тверь", status="suspended", suspended_for="agreement-lapsed")
    school = {"id": PLACE, "city": "moskva", "name": "Школа № 1560", "kind": "school", "version": 1}
    placed = {"address": "улица Мневники, 1", "latitude": 55.77, "longitude": 37.47}
    other = {**school, "name": "Школа № 1474", "latitude": 55.87, "longitude": 37.49, "id": EVENT}
    contact = {"person": "0" * 32, "email": "anna@moskva.example", "name": "Анна", "phone": None, "locale": "ru"}
    service = {"scopes": ["read", "practices"], "expires_at": "2040-01-01T00:00:00Z"}
    people = [person("coordinator", "Анна Константинопольская"), person("service", None, **service)]
    seen = practice(city="moskva", topics=["mesh"], stale_since="2026-01-01T00:00:00Z")
    draft = practice(id=DRAFT, city="moskva", status="draft", remark="Уточните год", topics=["mesh"])
    return {
        ("registry", "/me"): me(*BOTH),
        ("registry", "/me/data"): {"person": "0" * 32, "contact": contact, "applied_for": ["perm"]},
        ("registry", "/cities"): [moscow, city("izhevsk", "Ижевск", longitude=53.2), applied, pending, lapsed],
        ("registry", "/cities/moskva"): moscow,
        ("registry", "/cities/perm"): applied,
        ("registry", "/cities/ufa"): pending,
        ("registry", "/cities/tver"): lapsed,
        ("registry", "/cities/perm/applicant"): {**contact, "version": 1},
        ("registry", "/cities/perm/people"): [],
        ("registry", "/cities/ufa/people"): [],
        ("registry", "/cities/moskva/people"): people,
        ("registry", "/invitations"): [invitation(), invitation(role="moderator", city=None)],
        ("registry", "/topics"): [{"id": "mesh", "name": "Электронная школа", "version": 1}],
        ("registry", "/practices"): [seen, draft],
        ("registry", f"/practices/{PRACTICE}"): practice(stale_since="2026-01-01T00:00:00Z"),
        ("registry", f"/practices/{DRAFT}"): draft,
        ("registry", "/adoptions"): [adoption()],
        ("registry", f"/adoptions/{ADOPTION}"): adoption(),
        ("registry", "/organisations"): [{**school, **placed}, other],
        ("registry", f"/organisations/{PLACE}"): {**school, **placed},
        ("registry", "/audit"): [audit_entry(fact="CityApplied", aggregate="city", aggregate_id="perm")],
    }


def _calendar() -> dict[tuple[str, str], Any]:
    day = {
        "id": REQUEST,
        "title": "Как устроен школьный день",
        "starts": "2040-10-04T10:00:00",
        "ends": "2040-10-04T17:00:00",
        "site": {"name": "Школа № 1560", "address": "Москва, улица Маршала Малиновского, 7"},
        "join_link": "https://join.example/a",
    }
    plan = {
        "title": "Образовательная среда московской школы",
        "mode": "hybrid",
        "timezone": "Europe/Moscow",
        "topics": ["mesh"],
        "audience": ["director"],
        "practices": [PRACTICE],
        "sessions": [day, {**day, "id": NEED, "starts": "2040-10-05T10:00:00", "ends": "2040-10-05T16:00:00"}],
        "deadlines": event()["deadlines"],
        "seats": [{"mode": "in_person", "capacity": 60, "quota": 30, "reserves": {"izhevsk": 10}}],
    }
    written = {"id": EVENT, "host": "moskva", "status": "announced", "plan": plan, "version": 1}
    moved = {"schedule_revision": 2, "capacity_no": 2, "capacity_applied": False}
    joinable = [{**event()["sessions"][0], "joinable": True}]
    slot = {"starts_at": "2040-11-05T06:00:00Z", "ends_at": "2040-11-05T07:30:00Z"}
    link = {"id": REQUEST, "event": EVENT, "city": "izhevsk", "made_at": "2026-09-01T00:00:00Z"}
    return {
        ("calendar", "/events"): [event(), event(mode="remote", seats_now=[])],
        ("calendar", f"/events/{EVENT}"): event(practices=[PRACTICE], academic_hours=16, sessions=joinable, **moved),
        ("calendar", f"/events/{EVENT}/share-links"): [link],
        ("calendar", "/plans"): [written],
        ("calendar", f"/plans/{EVENT}"): written,
        ("calendar", f"/plans/{NEED}"): {**written, "id": NEED, "status": "draft"},
        ("calendar", f"/events/{NEED}/deadlines"): {"deadlines": event()["deadlines"], "promises": []},
        ("calendar", "/feeds/private"): {"made_at": "2026-09-01T00:00:00Z"},
        ("calendar", "/slots"): {
            "items": [{**slot, "share": 1.0, "cities": ["izhevsk"]}, {**slot, "share": 0.0, "cities": []}]
        },
    }


def _requests() -> dict[tuple[str, str], Any]:
    backer = {"city": "moskva", "heads": 3, "backed_at": "2026-01-02T00:00:00Z"}
    asked_for = need(city="izhevsk", backers=[backer], words="Хотим увидеть своими глазами")
    named = {"id": "01890000-0000-7000-8000-0000000002aa", "rank": 1, "role": "teacher", "status": "proposed"}
    other = {**named, "id": "01890000-0000-7000-8000-0000000002ab", "rank": 2, "name": "Борис"}
    asked = request(status="submitted", delegates=[{**named, "name": "Анна"}, other])
    matches = [
        {"kind": "event", "id": EVENT, "city": "moskva", "title": "Образовательная среда"},
        {"kind": "practice", "id": PRACTICE, "city": "moskva", "title": "Сельский комплекс"},
    ]
    line = {"city": "moskva", "events": 3, "seats_hosted": 60, "seats_received": 0, "people": 0}
    numbers = {"cities": 2, "events": 3, "seats": 60, "people": 55, "decision_hours": 20.5}
    numbers |= {"feedback": 9, "feedback_mean": 4.6}
    shares = {
        "by_city": [line],
        "by_topic": [{"key": "mesh", "people": 55}],
        "by_role": [{"key": "teacher", "people": 40}, {"key": "director", "people": 15}],
    }
    waits = {"place": 1, "city": "izhevsk", "request": REQUEST, "waiting": 2, "why": "quota-used"}
    queue = {"mode": "in_person", "length": 1, "entries": [waits]}
    return {
        **_visited(),
        ("requests", "/requests"): lambda query: {
            "items": [_seated() if query.url.params.get("event") == PAST else asked],
            "next": None,
            "queues": [queue],
        },
        ("requests", f"/requests/{REQUEST}"): asked,
        ("requests", f"/events/{EVENT}/queue"): queue,
        ("requests", "/needs"): [asked_for],
        ("requests", f"/needs/{NEED}"): asked_for,
        ("requests", f"/needs/{NEED}/matches"): matches,
        ("requests", "/statistics/2026"): {"season": 2026, **numbers, **shares},
        ("requests", "/audit"): [audit_entry()],
    }


def _seated() -> dict[str, Any]:
    came = delegate(1, "Пётр Ёлкин", status="attended", sessions=[ROOM])
    others = [came, delegate(2, "Ольга", status="confirmed")]
    return request(id=SEATED, event=PAST, status="confirmed", attended=1, delegates=others)


def _visited() -> dict[tuple[str, str], Any]:
    """A visit that is over: who came where, and what they say of it."""
    seated = _seated()
    day = {"starts_at": "2026-10-04T07:00:00Z", "ends_at": "2026-10-04T09:00:00Z"}
    rooms = [{"id": key, "title": title, **day} for key, title in ((ROOM, "Младшие"), (OTHER_ROOM, "Старшие"))]
    act = {"id": PERSON, "number": 7, "request": SEATED, "city": "izhevsk", "people": 1, "cause": "erasure"}
    act |= {"erased_at": "2026-10-01T00:00:00Z"}
    stored: dict[str, Any] = {"delegate": PERSON, "request": SEATED, "city": "izhevsk", "host": "moskva", "event": PAST}
    stored |= {"event_title": "Образовательная среда", "rank": 1, "role": "teacher", "status": "attended"}
    stored |= {"name": "Пётр Ёлкин", "organisation": "Школа № 7", "dietary": None, "access": None, "erased_at": None}
    stored |= {"sessions": [ROOM], "attendance": [{"session": ROOM, "minutes": 120}]}
    said = {"request": SEATED, "city": "izhevsk", "score": 5, "words": "Полезно"}
    assigned = {
        "event": PAST,
        "sessions": [{"session": one["id"], "capacity": 9, "assigned": 1, "over": 0, "proposed": 2} for one in rooms],
        "delegates": [
            {"request": SEATED, "city": "izhevsk", "delegate": one["id"], "rank": one["rank"]}
            for one in seated["delegates"]
        ],
    }
    return {
        ("calendar", f"/events/{PAST}"): event(id=PAST, sessions=rooms, **day),
        ("requests", f"/requests/{SEATED}"): seated,
        ("requests", f"/requests/{GRANTED}"): seated | {"id": GRANTED, "event": EVENT, "attended": None},
        ("requests", f"/requests/{SEATED}/delegates/{PERSON}/data"): stored,
        ("requests", f"/requests/{SEATED}/delegates/needs"): {"request": SEATED, "items": []},
        ("requests", f"/events/{PAST}/sessions/{ROOM}/attendance"): [],
        ("requests", f"/events/{PAST}/assignments"): assigned,
        ("requests", f"/events/{PAST}/feedback"): {"event": PAST, "number": 1, "mean": 5.0, "entries": [said]},
        ("requests", "/erasure-acts"): [act],
        ("requests", f"/erasure-acts/{PERSON}"): lambda query: (
            httpx2.Response(200, text=_ACT) if query.url.params.get("format") == "text" else act
        ),
        ("notify", f"/requests/{SEATED}/contacts"): {"parties": [{"city": "moskva", "people": [{"name": "О. С."}]}]},
    }


def _notify() -> dict[tuple[str, str], Any]:
    mail = {"id": REQUEST, "city": "izhevsk", "kind": "request-approved", "status": "dead", "reason": "550 no mailbox"}
    told = {"id": REQUEST, "kind": "request-approved", "city": "izhevsk", "subject": REQUEST, "event": EVENT}
    texts = {"title": "Запрос одобрен", "text": "Москва принимает вас"}
    here = "/cities/moskva/webhooks"
    return {
        ("notify", "/deliveries"): [{**mail, "attempts": 5, "created_at": "2026-09-01T00:00:00Z"}],
        ("notify", "/preferences"): {"groups": {"decisions": {"email": "instant", "fixed": True}}, "version": 1},
        ("notify", "/inbox/unread"): {"unread": 3},
        ("notify", "/inbox"): [{**told, **texts, "at": "2026-10-01T00:00:00Z", "read_at": None}],
        ("notify", here): [hook(), hook(id=EVENT, status="disabled", disabled_reason="failing")],
        ("notify", f"{here}/{HOOK}"): hook(),
        ("notify", f"{here}/{HOOK}/deliveries"): [
            sending("sent", answer=204, sent_at="2026-09-20T00:00:00Z"),
            sending("dead", error="timeout"),
            sending("retrying", answer=503, next_at="2040-09-20T00:00:00Z"),
        ],
    }


def _traces() -> dict[tuple[str, str], Any]:
    decided, told = "POST /v1/requests/{request_id}/decision", "publish requests.party.request.request_approved"
    line = {"trace_id": TRACE, "name": decided, "services": ["calendar", "notify", "requests"], "spans": 3, "errors": 1}
    way = [
        span("a" * 16, None, 0, 30, name=decided, attributes={"a.b": "c" * 90}),
        span("b" * 16, "a" * 16, 36, 27, name=told),
        span("c" * 16, "b" * 16, 900_000, 48, service="notify", name="mail request-approved", error="Deferred"),
    ]
    return {
        ("traces", "/traces"): [{**line, "began_at": "2026-10-01T00:00:00Z", "duration_ms": 166.119}],
        ("traces", f"/traces/{TRACE}"): trace(*way),
    }
