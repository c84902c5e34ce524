"""Facts of requests: who wants to attend what, what was decided, and how many seats are left.

Delegates travel by rank, role and status only: their names never leave the store.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from vzaimo.contracts.calendar import AudienceRole, Mode, SeatMode
from vzaimo.contracts.event import NOBODY, Audience, Fact, Slug, State

Count = Annotated[int, Field(ge=0)]


class RequestStatus(StrEnum):
    """Where a request stands, as its delegates and its open offer make it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    OFFERED = "offered"
    WAITLISTED = "waitlisted"
    REJECTED = "rejected"
    REDIRECTED = "redirected"
    CONFIRMED = "confirmed"
    RECONFIRM_PENDING = "reconfirm_pending"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CLOSED = "closed"


class DelegateStatus(StrEnum):
    """Where one delegate stands."""

    PROPOSED = "proposed"
    GRANTED = "granted"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    REPLACED = "replaced"
    ATTENDED = "attended"
    NO_SHOW = "no_show"


class Delegate(State):
    """One person of a delegation, without the person. Rank 1 goes first."""

    id: UUID
    """Never changes, whoever comes."""
    rank: Annotated[int, Field(ge=1)]
    """The city's own order; 1 goes first."""
    role: AudienceRole
    """What the person does at home."""
    status: DelegateStatus
    """Where this delegate stands."""
    sessions: tuple[UUID, ...] | None = None
    """The sessions that the host assigned; none: all of them."""


class Offer(State):
    """Seats held for a city until it accepts or lets go."""

    seats: Annotated[int, Field(ge=1)]
    """How many are held."""
    expires_at: AwareDatetime
    """Until then."""


class Feedback(State):
    """What a guest says of an event afterwards; its words stay in requests. ``adopts``: practices it means to use."""

    score: Annotated[int, Field(ge=1, le=5)]
    """From 1 to 5."""
    adopts: tuple[UUID, ...] = ()
    """Practices that the city means to use, by id."""


class Request(State):
    """One city's wish to attend one event in one mode.

    In person ``delegates`` are listed; remote, ``heads`` counts people by role. ``wanted``, ``granted``,
    ``confirmed`` and ``waiting`` count seats either way.
    """

    id: UUID
    """Never changes."""
    event: UUID
    """Which event, by id."""
    host: Slug
    """The event's host, who decides."""
    city: Slug
    """The guest, who asks."""
    mode: SeatMode
    """The kind of seats."""
    status: RequestStatus
    """Where the request stands."""
    delegates: tuple[Delegate, ...] = ()
    """In person: the people, by rank, without the people."""
    heads: dict[AudienceRole, int] = Field(default_factory=dict)
    """Remote: how many by role."""
    wanted: Count
    """Seats asked for."""
    granted: Count = 0
    """Seats given, confirmed ones among them."""
    confirmed: Count = 0
    """Seats that the city said it takes."""
    waiting: Count = 0
    """Approved by the host, without a seat."""
    min_viable: Annotated[int, Field(ge=1)] = 1
    """With fewer seats the city would rather not come: they are offered, not granted."""
    schedule_revision: Annotated[int, Field(ge=1)]
    """The newest schedule that the city has agreed to."""
    priority: int = 0
    """The host's; a higher one is served first."""
    submitted_at: AwareDatetime | None = None
    """Its place in time."""
    decided_at: AwareDatetime | None = None
    """When the host decided last."""
    decision_no: Count = 0
    """Counts the host's decisions."""
    reason: Slug | None = None
    """The last decision's reason, a code."""
    offer: Offer | None = None
    """The open one."""
    reconfirm_by: AwareDatetime | None = None
    """Until then the city says whether it comes to the new schedule."""
    overdue_at: AwareDatetime | None = None
    """When the host had not decided by the deadline."""
    escalated_at: AwareDatetime | None = None
    """From then on the moderator may decide as well."""
    redirected_to: UUID | None = None
    """The event that the host sent the city to."""
    redirected_from: UUID | None = None
    """The request that this one continues; it keeps that one's place in time."""
    attended: Count | None = None
    """People who came, once attendance is recorded."""
    feedback: Feedback | None = None
    """What the city said afterwards."""


