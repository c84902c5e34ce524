"""Facts of registry: which cities take part, who acts for them, what they do well.

Contact data travel in a stream of their own, ``CONTACTS``, that keeps only the last message of a person.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from vzaimo.contracts.event import NOBODY, Audience, Fact, PersonRef, Slug, State

CONTACTS = "CONTACTS"
"""The stream of contact data: readable by notify alone, one message a person, never dead-lettered."""


class CityStatus(StrEnum):
    """Where a city stands in the programme. ``withdrawn`` is final."""

    APPLIED = "applied"
    AGREEMENT_PENDING = "agreement_pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


class Agreement(State):
    """The document by which a city takes part. Without ``valid_until`` it does not lapse."""

    number: str
    """As it stands on the document."""
    signed_on: date
    """The day of the signature."""
    valid_until: date | None = None
    """The last day on which it holds; none: it does not lapse."""


class City(State):
    """A member education authority. ``timezone`` is an IANA name, coordinates are WGS 84 degrees."""

    id: Slug
    """A slug that never changes; names the city in subjects and in all other facts."""
    name: str
    """In Russian."""
    region: str
    """The subject of the Federation, in Russian."""
    region_iso: str | None = None
    """The region by ISO 3166-2: ``RU-UD``."""
    timezone: str
    """An IANA name."""
    latitude: float | None = None
    """WGS 84 degrees."""
    longitude: float | None = None
    """WGS 84 degrees."""
    authority: str | None = None
    """The education authority that takes part for the city."""
    status: CityStatus
    """Where the city stands in the programme."""
    suspended_for: Slug | None = None
    """Why the city is suspended: ``agreement-lapsed`` ends by a new agreement, any other reason by the moderator."""
    agreement: Agreement | None = None
    """The one in force, or the last."""
    lapse_warned_at: AwareDatetime | None = None
    """When the city was told that its agreement is about to lapse; none again with a new agreement."""


class CityFact(Fact):
    """Something happened to a city."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "city"

    city: City
    """The city after the change."""

    @property
    def key(self) -> str:
        """The city's slug."""
        return self.city.id

    @property
    def parties(self) -> tuple[str, str]:
        """The city itself."""
        return self.city.id, NOBODY


class CityApplied(CityFact):
    """A city asked to take part."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CityUpdated(CityFact):
    """A city's profile changed, or it was admitted and its agreement is awaited."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class AgreementSigned(CityFact):
    """A city's agreement was signed, the first or a new one."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CityActivated(CityFact):
    """A city takes part from now on."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class AgreementLapsing(CityFact):
    """A city's agreement lapses within 30 days."""

    audience: ClassVar[Audience] = Audience.PARTY


class CitySuspended(CityFact):
    """A city takes part no longer for a while: what it has begun goes on, nothing new begins."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CityReinstated(CityFact):
    """A suspended city takes part again."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class CityWithdrawn(CityFact):
    """A city takes part no longer, or its application was declined."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class PersonRole(State):
    """One role of one person. A moderator's has no city; ``scopes`` belong to a city's service client."""

    id: UUID
    """The role's, not the person's."""
    person: PersonRef
    """A reference; nothing about the person."""
    city: Slug | None = None
    """For which the person acts; a moderator's role has none."""
    role: Literal["moderator", "coordinator", "viewer", "service"]
    """What the person may do."""
    scopes: tuple[Slug, ...] = ()
    """Of a city's service client: what it may do."""
    granted_at: AwareDatetime
    """From then on."""
    expires_at: AwareDatetime | None = None
    """Until then, if at all."""
    ended_at: AwareDatetime | None = None
    """When it was taken away."""


