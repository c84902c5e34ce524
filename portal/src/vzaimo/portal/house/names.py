"""Names of cities and topics, which every page shows: asked for once a minute, kept while registry is away."""

import asyncio
import time
from collections.abc import Mapping

from vzaimo.contracts.registry import CityStatus
from vzaimo.portal.house.gateways import Away, Caller, Gateways, Problem, SignedOut
from vzaimo.portal.house.shapes import City, Topic
from vzaimo.portal.house.words import Language

LIFE = 60.0
"""Seconds."""
AGAIN = 2.0
"""Seconds after which registry is asked again when it did not answer."""


class Names:
    """Cities and topics by id, as registry last told them; they are public, so that one copy serves everybody."""

    def __init__(self, gateways: Gateways) -> None:
        self._gateways = gateways
        self._turn = asyncio.Lock()
        self._due = float("-inf")
        self.cities: Mapping[str, City] = {}
        self.topics: Mapping[str, Topic] = {}

    async def ready(self, *, fresh: bool = False) -> None:
        """Ask if it is time. What registry does not answer stays as it was."""
        if time.monotonic() < self._due and not fresh:
            return
        if self.cities and self._turn.locked() and not fresh:
            return  # somebody asks already: older names now are better than newer ones later
        async with self._turn:
            if time.monotonic() < self._due and not fresh:
                return
            try:
                anyone = Caller("ru")
                cities, topics = await asyncio.gather(
                    self._gateways.whole("registry", "/cities", City, anyone),
                    self._gateways.whole("registry", "/topics", Topic, anyone),
                )
            except (Away, Problem, SignedOut):
                self._due = time.monotonic() + AGAIN
                return
            self.cities = {one.id: one for one in cities}
            self.topics = {one.id: one for one in topics}
            self._due = time.monotonic() + LIFE

    def city(self, slug: str | None) -> str:
        """A city's name; its id while the name is not known."""
        known = self.cities.get(slug or "")
        return known.name if known else (slug or "—")

    def topic(self, slug: str, language: Language) -> str:
        """A topic's name in a language, if it has one there."""
        known = self.topics.get(slug)
        if known is None:
            return slug
        return (known.name_en if language == "en" else None) or known.name

    def city_options(self) -> list[tuple[str, str]]:
        """Cities that take part, to choose from."""
        active = (city for city in self.cities.values() if city.status is CityStatus.ACTIVE)
        return sorted(((city.id, city.name) for city in active), key=lambda one: one[1])

    def slugs(self) -> dict[str, str]:
        """All cities by their names, for those who type one."""
        return {city.name.casefold(): city.id for city in self.cities.values()}

    def zones(self) -> list[str]:
        """The zones of all cities, to choose from."""
        return sorted({city.timezone for city in self.cities.values()})

    def topic_options(self, language: Language) -> list[tuple[str, str]]:
        """Topics in use, to choose from."""
        used = (topic for topic in self.topics.values() if not topic.retired)
        return sorted(((topic.id, self.topic(topic.id, language)) for topic in used), key=lambda one: one[1])
