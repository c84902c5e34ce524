"""The facts of the contracts, as the portal offers them to choose from."""

from collections.abc import Mapping
from functools import cache

from vzaimo.contracts.event import Audience
from vzaimo.contracts.schemas import every_fact


@cache
def readable() -> Mapping[str, list[str]]:
    """The facts that a city may have sent, by the service that tells them."""
    found: dict[str, list[str]] = {}
    for fact in sorted(every_fact(), key=lambda one: one.__name__):
        if fact.audience is not Audience.INTERNAL:
            found.setdefault(fact.service, []).append(fact.__name__)
    return dict(sorted(found.items()))


@cache
def aggregates() -> Mapping[str, list[str]]:
    """What each service tells facts about."""
    found: dict[str, set[str]] = {}
    for fact in every_fact():
        found.setdefault(fact.service, set()).add(fact.aggregate)
    return {service: sorted(names) for service, names in sorted(found.items())}