class RoleFact(Fact):
    """Something happened to a person's role."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "role"

    role: PersonRole
    """The role after the change."""

    @property
    def key(self) -> str:
        """The role's id."""
        return str(self.role.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city that the role is for."""
        return self.role.city or NOBODY, NOBODY


class RoleGranted(RoleFact):
    """A person may act from now on."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class RoleEnded(RoleFact):
    """A person may act no longer."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class Contact(State):
    """How a person is reached at work. After erasure only ``person`` is left."""

    person: PersonRef
    """The reference that the person's roles have."""
    email: str | None = None
    """At work."""
    name: str | None = None
    """As the person gave it."""
    phone: str | None = None
    """At work."""
    locale: Literal["ru", "en"] = "ru"
    """In which language the person is written to."""


class ContactFact(Fact):
    """A person's contact data. One subject a person, whatever happened, so that the stream keeps the last only."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "contact"
    stream: ClassVar[str] = CONTACTS
    fact_word: ClassVar[str] = "contact"

    contact: Contact
    """The contact data after the change."""

    @property
    def key(self) -> str:
        """The person's reference."""
        return self.contact.person


class ContactChanged(ContactFact):
    """A person's contact data are these from now on."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class ContactErased(ContactFact):
    """A person's contact data are to be forgotten."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class Topic(State):
    """A theme of the programme; its id is a slug."""

    id: Slug
    """A slug that never changes."""
    name: str
    """In Russian."""
    name_en: str | None = None
    """In English, if there is one."""
    retired: bool = False
    """Whether it is no longer offered; it may come back."""


class TopicFact(Fact):
    """Something happened to a topic."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "topic"

    topic: Topic
    """The topic after the change."""

    @property
    def key(self) -> str:
        """The topic's slug."""
        return self.topic.id


class TopicChanged(TopicFact):
    """A topic was added, renamed or retired."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class OrganisationKind(StrEnum):
    """What an organisation is."""

    SCHOOL = "school"
    COMPLEX = "complex"
    SCIENCE = "science"
    CULTURE = "culture"
    BUSINESS = "business"


class Organisation(State):
    """Where events take place. Coordinates are WGS 84 degrees."""

    id: UUID
    """Never changes."""
    city: Slug
    """Where it is."""
    name: str
    """In Russian."""
    kind: OrganisationKind
    """What it is."""
    address: str | None = None
    """In Russian, as on a letter."""
    latitude: float | None = None
    """WGS 84 degrees."""
    longitude: float | None = None
    """WGS 84 degrees."""


class OrganisationFact(Fact):
    """Something happened to an organisation."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "organisation"

    organisation: Organisation
    """The organisation after the change."""

    @property
    def key(self) -> str:
        """The organisation's id."""
        return str(self.organisation.id)

    @property
    def parties(self) -> tuple[str, str]:
        """Its city."""
        return self.organisation.city, NOBODY


class OrganisationRegistered(OrganisationFact):
    """A city named an organisation."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class OrganisationUpdated(OrganisationFact):
    """An organisation's data changed."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class PracticeStatus(StrEnum):
    """Where a practice stands on its way to publication."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Indicator(State):
    """What shows that a practice works. A missing ``baseline_year`` has a reason, kept in registry."""

    name: str
    """What is measured, in Russian."""
    unit: str
    """In which it is measured: ``%``."""
    baseline: float
    """The value before."""
    baseline_year: int | None = None
    """The year of the value before."""
    result: float
    """The value reached."""
    result_year: int
    """The year of the value reached."""
    evidence: str | None = None
    """A link to where this can be checked."""


class Practice(State):
    """What a city does well. Texts beyond the title stay in registry."""

    id: UUID
    """Never changes."""
    city: Slug
    """Whose practice it is."""
    title: str
    """In Russian."""
    topics: tuple[Slug, ...]
    """Their slugs."""
    audience: tuple[Slug, ...]
    """Whom it is for: roles."""
    indicators: tuple[Indicator, ...]
    """What shows that it works."""
    status: PracticeStatus
    """Where it stands."""
    published_at: AwareDatetime | None = None
    """When it was first published."""
    review_round: Annotated[int, Field(ge=0)] = 0
    """How often it was submitted for review."""
    confirmed_at: AwareDatetime | None = None
    """When its city last said that it is current; the publication counts."""
    stale_since: AwareDatetime | None = None
    """Twelve months after that; none again once the city confirms it."""


class PracticeFact(Fact):
    """Something happened to a practice."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "practice"

    practice: Practice
    """The practice after the change."""

    @property
    def key(self) -> str:
        """The practice's id."""
        return str(self.practice.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city whose practice it is."""
        return self.practice.city, NOBODY


class PracticeSubmitted(PracticeFact):
    """A city asks the moderator to review a practice."""

    audience: ClassVar[Audience] = Audience.INTERNAL


class PracticeReturned(PracticeFact):
    """The moderator gave a practice back with a remark (which stays in registry)."""

    audience: ClassVar[Audience] = Audience.PARTY


class PracticeAnnounced(PracticeFact):
    """A practice was published."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class PracticeUpdated(PracticeFact):
    """A published practice changed."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class PracticeArchived(PracticeFact):
    """A practice is no longer offered; who did it stays known."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class PracticeStale(PracticeFact):
    """A practice was not confirmed as current for twelve months."""

    audience: ClassVar[Audience] = Audience.PARTY


class Measurement(State):
    """What an adoption gave: the practice's indicator, measured again some months after the start."""

    after_months: Literal[6, 12]
    """So long after the start."""
    value: float
    """In the adoption's unit."""
    measured_on: date
    """The day of the measurement."""


class Adoption(State):
    """A city puts another city's practice to use. ``city`` adopts, ``source`` is the practice's city.

    ``indicator`` and ``unit`` are the practice's own; ``baseline`` is the adopting city's value before it began.
    """

    id: UUID
    """Never changes."""
    practice: UUID
    """What is put to use."""
    source: Slug
    """The city whose practice it is."""
    city: Slug
    """The city that adopts."""
    indicator: str
    """The name of the practice's indicator that is measured."""
    unit: str
    """In which it is measured."""
    baseline: float
    """The adopting city's value before."""
    baseline_year: int
    """The year of that value."""
    committed_at: AwareDatetime
    """When the city committed itself."""
    measurements: tuple[Measurement, ...] = ()
    """What was reported so far."""
    due: Literal[6, 12] | None = None
    """The measurement that the city owes now."""


class AdoptionFact(Fact):
    """Something happened to an adoption."""

    service: ClassVar[str] = "registry"
    aggregate: ClassVar[str] = "adoption"

    adoption: Adoption
    """The adoption after the change."""

    @property
    def key(self) -> str:
        """The adoption's id."""
        return str(self.adoption.id)

    @property
    def parties(self) -> tuple[str, str]:
        """The city that adopts and the city whose practice it is."""
        return self.adoption.city, self.adoption.source


class PracticeAdopted(AdoptionFact):
    """A city committed to another city's practice."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class AdoptionMeasured(AdoptionFact):
    """A city reported what an adoption gave."""

    audience: ClassVar[Audience] = Audience.PUBLIC


class MeasurementDue(AdoptionFact):
    """A city is to report what an adoption gave."""

    audience: ClassVar[Audience] = Audience.PARTY


class MeasurementWaived(AdoptionFact):
    """A city that owed a report has left: it is asked no longer."""

    audience: ClassVar[Audience] = Audience.PARTY
