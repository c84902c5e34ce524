"""Notify's copies of other services' aggregates. Final states stay, with their version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlmodel import Field

from vzaimo.kit.database import Transaction
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

    id: str = Field(primary_key=True, max_length=36)
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


class PracticeCopyRow(Model, table=True):
    """A practice."""

    __tablename__ = "practice_copy"

    id: str = Field(primary_key=True, max_length=36)
    state: dict[str, Any] = Field(sa_column=json_column())
    version: int


ROLE, CITY, CONTACT = table_of(RoleRow), table_of(CityCopyRow), table_of(ContactCopyRow)
EVENT, REQUEST, PRACTICE = table_of(EventCopyRow), table_of(RequestCopyRow), table_of(PracticeCopyRow)


def _whole(table: Table, part: str) -> Copy:
    """A copy that keeps an aggregate's whole public state."""

    def row(fact: Any) -> dict[str, Any]:
        state = getattr(fact, part)
        return {"id": str(state.id), "state": state.model_dump(mode="json"), "version": fact.aggregate_version}

    return Copy(table, row)


def _role(fact: Any) -> dict[str, Any]:
    return {**role_columns(fact.role), "version": fact.aggregate_version}


def _contact(fact: Any) -> dict[str, Any]:
    contact = fact.contact
    return {
        "person": contact.person,
        "email": contact.email,
        "name": contact.name,
        "locale": contact.locale,
        "version": fact.aggregate_version,
    }


CITIES, ROLES, CONTACTS = _whole(CITY, "city"), Copy(ROLE, _role), Copy(CONTACT, _contact)
EVENTS, REQUESTS, PRACTICES = _whole(EVENT, "event"), _whole(REQUEST, "request"), _whole(PRACTICE, "practice")


@dataclass(frozen=True, slots=True)
class Known:
    """What a notice speaks of, as it is now: the copies' public states, and the names of cities by id."""

    subject: Mapping[str, Any]
    event: Mapping[str, Any] | None
    cities: Mapping[str, str]


_SUBJECTS = {
    "city": CITY,
    "practice": PRACTICE,
    "event": EVENT,
    "capacity": EVENT,
    "request": REQUEST,
    "offer": REQUEST,
}


async def known(tx: Transaction, notices: Sequence[Any]) -> dict[UUID, Known]:
    """What these notices (rows) speak of, by notice; one whose copies have not arrived yet is left out.

    A bounded number of statements, however many notices these are.
    """
    wanted: dict[str, set[str]] = {table.name: set() for table in _SUBJECTS.values()}
    for row in notices:
        wanted[_table(row).name].add(row.subject)
        if row.event is not None:
            wanted[EVENT.name].add(str(row.event))
    found: dict[tuple[str, str], Any] = {}
    for table in (PRACTICE, EVENT, REQUEST, CITY):
        keys = wanted[table.name]
        if table is CITY:
            keys |= {found[place][name] for place in found for name in ("city", "host") if name in found[place]}
        if keys:
            rows = await tx.all(select(table.c.id, table.c.state).where(table.c.id.in_(keys)))
            found |= {(table.name, row.id): row.state for row in rows}
    names = {key: state["name"] for (table, key), state in found.items() if table == CITY.name}
    answer = {}
    for row in notices:
        subject = found.get((_table(row).name, row.subject))
        event = found.get((EVENT.name, str(row.event)))
        if subject is not None and (row.event is None or event is not None):
            answer[row.id] = Known(subject, event, names)
    return answer


def _table(row: Any) -> Table:
    return _SUBJECTS[row.kind.partition("-")[0]]
