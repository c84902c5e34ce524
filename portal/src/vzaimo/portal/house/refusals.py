"""Refusals as people read them.

A gateway's words name fields and codes, which serve programs; where they do, the portal has its own for the same facts.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from vzaimo.portal.house.gateways import Problem
from vzaimo.portal.house.names import Names
from vzaimo.portal.house.times import Clock
from vzaimo.portal.house.words import words


def retell(problem: Problem, clock: Clock, names: Names) -> Problem:
    """The refusal with its detail in the portal's words, at the field that it is about, too. Unknown ones stay."""
    key = f"refusal.{problem.kind}"
    if key in words():
        facts = {name: _said(name, fact, clock, names) for name, fact in problem.facts.items()}
        try:
            told = words().say(clock.language, key, **facts)
        except KeyError:  # another version of the gateway tells other facts
            return problem
        problem.errors = {field: told if text == problem.detail else text for field, text in problem.errors.items()}
        problem.detail = told
    return problem


def _said(name: str, fact: Any, clock: Clock, names: Names) -> Any:
    if isinstance(fact, list | tuple):
        return ", ".join(str(_said(name, one, clock, names)) for one in fact)
    if not isinstance(fact, str):
        return fact
    if name == "city":
        return names.city(fact)
    if name == "timezone":
        return clock.zone(fact)
    for family in _FAMILIES.get(name, ()):
        if f"{family}.{fact}" in words():
            return words().say(clock.language, f"{family}.{fact}")
    return _moment(fact, clock)


_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "role": ("role",),
    "audience": ("role",),
    "mode": ("mode",),
    "earlier": ("deadline",),
    "later": ("deadline",),
}
"""What codes are called in words, by the fact's name."""


def _moment(fact: str, clock: Clock) -> str:
    """A time by the reader's clock, with its zone, or a day; anything else as it is."""
    try:
        if len(fact) == len("2026-10-04"):
            return clock.calendar_day(date.fromisoformat(fact))
        at = datetime.fromisoformat(fact)
    except ValueError:
        return fact
    return f"{clock.short(at)} ({clock.offset(at)})" if at.tzinfo else clock.wall(fact)
