"""When and where, over HTTP: events that move, that are held again, and deadlines by a preset."""

from typing import Annotated

from pydantic import BaseModel, Field

from vzaimo.calendar.domain.plans import PlannedSession
from vzaimo.calendar.domain.presets import Fitted, Preset
from vzaimo.calendar.domain.reschedule import Schedule
from vzaimo.calendar.shapes.events import DeadlinesBody, Line, SeatPlanBody, Sessions, planned
from vzaimo.contracts.calendar import Deadlines, Mode
from vzaimo.kit.http import Body
from vzaimo.kit.http.moments import Day, Moment


class RescheduleBody(Body):
    """All of the new schedule: sessions that are not named do not take place.

    ``seats`` are those of a mode that is added; the others keep theirs. Without ``reconfirm_by`` whoever was admitted
    has 72 hours, until the roster freezes at most.
    """

    mode: Mode
    timezone: Line
    sessions: Annotated[Sessions, Field(min_length=1)]
    deadlines: DeadlinesBody
    reconfirm_by: Moment | None = None
    seats: Annotated[tuple[SeatPlanBody, ...], Field(max_length=1)] = ()

    def schedule(self, known: tuple[PlannedSession, ...]) -> Schedule:
        """As the domain has it; ``known``: the sessions until now."""
        return Schedule(
            mode=self.mode,
            timezone=self.timezone,
            sessions=planned(self.sessions, known),
            deadlines=Deadlines.model_validate(self.deadlines.model_dump()),
            reconfirm_by=self.reconfirm_by,
            seats=tuple(one.plan() for one in self.seats),
        )


class CloneBody(Body):
    """The day, at the venue, on which the event begins this time."""

    first_day: Day


class PromiseView(BaseModel):
    """A promise of a preset, and whether there is time enough left to keep it."""

    promise: str
    kept: bool


class DeadlinesView(BaseModel):
    """What a preset gives for a draft, were it announced now."""

    preset: Preset
    deadlines: Deadlines
    promises: list[PromiseView]

    @classmethod
    def of(cls, preset: Preset, fitted: Fitted) -> "DeadlinesView":
        """From the domain's answer."""
        promises = [PromiseView(promise=name, kept=kept) for name, kept in fitted.promises.items()]
        return cls(preset=preset, deadlines=fitted.deadlines, promises=promises)
