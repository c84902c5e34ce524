"""What goes over HTTP: bodies of commands, and views."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, EmailStr, Field, StringConstraints

from vzaimo.contracts.calendar import AudienceRole
from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import Agreement, CityStatus, Indicator, OrganisationKind, PracticeStatus
from vzaimo.kit.http import Body, Flag, Int, Number

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9 ()\-]{5,30}$")]
Latitude = Annotated[Number, Field(ge=-90, le=90)]
Longitude = Annotated[Number, Field(ge=-180, le=180)]
Year = Annotated[Int, Field(ge=1990, le=2100)]
RegionCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]
Locale = Literal["ru", "en"]
Scope = Literal["read", "events", "requests", "practices", "organisations", "needs", "webhooks"]


class Profile(Body):
    """What a city says of itself. ``timezone`` is an IANA name, ``region_iso`` a code of ISO 3166-2."""

    name: Line
    region: Line
    region_iso: RegionCode | None = None
    timezone: Line
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    authority: Line | None = None


class ContactBody(Body):
    """How the applicant is reached; the e-mail comes from the token."""

    name: Line
    phone: Phone | None = None
    locale: Locale = "ru"


class Application(Profile):
    """A city's application."""

    id: Slug
    contact: ContactBody


class ProfileChange(Body):
    """The fields to change; the others stay."""

    name: Line | None = None
    region: Line | None = None
    region_iso: RegionCode | None = None
    timezone: Line | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    authority: Line | None = None


class AgreementBody(Body):
    """A signed agreement; days are the city's own."""

    number: Line
    signed_on: date
    valid_until: date | None = None


class InvitationBody(Body):
    """Whom to invite to what."""

    role: Literal["moderator", "coordinator", "viewer"]
    city: Slug | None = None
    email: EmailStr


class Acceptance(Body):
    """The secret from the mail, and how the person is reached."""

    secret: Annotated[str, StringConstraints(min_length=16, max_length=200)]
    name: Line
    phone: Phone | None = None
    locale: Locale = "ru"


class ClientBody(Body):
    """A city's client program. ``client_id`` is the subject of its tokens."""

    client_id: Line
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=20)]
    expires_at: AwareDatetime


class OrganisationBody(Body):
    """A place."""

    city: Slug
    name: Line
    kind: OrganisationKind
    address: Line | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class OrganisationChange(Body):
    """The fields to change; the others stay."""

    name: Line | None = None
    kind: OrganisationKind | None = None
    address: Line | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class TopicBody(Body):
    """A topic's names."""

    name: Line
    name_en: Line | None = None
    retired: Flag = False


class IndicatorBody(Body):
    """An indicator; without ``baseline_year`` it needs ``baseline_reason``."""

    name: Line
    unit: Line
    baseline: Number
    baseline_year: Year | None = None
    baseline_reason: Line | None = None
    result: Number
    result_year: Year
    evidence: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=500)] | None = None


class PracticeBody(Body):
    """A practice as its city describes it."""

    city: Slug
    title: Line
    topics: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    audience: Annotated[tuple[AudienceRole, ...], Field(max_length=5)] = ()
    indicators: Annotated[tuple[IndicatorBody, ...], Field(max_length=30)] = ()
    summary: Prose = ""
    does_not_apply: Prose = ""


class Remark(Body):
    """Why a practice is given back."""

    remark: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class CityView(BaseModel):
    """A city."""

    id: str
    name: str
    region: str
    region_iso: str | None
    timezone: str
    latitude: float | None
    longitude: float | None
    authority: str | None
    status: CityStatus
    suspended_for: str | None
    agreement: Agreement | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        agreement = None
        if row.agreement_number is not None:
            agreement = Agreement(
                number=row.agreement_number, signed_on=row.agreement_signed_on, valid_until=row.agreement_valid_until
            )
        return cls.model_validate({**row._mapping, "agreement": agreement})  # noqa: SLF001 - SQLAlchemy's public name


class OrganisationView(BaseModel):
    """A place."""

    id: UUID
    city: str
    name: str
    kind: OrganisationKind
    address: str | None
    latitude: float | None
    longitude: float | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)


class TopicView(BaseModel):
    """A topic."""

    id: str
    name: str
    name_en: str | None
    retired: bool
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)


class IndicatorView(Indicator):
    """An indicator with the reason for a missing baseline year."""

    baseline_reason: str | None = None


class PracticeView(BaseModel):
    """A practice. ``remark`` is for its city and the moderator."""

    id: UUID
    city: str
    title: str
    topics: list[str]
    audience: list[str]
    indicators: list[IndicatorView]
    status: PracticeStatus
    published_at: datetime | None
    review_round: int
    summary: str
    does_not_apply: str
    remark: str | None = None
    version: int

    @classmethod
    def of(cls, row: Any, *, own: bool) -> Self:
        """From its row."""
        reasons = [*row.baseline_reasons, *[None] * len(row.indicators)]
        indicators = [
            IndicatorView(**indicator, baseline_reason=reason)
            for indicator, reason in zip(row.indicators, reasons, strict=False)
        ]
        fields = {**row._mapping, "indicators": indicators}  # noqa: SLF001 - SQLAlchemy's public name
        return cls.model_validate(fields if own else {**fields, "remark": None})


class InvitationView(BaseModel):
    """An invitation, without its secret."""

    id: UUID
    role: str
    city: str | None
    email: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    accepted_at: datetime | None
    mail_sent_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)


class RoleView(BaseModel):
    """A role of the caller."""

    id: UUID
    role: str
    city: str | None
    scopes: list[str]
    granted_at: datetime
    expires_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: Any) -> Self:
        """From its row."""
        return cls.model_validate(row, from_attributes=True)


class PersonView(RoleView):
    """Who acts for a city, with work contacts."""

    name: str | None
    email: str | None
    phone: str | None


class Me(BaseModel):
    """The caller: the reference by which facts name them, and roles."""

    person: str
    roles: list[RoleView]
