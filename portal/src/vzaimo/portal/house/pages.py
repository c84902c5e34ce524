"""Templates: Jinja2 with the portal's words, times, links and drawings at hand."""

import hashlib
from functools import cache, partial
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
    """A page; ``ui`` in it are the components, made once for all of its parts."""
    templates = _templates(language)
    components = templates.get_template("ui.html").make_module(facts)
    return marked(templates.get_template(template).render(ui=components, **facts), language)


@cache
def _templates(language: Language) -> Environment:
    """The templates in a language: what says something knows it, and need not look for it at each word."""
    templates = Environment(
        loader=PackageLoader("vzaimo.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        language=language,
        t=partial(words().say, language),
        texts=words(),
        number=partial(format_decimal, locale=language),
        percent=partial(_percent, locale=language),
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


def _percent(part: float, locale: Language) -> str:
    """A change, with its sign."""
    return ("+" if part > 0 else "") + format_percent(part, locale=locale)


@pass_context
def _with_query(context: Context, **changes: object) -> str:
    """This page's address with other values in its query; none drops one."""
    request = context["visit"].request
    query = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    query += [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"{request.url.path}?{urlencode(query)}" if query else str(request.url.path)
