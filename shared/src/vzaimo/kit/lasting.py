"""What lasts is said when it begins, and then once a minute: a line a second would drown everything else."""

import logging
import time

TELL_EVERY = 60.0
"""Seconds between lines."""


class Lasting:
    """One thing that may last, such as a loop that waits for its store."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._told: float | None = None

    def goes_on(self, text: str, *values: object) -> None:
        """It is so, or still so."""
        now = time.monotonic()
        if self._told is None or now - self._told >= TELL_EVERY:
            self._log.warning(text, *values)
            self._told = now

    def is_over(self) -> None:
        """It is so no longer: the next time it begins anew."""
        self._told = None
