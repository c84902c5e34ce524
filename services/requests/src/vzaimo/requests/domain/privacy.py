"""Personal data of delegates: what may be asked, and how it ends (152-FZ, articles 5 and 21)."""

from datetime import datetime, timedelta
from typing import Any

from vzaimo.contracts.calendar import Event, EventStatus
from vzaimo.contracts.requests import Delegate, DelegateStatus
from vzaimo.requests.domain.record_refusals import AlreadyErased, NotGranted

ERASED = "удалено"
"""Stands where a name was."""
CATEGORIES = ("name", "organisation", "dietary", "access")
"""What is known of a delegate beside rank and role: the columns that an erasure overwrites."""
KEPT = timedelta(days=3 * 365 + 1)
"""For which an act of destruction and its journal extract are kept."""
CALLED_OFF_KEPT = timedelta(days=30)
"""Within which names are destroyed once there is nothing left that they are for (article 21, part 4)."""
SEATED = frozenset({DelegateStatus.GRANTED, DelegateStatus.CONFIRMED})
SHOWN = SEATED | {DelegateStatus.ATTENDED}
"""Whose needs the host still has a reason to know."""


def check_asked(delegate: Delegate) -> None:
    """Dietary and access needs are asked of those alone who come. Raises ``NotGranted``."""
    if delegate.status not in SEATED:
        raise NotGranted(delegate.id, delegate.status)


def check_present(delegate: Any) -> None:
    """Raise ``AlreadyErased`` where there is nothing left of a person. ``delegate``: the row."""
    if delegate.erased_at is not None:
        raise AlreadyErased(delegate.id, delegate.erased_at)


def journal(people: int, remarks: int = 0) -> list[dict[str, Any]]:
    """The extract for an act: what was done, in which table, to which columns, in how many rows."""
    overwritten = (("delegate", CATEGORIES, people), ("request", ("remark",), remarks))
    return [
        {"table": table, "operation": "overwritten", "columns": list(columns), "rows": rows}
        for table, columns, rows in overwritten
        if rows
    ]


def kept_until(event: Event, after: timedelta) -> datetime:
    """When an event's names are to be destroyed: so long ``after`` its end, or soon after it was called off."""
    if event.status is EventStatus.CANCELLED and event.cancelled_at is not None:
        return event.cancelled_at + CALLED_OFF_KEPT
    return event.ends_at + after
