"""Registry's own rows, and how they become state and back.

Each aggregate's row carries ``version``; saving under a version that is no longer there is a ``Conflict``.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, String, Text, select
from sqlmodel import Field, SQLModel

from vzaimo.contracts.registry import (
    Agreement,
    City,
    CityStatus,
    Contact,
    Indicator,
    Organisation,
    PersonRole,
    Practice,
    PracticeStatus,
    Topic,
)
from vzaimo.kit.roles import RoleRow
from vzaimo.kit.tables import json_column, new_registry, table_of
from vzaimo.registry.domain.people import Invitation
from vzaimo.registry.domain.practices import PracticeState


class Model(SQLModel, registry=new_registry()):
    """Ground of registry's tables."""


class CityRow(Model, table=True):
    """A city, and who applied for it."""

    __tablename__ = "city"
    __table_args__ = (Index("ix_city_status", "status", "id"),)

    id: str = Field(primary_key=True, max_length=64)
    name: str
    region: str
    region_iso: str | None = None
    timezone: str
    latitude: float | None = None
    longitude: float | None = None
    authority: str | None = None
    status: str = Field(sa_column=Column(String(24), nullable=False))
    suspended_for: str | None = None
    agreement_number: str | None = None
    agreement_signed_on: date | None = None
    agreement_valid_until: date | None = None
    applicant: str | None = Field(default=None, max_length=32)
    created_at: datetime
    version: int


class ContactRow(Model, table=True):
    """How a person is reached at work. After erasure only the reference stays, with its version."""

    __tablename__ = "contact"

    person: str = Field(primary_key=True, max_length=32)
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    locale: str = "ru"
    version: int


class InvitationRow(Model, table=True):
    """An invitation and the mail that carries it."""

    __tablename__ = "invitation"
    __table_args__ = (
        Index("ix_invitation_city", "city", "id"),
        Index("ix_invitation_mail_due_at", "mail_due_at"),
    )

    id: UUID = Field(primary_key=True)
    role: str
    city: str | None = None
    email: str
    invited_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    accepted_at: datetime | None = None
    mail_due_at: datetime | None = None
    """When the mail is to be tried (again); none when it is sent, given up or pointless."""
    mail_attempts: int = 0
    mail_sent_at: datetime | None = None
    version: int


class OrganisationRow(Model, table=True):
    """A place that a city names."""

    __tablename__ = "organisation"
    __table_args__ = (Index("ix_organisation_city", "city", "id"),)

    id: UUID = Field(primary_key=True)
    city: str
    name: str
    kind: str
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    version: int


class TopicRow(Model, table=True):
    """A theme of the programme."""

    __tablename__ = "topic"

    id: str = Field(primary_key=True, max_length=64)
    name: str
    name_en: str | None = None
    retired: bool = False
    version: int


class PracticeRow(Model, table=True):
    """What a city does well, texts included."""

    __tablename__ = "practice"
    __table_args__ = (Index("ix_practice_city", "city", "id"), Index("ix_practice_status", "status", "id"))

    id: UUID = Field(primary_key=True)
    city: str
    title: str
    topics: list[str] = Field(sa_column=json_column())
    audience: list[str] = Field(sa_column=json_column())
    indicators: list[dict[str, Any]] = Field(sa_column=json_column())
    status: str
    published_at: datetime | None = None
    review_round: int = 0
    summary: str = Field(default="", sa_column=Column(Text, nullable=False))
    does_not_apply: str = Field(default="", sa_column=Column(Text, nullable=False))
    baseline_reasons: list[str | None] = Field(default_factory=list, sa_column=json_column())
    remark: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    version: int


class PracticeTopicRow(Model, table=True):
    """Which practices are on a topic: the list by topic reads this, by key."""

    __tablename__ = "practice_topic"

    topic: str = Field(primary_key=True, max_length=64)
    practice: UUID = Field(primary_key=True)


CITY, CONTACT, INVITATION = table_of(CityRow), table_of(ContactRow), table_of(InvitationRow)
ORGANISATION, TOPIC, PRACTICE = table_of(OrganisationRow), table_of(TopicRow), table_of(PracticeRow)
PRACTICE_TOPIC, ROLE = table_of(PracticeTopicRow), table_of(RoleRow)


def city_of(row: Any) -> City:
    """A city from its row."""
    agreement = None
    if row.agreement_number is not None:
        agreement = Agreement(
            number=row.agreement_number, signed_on=row.agreement_signed_on, valid_until=row.agreement_valid_until
        )
    return City(
        id=row.id,
        name=row.name,
        region=row.region,
        region_iso=row.region_iso,
        timezone=row.timezone,
        latitude=row.latitude,
        longitude=row.longitude,
        authority=row.authority,
        status=CityStatus(row.status),
        suspended_for=row.suspended_for,
        agreement=agreement,
    )


def city_columns(city: City) -> dict[str, Any]:
    """A city as columns."""
    agreement = city.agreement
    return {
        **city.model_dump(exclude={"agreement", "status"}),
        "status": city.status.value,
        "agreement_number": agreement.number if agreement else None,
        "agreement_signed_on": agreement.signed_on if agreement else None,
        "agreement_valid_until": agreement.valid_until if agreement else None,
    }


def contact_of(row: Any) -> Contact:
    """A contact from its row."""
    return Contact(person=row.person, email=row.email, name=row.name, phone=row.phone, locale=row.locale)


def invitation_of(row: Any) -> Invitation:
    """An invitation from its row."""
    return Invitation(row.id, row.role, row.city, row.email, row.expires_at, row.revoked_at, row.accepted_at)


def organisation_of(row: Any) -> Organisation:
    """An organisation from its row."""
    return Organisation.model_validate(row, from_attributes=True)


def topic_of(row: Any) -> Topic:
    """A topic from its row."""
    return Topic.model_validate(row, from_attributes=True)


def practice_of(row: Any) -> PracticeState:
    """A practice from its row."""
    return PracticeState(
        public=Practice(
            id=row.id,
            city=row.city,
            title=row.title,
            topics=tuple(row.topics),
            audience=tuple(row.audience),
            indicators=tuple(Indicator(**indicator) for indicator in row.indicators),
            status=PracticeStatus(row.status),
            published_at=row.published_at,
            review_round=row.review_round,
        ),
        summary=row.summary,
        does_not_apply=row.does_not_apply,
        baseline_reasons=tuple(row.baseline_reasons),
        remark=row.remark,
    )


def practice_columns(state: PracticeState) -> dict[str, Any]:
    """A practice as columns."""
    public = state.public
    return {
        "id": public.id,
        "city": public.city,
        "title": public.title,
        "topics": list(public.topics),
        "audience": list(public.audience),
        "indicators": [indicator.model_dump() for indicator in public.indicators],
        "status": public.status.value,
        "published_at": public.published_at,
        "review_round": public.review_round,
        "summary": state.summary,
        "does_not_apply": state.does_not_apply,
        "baseline_reasons": list(state.baseline_reasons),
        "remark": state.remark,
    }


def role_of(row: Any) -> PersonRole:
    """A role from its row."""
    return PersonRole(
        id=row.id,
        person=row.person,
        city=row.city,
        role=row.role,
        scopes=tuple(row.scopes),
        granted_at=row.granted_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )


def locked(table: Any, key: Any) -> Any:
    """Select an aggregate's row for a decision: whoever else wants to change it waits."""
    return select(table).where(next(iter(table.primary_key)) == key).with_for_update()
