"""Feeds for calendar programs and feed readers. They answer 304 as long as nothing changed, without being rendered."""

import asyncio
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Response

from vzaimo.calendar.api.addresses import public_url
from vzaimo.calendar.domain.feeds import Surroundings, Wanted
from vzaimo.calendar.views import atom, feeds, ics, tokens
from vzaimo.calendar.views.rendered import Rendered
from vzaimo.calendar.views.words import WORDS
from vzaimo.contracts.calendar import Mode
from vzaimo.contracts.event import Slug
from vzaimo.kit.http import Call, Cursor, Visitor
from vzaimo.kit.http.etag import etag, unchanged
from vzaimo.kit.http.language import Language

router = APIRouter(tags=["feeds"])

FRESH = 300
"""Seconds for which a feed may be kept without asking again."""
_ICS: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"description": "iCalendar (RFC 5545)", "content": {"text/calendar": {}}}},
}
_ATOM: dict[str, Any] = {
    "response_class": Response,
    "responses": {200: {"description": "Atom (RFC 4287)", "content": {"application/atom+xml": {}}}},
}


@router.head("/feeds/events.ics", include_in_schema=False)
@router.get("/feeds/events.ics", **_ICS)
async def every_event(call: Visitor) -> Response:
    """Every announced event."""
    return await _calendar(call, Wanted())


@router.head("/feeds/cities/{city}.ics", include_in_schema=False)
@router.get("/feeds/cities/{city}.ics", **_ICS)
async def events_of_city(city: Slug, call: Visitor) -> Response:
    """What a city hosts."""
    return await _calendar(call, Wanted(host=city))


@router.head("/feeds/topics/{topic}.ics", include_in_schema=False)
@router.get("/feeds/topics/{topic}.ics", **_ICS)
async def events_on_topic(topic: Slug, call: Visitor) -> Response:
    """What is on a topic."""
    return await _calendar(call, Wanted(topic=topic))


@router.head("/feeds/modes/{mode}.ics", include_in_schema=False)
@router.get("/feeds/modes/{mode}.ics", **_ICS)
async def events_in_mode(mode: Mode, call: Visitor) -> Response:
    """What takes place in a mode."""
    return await _calendar(call, Wanted(mode=mode))


@router.head("/feeds/events/{event_id}.ics", include_in_schema=False)
@router.get("/feeds/events/{event_id}.ics", **_ICS)
async def one_event(event_id: UUID, call: Visitor) -> Response:
    """One event, however long ago."""
    return await _calendar(call, Wanted(event=event_id))


@router.head("/feeds/private/{token}.ics", include_in_schema=False)
@router.get("/feeds/private/{token}.ics", **_ICS)
async def own_events(token: Annotated[str, Path(max_length=100)], call: Visitor) -> Response:
    """What the token's owner's cities host, attend or have asked for, and where they stand."""
    async with call.gate.database.read() as tx:
        cities = await tokens.cities(tx, token, call.works.clock.now())
    return await _calendar(call, Wanted(cities=tuple(sorted(cities))))


@router.head("/feeds/events.atom", include_in_schema=False)
@router.get("/feeds/events.atom", **_ATOM)
async def announcements(call: Visitor, cursor: Cursor) -> Response:
    """Announcements, the latest first, in pages."""
    async with call.gate.database.read() as tx:
        found, following = await feeds.announcements(tx, cursor)
    url, language = public_url(call), call.language
    address = f"{url}/v1/feeds/events.atom"
    asked = {name: value for name, value in call.request.query_params.items() if name in {"cursor", "limit"}}
    links = [("self", _with(address, asked))]
    if following is not None:
        links.append(("next", _with(address, {**asked, "cursor": following})))
    shown = [(row.id, row.version, row.changed_ms) for row in found.events]
    tag = etag(len(shown), language, links, shown, [tuple(row) for row in found.cities])

    def render() -> bytes:
        return atom.render(found.entries(), found.surroundings, links=links, language=language, url=url)

    if (known := _known(call, tag, atom.MEDIA_TYPE)) is not None:
        return known
    return _feed(call, tag, await asyncio.to_thread(render), atom.MEDIA_TYPE)


async def _calendar(call: Call, wanted: Wanted) -> Response:
    now, language, url = call.works.clock.now(), call.language, public_url(call)
    async with call.gate.database.read() as tx:
        marks = await feeds.marks(tx, wanted, now)
    tag = etag(marks[0], language, url, wanted, marks)
    private = wanted.cities is not None
    if (known := _known(call, tag, ics.MEDIA_TYPE, private=private)) is not None:
        return known

    async def render() -> bytes:
        found = await feeds.material(call.gate.database, wanted, now)

        def rendered() -> bytes:
            around = found.surroundings
            name = _name(wanted, around, language)
            return ics.render(found.entries(wanted.cities or ()), around, name=name, language=language, public_url=url)

        return await asyncio.to_thread(rendered)

    kept: Rendered = call.gate.extras["rendered"]
    return _feed(call, tag, await kept.of((wanted, tag), render), ics.MEDIA_TYPE, private=private)


def _known(call: Call, tag: str, media_type: str, *, private: bool = False) -> Response | None:
    """The answer to whoever has the feed already, or asks for its headers alone."""
    if unchanged(call.request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=_headers(tag, private=private))
    if call.request.method != "HEAD":
        return None
    answer = _feed(call, tag, b"", media_type, private=private)
    del answer.headers["Content-Length"]
    return answer


def _feed(call: Call, tag: str, body: bytes, media_type: str, *, private: bool = False) -> Response:
    headers = {**_headers(tag, private=private), "Content-Language": call.language, "Content-Type": media_type}
    return Response(body, 200, headers)


def _headers(tag: str, *, private: bool) -> dict[str, str]:
    kept = "private" if private else "public"
    return {"ETag": tag, "Vary": "Accept-Language", "Cache-Control": f"{kept}, max-age={FRESH}"}


def _name(wanted: Wanted, around: Surroundings, language: Language) -> str:
    words = WORDS[language]
    if wanted.cities is not None:
        return words.own
    if wanted.host is not None:
        return words.of_city.format(city=around.cities.get(wanted.host, wanted.host))
    if wanted.topic is not None:
        return words.on_topic.format(topic=wanted.topic)
    return f"{words.all}: {words.modes[wanted.mode].lower()}" if wanted.mode is not None else words.all


def _with(address: str, query: dict[str, str]) -> str:
    return f"{address}?{urlencode(query)}" if query else address
