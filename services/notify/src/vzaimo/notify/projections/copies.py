"""Notify's copies of other services' aggregates. Final states stay, with their version."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, Table
from sqlmodel import Field

from vzaimo.kit.inbound import Copy
from vzaimo.kit.roles import RoleRow, role_columns
from vzaimo.kit.tables import json_column, table_of
from vzaimo.notify.store import Model


class CityCopyRow(Model, table=True):
    """A city."""

    __tablename__ = "city_copy"

    id: str = Field(primary_key=True, max_length=64)
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


class ContactCopyRow(Model, table=True):
    """How a person is reached. After erasure only the reference stays, with its version."""

    __tablename__ = "contact_copy"

    person: str = Field(primary_key=True, max_length=32)
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    locale: str
    version: int


class EventCopyRow(Model, table=True):
    """An event."""

    __tablename__ = "event_copy"

    id: str = Field(primary_key=True, max_length=36)
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


class RequestCopyRow(Model, table=True):
    """A participation request, without people."""

    __tablename__ = "request_copy"
    __table_args__ = (Index("ix_request_copy_event", "event"),)

    id: str = Field(primary_key=True, max_length=36)
    event: UUID
    host: str
    city: str
    status: str
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


class PracticeCopyRow(Model, table=True):
    """A practice."""

    __tablename__ = "practice_copy"

    id: str = Field(primary_key=True, max_length=36)
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


class AdoptionCopyRow(Model, table=True):
    """How a city puts another's practice to use."""

    __tablename__ = "adoption_copy"

    id: str = Field(primary_key=True, max_length=36)
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


class NeedCopyRow(Model, table=True):
    """What a city wants to learn."""

    __tablename__ = "need_copy"

    id: str = Field(primary_key=True, max_length=36)
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


class InvitationCopyRow(Model, table=True):
    """A city that is asked to host."""

    __tablename__ = "invitation_copy"

    id: str = Field(primary_key=True, max_length=101)
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


class ErasureCopyRow(Model, table=True):
    """An act of destruction of personal data."""

    __tablename__ = "erasure_copy"

    id: str = Field(primary_key=True, max_length=36)
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


class TopicCopyRow(Model, table=True):
    """A theme of the programme."""

    __tablename__ = "topic_copy"

    id: str = Field(primary_key=True, max_length=64)
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


ROLE, CITY, CONTACT = table_of(RoleRow), table_of(CityCopyRow), table_of(ContactCopyRow)
EVENT, REQUEST, PRACTICE = table_of(EventCopyRow), table_of(RequestCopyRow), table_of(PracticeCopyRow)
ADOPTION, NEED, TOPIC = table_of(AdoptionCopyRow), table_of(NeedCopyRow), table_of(TopicCopyRow)
INVITATION, ERASURE = table_of(InvitationCopyRow), table_of(ErasureCopyRow)


def _whole(table: Table, part: str) -> Copy:
    """A copy that keeps an aggregate's whole public state."""

    def row(fact: Any) -> dict[str, Any]:
        state = getattr(fact, part).model_dump(mode="json")
        return {"id": fact.key, "state": state, "version": fact.aggregate_version}

    return Copy(table, row)


def _request(fact: Any) -> dict[str, Any]:
    request = fact.request
    return {
        "id": fact.key,
        "event": request.event,
        "host": request.host,
        "city": request.city,
        "status": request.status.value,
        "state": request.model_dump(mode="json"),
        "version": fact.aggregate_version,
    }


def _role(fact: Any) -> dict[str, Any]:
    return {**role_columns(fact.role), "version": fact.aggregate_version}


def _contact(fact: Any) -> dict[str, Any]:
    contact = fact.contact
    return {
        "person": contact.person,
        "email": contact.email,
        "name": contact.name,
        "phone": contact.phone,
        "locale": contact.locale,
        "version": fact.aggregate_version,
    }


CITIES, ROLES, CONTACTS = _whole(CITY, "city"), Copy(ROLE, _role), Copy(CONTACT, _contact)
EVENTS, REQUESTS, PRACTICES = _whole(EVENT, "event"), Copy(REQUEST, _request), _whole(PRACTICE, "practice")
ADOPTIONS, NEEDS, TOPICS = _whole(ADOPTION, "adoption"), _whole(NEED, "need"), _whole(TOPIC, "topic")
INVITATIONS, ERASURES = _whole(INVITATION, "invitation"), _whole(ERASURE, "erasure")
