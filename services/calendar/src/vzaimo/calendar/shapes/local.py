"""An event's times by clocks: the venue's and the reader's."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from vzaimo.calendar.domain.plans import DEADLINES
from vzaimo.calendar.domain.zones import zone_of
from vzaimo.contracts.calendar import Deadlines, Event


class LocalSession(BaseModel):
    """When a session takes place."""

    id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class LocalTimes(BaseModel):
    """An event's times with the offset that a zone has then."""

    timezone: str
    sessions: list[LocalSession]
    deadlines: Deadlines
    reconfirm_by: AwareDatetime | None

    @classmethod
    def of(cls, event: Event, timezone: str) -> Self:
        """As clocks in the zone show them. Raises ``UnknownTimezone``."""
        zone = zone_of(timezone)

        def there(moment: datetime) -> datetime:
            return moment.astimezone(zone)

        return cls(
            timezone=timezone,
            sessions=[
                LocalSession(id=one.id, starts_at=there(one.starts_at), ends_at=there(one.ends_at))
                for one in event.sessions
            ],
            deadlines=Deadlines(**{name: there(getattr(event.deadlines, name)) for name in DEADLINES}),
            reconfirm_by=event.reconfirm_by and there(event.reconfirm_by),
        )


class LocalView(BaseModel):
    """The same moments twice."""

    venue: LocalTimes
    reader: LocalTimes

    @classmethod
    def of(cls, event: Event, timezone: str) -> Self:
        """By the event's zone, and by this one."""
        return cls(venue=LocalTimes.of(event, event.timezone), reader=LocalTimes.of(event, timezone))
