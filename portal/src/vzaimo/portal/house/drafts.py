"""What a city writes of its practice: as registry keeps it, and as it stands in a form."""

import math
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from vzaimo.portal.house.shapes import Practice

INDICATOR = ("name", "unit", "baseline", "baseline_year", "baseline_reason", "result", "result_year", "evidence")
TEXTS = ("title", "summary", "does_not_apply")
MOST_INDICATORS = 30
EMPTY = dict.fromkeys(INDICATOR, "")


def blank() -> dict[str, Any]:
    """An empty form."""
    return {**dict.fromkeys(TEXTS, ""), "topics": [], "audience": [], "indicators": []}


def values_of(practice: Practice) -> dict[str, Any]:
    """A practice as the fields of the form."""
    rows = [{name: _shown(getattr(one, name)) for name in INDICATOR} for one in practice.indicators]
    return {
        **{name: getattr(practice, name) for name in TEXTS},
        "topics": list(practice.topics),
        "audience": list(practice.audience),
        "indicators": rows,
    }


def typed(form: FormData) -> dict[str, Any]:
    """The fields of the form as they were sent; an indicator of which nothing was typed is none."""
    columns = [[str(value).strip() for value in form.getlist(f"indicator-{name}")] for name in INDICATOR]
    rows = [dict(zip(INDICATOR, values, strict=True)) for values in zip(*columns, strict=False)]
    return {
        **{name: str(form.get(name, "")).strip() for name in TEXTS},
        "topics": [str(one) for one in form.getlist("topics")],
        "audience": [str(one) for one in form.getlist("audience")],
        "indicators": [row for row in rows if any(row.values())][:MOST_INDICATORS],
    }


def body(city: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as registry wants them."""
    return {**shown, "city": city, "indicators": [_indicator(row) for row in shown["indicators"]]}


def number(text: str) -> float | int | str | None:
    """A number, with a comma or a point; what is none goes as it is, for the gateway to say so at its field."""
    plain = text.replace("\u00a0", "").replace(" ", "").replace(",", ".").replace("−", "-")
    if not plain:
        return None
    try:
        value = float(plain)
    except ValueError:
        return text
    if not math.isfinite(value):
        return text
    return int(value) if value.is_integer() and "." not in plain and "e" not in plain.lower() else value


def _indicator(row: Mapping[str, str]) -> dict[str, Any]:
    numbers = {name: number(row[name]) for name in ("baseline", "baseline_year", "result", "result_year")}
    texts = {name: row[name] or None for name in ("name", "unit", "baseline_reason", "evidence")}
    return {**texts, **numbers}


def _shown(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
