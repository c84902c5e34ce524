"""What the programme has set, and may set otherwise."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Terms:
    """``needs_threshold``: backers until hosts are invited. ``purge_after``: how long names outlive their event."""

    needs_threshold: int = 5
    purge_after: timedelta = timedelta(days=180)
