"""Seats as they stand in a form: how many, how many for one city at most, how many are kept for whom."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.datastructures import FormData

from vzaimo.contracts.calendar import SeatMode, SeatPlan

FIGURES = ("capacity", "quota")


def number(text: Any) -> int | None:
    """A number as it was typed; nothing where it is none."""
    value = str(text or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else None  # noqa: PLR2004 - no such crowd


def values_of(seats: Iterable[SeatPlan]) -> dict[str, Any]:
    """Seats as the fields of a form."""
    known = {one.mode: one for one in seats}
    shown: dict[str, Any] = {}
    for mode in SeatMode:
        for figure in FIGURES:
            shown[f"{figure}-{mode}"] = str(getattr(known.get(mode), figure, None) or "")
        reserves = known[mode].reserves if mode in known else {}
        shown[f"reserves-{mode}"] = [
            {"city": city, "name": "", "seats": str(count)} for city, count in reserves.items()
        ]
    return shown


def typed(form: FormData, shown: Mapping[str, Any], slugs: Mapping[str, str]) -> dict[str, Any]:
    """The fields as they were sent; reserves that the form does not have stay. ``slugs``: cities by their names."""
    found: dict[str, Any] = {}
    for mode in SeatMode:
        for figure in FIGURES:
            key = f"{figure}-{mode}"
            found[key] = str(form.get(key, shown.get(key, ""))).strip()
        names, counts = (
            [str(one).strip() for one in form.getlist(f"reserve-{mode}-{column}")] for column in ("city", "seats")
        )
        kept = shown.get(f"reserves-{mode}", [])
        # A city whose name nobody tells now stands in the form by its id.
        ids = {row["city"]: row["city"] for row in kept}
        rows = [
            {"city": slugs.get(name.casefold()) or ids.get(name, ""), "name": name, "seats": count}
            for name, count in zip(names, counts, strict=False)
            if name or count
        ]
        found[f"reserves-{mode}"] = rows if names else kept
    return found


def unknown(shown: Mapping[str, Any], modes: Iterable[SeatMode]) -> bool:
    """Whether something is kept for a city that nobody knows, or nobody says how much."""
    rows = [row for mode in modes for row in shown[f"reserves-{mode}"]]
    return any(not row["city"] or number(row["seats"]) is None for row in rows)


def body(shown: Mapping[str, Any], modes: Iterable[SeatMode], *, whole: bool = False) -> list[dict[str, Any]]:
    """The fields as calendar wants them; a mode of which nothing is said is left out, unless they are the ``whole``."""
    made = []
    for mode in modes:
        capacity, quota = number(shown[f"capacity-{mode}"]), number(shown[f"quota-{mode}"])
        reserves = {row["city"]: number(row["seats"]) for row in shown[f"reserves-{mode}"]}
        if whole or capacity or quota or reserves:
            made.append({"mode": mode.value, "capacity": capacity, "quota": quota, "reserves": reserves})
    return made
