"""The list of events: each filter has a key that gives events in the order of their start."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, exists, or_, select

from vzaimo.calendar.projections import SEATS
from vzaimo.calendar.shapes.events import EventFilter
from vzaimo.calendar.store import EVENT, EVENT_FACET, EVENT_TEXT, TEXTS, by_mode, by_role, by_topic
from vzaimo.contracts.calendar import Mode
from vzaimo.kit.database.base import Dialect
from vzaimo.kit.http import CursorValue, keyset
from vzaimo.kit.search import matching

ORDER = [EVENT.c.starts_at, EVENT.c.id]


def listing(dialect: Dialect, wanted: EventFilter, cursor: CursorValue, *columns: Any) -> Select[Any]:
    """A page and one more, of these columns (none: all).

    It walks the key of the filter that leaves least; the others are looked up row by row.
    """
    facets = [
        *([by_topic(wanted.topic)] if wanted.topic is not None else []),
        *([by_role(wanted.audience)] if wanted.audience is not None else []),
        *([by_mode(wanted.mode)] if wanted.mode is not None else []),
    ]
    query, order = select(*(columns or (EVENT,))), ORDER
    if wanted.id is not None:
        query = query.where(EVENT.c.id.in_(wanted.id), EVENT.c.event.is_not(None))
    elif facets and wanted.host is None:
        walked, order = facets.pop(0), [EVENT_FACET.c.starts_at, EVENT_FACET.c.event]
        query = query.join(EVENT_FACET, EVENT_FACET.c.event == EVENT.c.id)
        query = query.where(EVENT_FACET.c.facet == walked, EVENT_FACET.c.status == wanted.status)
    else:
        query = query.where(EVENT.c.status == wanted.status)
    query = query.where(keyset(order, cursor), *(_has(facet) for facet in facets), *_conditions(dialect, wanted))
    if wanted.starts_from is not None:
        query = query.where(order[0] >= wanted.starts_from)
    if wanted.starts_before is not None:
        query = query.where(order[0] < wanted.starts_before)
    return query.order_by(*order).limit(cursor.limit + 1)


def _has(facet: str) -> ColumnElement[bool]:
    other = EVENT_FACET.alias()
    return exists().where(
        other.c.facet == facet,
        other.c.status == EVENT.c.status,
        other.c.starts_at == EVENT.c.starts_at,
        other.c.event == EVENT.c.id,
    )


def _conditions(dialect: Dialect, wanted: EventFilter) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.host is not None:
        found.append(EVENT.c.host == wanted.host)
    if wanted.free_seats:
        found.append(_free(wanted.mode))
    if wanted.text is not None:
        words: ColumnElement[bool] | TextClause = matching(dialect, EVENT_TEXT.name, TEXTS, wanted.text)
        found.append(EVENT.c.id.in_(select(EVENT_TEXT.c.event).where(words)))
    return found


def _free(mode: Mode | None) -> ColumnElement[bool]:
    free = or_(SEATS.c.capacity.is_(None), SEATS.c.granted + SEATS.c.held < SEATS.c.capacity)
    # Seats of a mode that an event had once may still be counted by the ledger.
    offered = or_(EVENT.c.mode == Mode.HYBRID, SEATS.c.mode == EVENT.c.mode)
    asked = [SEATS.c.mode == one for one in mode.seat_modes] if mode else []
    return exists().where(SEATS.c.event == EVENT.c.id, offered, free, or_(*asked) if asked else offered)
