"""Requests: where they stand, delegate by delegate, without names."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from vzaimo.contracts.calendar import AudienceRole, SeatMode
from vzaimo.contracts.event import Audience, Fact, Slug, State

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
    seats_this_season: Count | None = None
    """Where the queue is fair: the city's confirmed seats of the season, as they were when the queue last placed it."""
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
    confirm_by: AwareDatetime | None = None
    """Until then the city confirms the seats that it was granted; none where nothing is to be confirmed in time."""
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
