"""Templates: Jinja2 with the portal's words, times, links and drawings at hand."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from vzaimo.portal.house import charts, guard, history, maps, places, profiles
from vzaimo.portal.house.times import zone_named
from vzaimo.portal.house.tongues import marked
from vzaimo.portal.house.words import Language, words


def render(template: str, language: Language, **facts: Any) -> str:
    """A page."""
    return marked(_templates().get_template(template).render(language=language, **facts), language)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("vzaimo.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        t=_say,
        texts=words(),
        number=_number,
        percent=_percent,
        asset=asset,
        zone=zone_named,
        written=places.written,
        stands=profiles.stands,
        acted=history.acted,
        with_query=_with_query,
        longest_form=guard.LONGEST_BODY,
        seat_bar=charts.seat_bar,
        line_of_deadlines=charts.line_of_deadlines,
        bars=charts.bars,
        slope=charts.slope,
        map_points=maps.points,
        map_arcs=maps.arcs,
        outline=maps.outline,
    )
    return templates


@cache
def asset(name: str) -> str:
    """An asset's address; it changes with the content, so that browsers may keep it for good."""
    content = (files("vzaimo.portal") / "assets" / name).read_bytes()
    return f"/assets/{name}?v={hashlib.blake2b(content, digest_size=6).hexdigest()}"


@pass_context
def _say(context: Context, key: str, **facts: object) -> str:
    return words().say(context["language"], key, **facts)


@pass_context
def _number(context: Context, value: float) -> str:
    return format_decimal(value, locale=context["language"])


@pass_context
def _percent(context: Context, part: float) -> str:
    """A change, with its sign."""
    return ("+" if part > 0 else "") + format_percent(part, locale=context["language"])


@pass_context
def _with_query(context: Context, **changes: object) -> str:
    """This page's address with other values in its query; none drops one."""
    request = context["visit"].request
    query = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    query += [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"{request.url.path}?{urlencode(query)}" if query else str(request.url.path)
