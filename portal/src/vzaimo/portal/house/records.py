"""What the portal reads at requests' gateway beside requests: who sits where, who came, what they said and need."""

from uuid import UUID

from pydantic import AwareDatetime

from vzaimo.contracts.calendar import AudienceRole
from vzaimo.contracts.event import State
from vzaimo.contracts.requests import DelegateStatus


class SessionLoad(State):
    """How full a session is, and how full it were if all sat by city; none: the rooms do not hold all.

    ``over``: so many more were assigned to it than it holds, since it became smaller.
    """

    session: UUID
    capacity: int | None
    assigned: int
    over: int = 0
    proposed: int | None = None


class Seated(State):
    """A delegate with a seat and the sessions assigned; none: all."""

    request: UUID
    city: str
    delegate: UUID
    rank: int
    sessions: tuple[UUID, ...] | None = None
    proposed: tuple[UUID, ...] | None = None


class Assignments(State):
    """Who sits where."""

    event: UUID
    sessions: tuple[SessionLoad, ...]
    delegates: tuple[Seated, ...]


class Present(State):
    """Who came to a session: a delegate with minutes, or people of a role."""

    request: UUID
    city: str
    delegate: UUID | None = None
    name: str | None = None
    role: AudienceRole | None = None
    minutes: int | None = None
    people: int = 0


class FeedbackEntry(State):
    """What one city said."""

    request: UUID
    city: str
    score: int
    adopts: tuple[UUID, ...] = ()
    words: str | None = None


class Feedback(State):
    """What cities said of an event: number and mean for everybody, the rest for those whom it concerns."""

    event: UUID
    number: int
    mean: float | None
    entries: tuple[FeedbackEntry, ...] = ()


class Comfort(State):
    """What a delegate who comes needs."""

    delegate: UUID
    name: str
    dietary: str | None = None
    access: str | None = None


class Comforts(State):
    """The delegates of a request who need something."""

    request: UUID
    items: tuple[Comfort, ...] = ()


class Minutes(State):
    """Minutes in a session."""

    session: UUID
    minutes: int


class Person(State):
    """All that is stored about a delegate."""

    delegate: UUID
    name: str
    organisation: str | None
    dietary: str | None
    access: str | None
    erased_at: AwareDatetime | None
    request: UUID
    city: str
    host: str
    event: UUID
    event_title: str | None
    rank: int | None
    role: AudienceRole | None
    status: DelegateStatus | None
    sessions: tuple[UUID, ...] | None
    attendance: tuple[Minutes, ...]


class Act(State):
    """An act of destruction of personal data."""

    id: UUID
    number: int
    request: UUID
    city: str
    people: int
    cause: str
    erased_at: AwareDatetime


class Contact(State):
    """How somebody is reached at work."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None


class Party(State):
    """A city and those who act for it."""

    city: str
    people: tuple[Contact, ...] = ()


class Contacts(State):
    """Whom to call."""

    parties: tuple[Party, ...] = ()
