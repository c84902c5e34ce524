"""A season in numbers."""

from pydantic import BaseModel


class CityLine(BaseModel):
    """What a city gave and got in a season: events and seats hosted, seats received, its people who were trained."""

    city: str
    name: str | None
    region: str | None
    events: int
    seats_hosted: int
    seats_received: int
    people: int


class Share(BaseModel):
    """People who were trained, by one of the things that they are told apart by."""

    key: str
    people: int


class SeasonView(BaseModel):
    """A season, from 1 September to 31 August by the venues' calendars.

    ``seats``: granted. ``people``: those who came. Somebody who came to an event on two topics counts for both.
    ``decision_hours``: the median from submission to a host's decision; those who were admitted by themselves do not
    count.
    """

    season: int
    cities: int
    events: int
    seats: int
    people: int
    decisions: int
    decision_hours: float | None
    feedback: int
    feedback_mean: float | None
    by_city: list[CityLine]
    by_topic: list[Share]
    by_role: list[Share]
    by_region: list[Share]
    by_mode: list[Share]
