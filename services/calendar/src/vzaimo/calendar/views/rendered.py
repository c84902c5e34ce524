"""The feeds that were rendered last: a crowd that asks for the same one costs one rendering."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

KEPT = 8
"""Feeds; a full one has about 2 MB."""


class Rendered:
    """Feeds by what they are and their entity tag. One is rendered at a time, so that others get the processor, too."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._turn = asyncio.Lock()

    async def of(self, key: Hashable, render: Callable[[], Awaitable[bytes]]) -> bytes:
        """The feed as it was rendered under this key, or rendered now."""
        if key in self._kept:
            return self._kept[key]
        async with self._turn:
            if key not in self._kept:
                self._kept[key] = await render()
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]
