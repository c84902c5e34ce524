"""Notify's copies of other services' aggregates, and what notices speak of."""

from vzaimo.notify.projections.copies import (
    ADOPTION,
    ADOPTIONS,
    CITIES,
    CITY,
    CONTACT,
    CONTACTS,
    ERASURES,
    EVENT,
    EVENTS,
    INVITATIONS,
    NEEDS,
    PRACTICES,
    REQUEST,
    REQUESTS,
    ROLE,
    ROLES,
    TOPICS,
)
from vzaimo.notify.projections.known import Known, known

__all__ = [
    "ADOPTION",
    "ADOPTIONS",
    "CITIES",
    "CITY",
    "CONTACT",
    "CONTACTS",
    "ERASURES",
    "EVENT",
    "EVENTS",
    "INVITATIONS",
    "NEEDS",
    "PRACTICES",
    "REQUEST",
    "REQUESTS",
    "ROLE",
    "ROLES",
    "TOPICS",
    "Known",
    "known",
]