class RequestFact(Fact):
    """Something happened to a participation request."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "request"

    request: Request
    """The request after the change."""

    @property
    def key(self) -> str:
        """The request's id."""
        return str(self.request.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The guest and the host."""
        return self.request.city, self.request.host


class RequestSubmitted(RequestFact):
    """A city asked to attend."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestUpdated(RequestFact):
    """A request changed in a way that moves no seat."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestApproved(RequestFact):
    """Seats were granted, by the host's decision or by promotion; some delegates may also wait."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestOffered(RequestFact):
    """Fewer seats than the city finds viable are held for it."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestWaitlisted(RequestFact):
    """The host approved, but no seat is free: promotion needs no second decision."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestRejected(RequestFact):
    """The host said no, for a reason."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestRedirected(RequestFact):
    """The host sent the city to another event, where a prefilled request keeps its place in time."""

    audience: ClassVar[Audience] = Audience.PARTY


class DecisionOverdue(RequestFact):
    """The host has not decided by ``decide_by``."""

    audience: ClassVar[Audience] = Audience.PARTY


class DecisionEscalated(RequestFact):
    """The host is still silent: from now on the moderator may decide."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestConfirmed(RequestFact):
    """The city will come with those granted."""

    audience: ClassVar[Audience] = Audience.PARTY


class OfferAccepted(RequestFact):
    """The city comes with as many as seats were held for."""

    audience: ClassVar[Audience] = Audience.PARTY


class OfferDeclined(RequestFact):
    """The city let the offered seats go; its claim ends."""

    audience: ClassVar[Audience] = Audience.PARTY


class OfferExpired(RequestFact):
    """The city did not take the offered seats in time; its claim ends."""

    audience: ClassVar[Audience] = Audience.PARTY


class ReconfirmationRequested(RequestFact):
    """The event was rescheduled: the city says by ``reconfirm_by`` whether it still comes."""

    audience: ClassVar[Audience] = Audience.PARTY


class DelegateReplaced(RequestFact):
    """Another person comes in a delegate's place; no seat moved."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestReleased(RequestFact):
    """Seats of the city went back: it let some go, or did not confirm in time."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestWithdrawn(RequestFact):
    """The city took its request back."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestExpired(RequestFact):
    """Nobody decided in time."""

    audience: ClassVar[Audience] = Audience.PARTY


class RequestClosed(RequestFact):
    """The event will not take place."""

    audience: ClassVar[Audience] = Audience.PARTY


class AttendanceRecorded(RequestFact):
    """The host said who came."""

    audience: ClassVar[Audience] = Audience.PARTY


class FeedbackReceived(RequestFact):
    """The city said what the event gave it."""

    audience: ClassVar[Audience] = Audience.PARTY


class Ledger(State):
    """The seats of one event in one mode. No ``capacity`` = unlimited. ``granted + held ≤ capacity``."""

    event: UUID
    """Whose seats, by id."""
    host: Slug
    """The event's host."""
    mode: SeatMode
    """The kind of seats."""
    capacity: Annotated[int, Field(ge=1)] | None = None
    """How many in all; none: unlimited."""
    granted: Count = 0
    """Given to cities."""
    held: Count = 0
    """Held by open offers."""
    waiting: Count = 0
    """People approved without a seat."""
    closed: bool = False
    """Whether no seat moves any more."""


class LedgerFact(Fact):
    """Something happened to the seats of an event."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "ledger"

    ledger: Ledger
    """The seats after the change."""

    @property
    def key(self) -> str:
        """Event and mode."""
        return f"{self.ledger.event}-{self.ledger.mode}"

    @property
    def parties(self) -> tuple[str, str]:
        """The host."""
        return self.ledger.host, NOBODY


class SeatsChanged(LedgerFact):
    """The count of seats of an event changed."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CapacityAnswer(State):
    """The ledger's answer to one numbered request for capacity, with the seats granted at that moment."""

    event: UUID
    """Whose seats, by id."""
    host: Slug
    """The event's host."""
    no: Annotated[int, Field(ge=1)]
    """The request that is answered."""
    applied: bool
    """Whether the seats asked for are in force."""
    granted: dict[SeatMode, int] = Field(default_factory=dict)
    """Seats granted at that moment, by kind."""


class CapacityFact(Fact):
    """The ledger answered. ``aggregate_version`` equals ``answer.no``: answers come in the order of requests."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "capacity"

    answer: CapacityAnswer
    """What the ledger says."""

    @property
    def key(self) -> str:
        """The event's id."""
        return str(self.answer.event)

    @property
    def parties(self) -> tuple[str, str]:
        """The host."""
        return self.answer.host, NOBODY


class CapacityApplied(CapacityFact):
    """The seats asked for are in force."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class CapacityRefused(CapacityFact):
    """More seats are granted or held than were asked for: nothing changed."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class NeedStatus(StrEnum):
    """Where a learning need stands. ``answered`` may still be closed; ``closed`` is final."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Backer(State):
    """A city that wants to learn the same, and how many of its people."""

    city: Slug
    """Which wants to learn the same."""
    heads: Annotated[int, Field(ge=1)]
    """How many people it would send."""
    backed_at: AwareDatetime
    """Since when."""


class Need(State):
    """A theme that a city wants to learn, open to offers. Its words stay in requests. Days are calendar days."""

    id: UUID
    """Never changes."""
    city: Slug
    """Which wants to learn."""
    topic: Slug
    """Its slug."""
    roles: tuple[AudienceRole, ...]
    """Who would learn."""
    heads: Annotated[int, Field(ge=1)]
    """How many people it would send."""
    mode: Mode
    """How they would take part."""
    not_before: date
    """The first day that suits."""
    not_after: date
    """The last day that suits."""
    status: NeedStatus
    """Where the need stands."""
    posted_at: AwareDatetime
    """When it was posted."""
    backers: tuple[Backer, ...] = ()
    """Other cities that want to learn the same."""
    invited: tuple[Slug, ...] = ()
    """Cities with a practice on the topic that were asked to host."""
    answered_by: UUID | None = None
    """The event that answers it."""
    closed_for: Slug | None = None
    """The reason's code."""


class NeedFact(Fact):
    """Something happened to a learning need."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "need"

    need: Need
    """The need after the change."""

    @property
    def key(self) -> str:
        """The need's id."""
        return str(self.need.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city that wants to learn."""
        return self.need.city, NOBODY


class NeedPosted(NeedFact):
    """A city said what it wants to learn, or the event that answered it will not take place."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class NeedBacked(NeedFact):
    """Another city wants to learn the same, or no longer does; or one more city was asked to host."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class NeedAnswered(NeedFact):
    """An event was announced that answers the need."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class NeedClosed(NeedFact):
    """A need is looked after no longer."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class HostInvitation(State):
    """A city with a practice on a need's topic is asked to host an event that answers it."""

    need: UUID
    """Which need, by id."""
    city: Slug
    """Which is asked to host."""
    asked_by: Slug
    """Which wants to learn."""
    topic: Slug
    """The need's, a slug."""
    backers: Count
    """How many cities back the need."""
    invited_at: AwareDatetime
    """When it was asked."""


class InvitationFact(Fact):
    """A city is asked to host. There is one invitation a need and city, and it does not change."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "invitation"

    invitation: HostInvitation
    """The invitation."""

    @property
    def key(self) -> str:
        """Need and invited city."""
        return f"{self.invitation.need}-{self.invitation.city}"

    @property
    def parties(self) -> tuple[str, str]:
        """The invited city and the city that wants to learn."""
        return self.invitation.city, self.invitation.asked_by


class HostInvited(InvitationFact):
    """Enough cities back a need: one that has a practice on its topic is asked to host."""

    audience: ClassVar[Audience] = Audience.PARTY


class Erasure(State):
    """An act of destruction of personal data (152-FZ, article 21): how much, of which request, and why; never whose."""

    id: UUID
    """The act's."""
    request: UUID
    """Whose delegates, by id."""
    city: Slug
    """Whose people they were."""
    people: Count
    """How many."""
    cause: Literal["purge", "erasure"]
    """The time that passed, or somebody's wish."""
    erased_at: AwareDatetime
    """When."""
    number: Annotated[int, Field(ge=1)] | None = None
    """The act's, within the service."""
    delegates: tuple[UUID, ...] = ()
    """By the ids that the request's facts have; none: all of the request."""


class ErasureFact(Fact):
    """Personal data were destroyed. There is one fact an act."""

    service: ClassVar[str] = "requests"
    aggregate: ClassVar[str] = "erasure"

    erasure: Erasure
    """The act."""

    @property
    def key(self) -> str:
        """The act's id."""
        return str(self.erasure.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city whose people they were."""
        return self.erasure.city, NOBODY


class PersonalDataErased(ErasureFact):
    """Names and needs of delegates were destroyed; the act is kept in requests."""

    audience: ClassVar[Audience] = Audience.INTERNAL
