"""Calendar put together."""

from vzaimo.calendar.api import ROUTERS, SECRET_PATHS
from vzaimo.calendar.consumers import SUBSCRIPTIONS
from vzaimo.calendar.handlers.adopt import adopt
from vzaimo.calendar.handlers.capacity import mark_overdue
from vzaimo.calendar.handlers.events import COMPLETE, complete_by_itself
from vzaimo.calendar.handlers.keep import OVERDUE
from vzaimo.calendar.settings import CalendarSettings
from vzaimo.calendar.store import EVENT, Model
from vzaimo.calendar.views.rendered import Rendered
from vzaimo.calendar.views.sweeps import unanswered_requests_for_seats
from vzaimo.calendar.wording import WORDING
from vzaimo.kit.bus import Stream
from vzaimo.kit.service import Parts, run
from vzaimo.kit.settings import load


def parts(public_url: str | None = None) -> Parts:
    """What calendar is made of. Without ``public_url`` links lead to where the caller found us."""
    return Parts(
        name="calendar",
        title="Vzaimo: calendar",
        streams=(Stream("CALENDAR", ("calendar.>",)),),
        metadata=Model.metadata,
        wording=WORDING,
        routers=ROUTERS,
        adopt=adopt,
        subscriptions=SUBSCRIPTIONS,
        timers={COMPLETE: complete_by_itself, OVERDUE: mark_overdue},
        sweeps={"unanswered_requests_for_seats": unanswered_requests_for_seats},
        own={"event": EVENT},
        extras={"public_url": public_url, "rendered": Rendered()},
        secret_paths=SECRET_PATHS,
    )


def main() -> None:
    """The process: ``python -m vzaimo.calendar``."""
    settings = load(CalendarSettings)
    run(parts(settings.public_url), settings)
