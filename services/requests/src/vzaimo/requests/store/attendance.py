"""Who came to which session, and what cities said of an event afterwards."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, Text
from sqlmodel import Field

from vzaimo.kit.tables import table_of
from vzaimo.requests.store.model import Model


class AttendanceRow(Model, table=True):
    """One delegate's minutes in one session, or, remote, the people of one role. ``who``: delegate's id or role."""

    __tablename__ = "attendance"
    __table_args__ = (Index("ix_attendance_event", "event"),)

    session: UUID = Field(primary_key=True)
    request: UUID = Field(primary_key=True)
    who: str = Field(primary_key=True, max_length=36)
    event: UUID
    minutes: int | None = None
    people: int
    recorded_at: datetime


class TurnoutRow(Model, table=True):
    """How many people of a request came, by role: what statistics add up."""

    __tablename__ = "turnout"

    request: UUID = Field(primary_key=True)
    role: str = Field(primary_key=True, max_length=16)
    people: int


class FeedbackRow(Model, table=True):
    """What a city said of an event. Its words are here alone."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_event", "event", "request"),)

    request: UUID = Field(primary_key=True)
    event: UUID
    score: int
    words: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    given_at: datetime
    changed_at: datetime


ATTENDANCE, TURNOUT, FEEDBACK = table_of(AttendanceRow), table_of(TurnoutRow), table_of(FeedbackRow)
