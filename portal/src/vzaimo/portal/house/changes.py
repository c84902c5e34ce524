"""What a form would change of a plan, field by field: before an event moves, and when somebody else was faster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vzaimo.portal.house import plans
from vzaimo.portal.house.plans import ROW, Plan

_MATERIAL = {"mode", "timezone", "starts", "ends", "site", "address"}
"""Whoever was admitted decides anew on these (domain: a change of time, zone, site or mode)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that becomes another. ``session``: its number, from 1; ``material``: guests would decide anew."""

    field: str
    before: Any
    after: Any
    material: bool
    session: int | None = None


def changes(shown: Mapping[str, Any], plan: Plan) -> list[Change]:
    """What would become another, the plan's own fields first, then session by session."""
    before = plans.values_of(plan)
    rows = before.pop("sessions")
    found = [
        Change(name, value, shown[name], name in _MATERIAL)
        for name, value in before.items()
        if name in shown and _said(shown[name]) != _said(value)
    ]
    stored = {row["id"]: row for row in rows}
    kept = {row["id"] for row in shown["sessions"]}
    for no, row in enumerate(shown["sessions"], 1):
        was = stored.get(row["id"])
        if was is None:
            found.append(Change("session", "", row["title"], material=True, session=no))
            continue
        found += [
            Change(name, was[name], row[name], name in _MATERIAL, no) for name in ROW[1:] if was[name] != row[name]
        ]
    found += [
        Change("session", row["title"], "", material=True, session=no)
        for no, row in enumerate(rows, 1)
        if row["id"] not in kept
    ]
    return found


def _said(value: Any) -> Any:
    """A value without what only a form adds to it: the name of a reserve's city as it was typed."""
    if isinstance(value, list):
        return [(one["city"], one["seats"]) if isinstance(one, dict) else one for one in value]
    return value or ""
