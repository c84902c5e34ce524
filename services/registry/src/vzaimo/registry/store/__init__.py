"""Registry's own rows, and how they become state and back.

Each aggregate's row carries ``version``, which its facts carry, too.
"""

from vzaimo.registry.store.adoptions import ADOPTION, adoption_columns, adoption_of
from vzaimo.registry.store.cities import CITY, city_columns, city_of
from vzaimo.registry.store.model import Model, locked
from vzaimo.registry.store.people import CONTACT, INVITATION, ROLE, contact_of, invitation_of, role_of
from vzaimo.registry.store.places import ORGANISATION, TOPIC, organisation_of, topic_of
from vzaimo.registry.store.practices import (
    PRACTICE,
    PRACTICE_TEXT,
    PRACTICE_TOPIC,
    TEXTS,
    practice_columns,
    practice_of,
)

__all__ = [
    "ADOPTION",
    "CITY",
    "CONTACT",
    "INVITATION",
    "ORGANISATION",
    "PRACTICE",
    "PRACTICE_TEXT",
    "PRACTICE_TOPIC",
    "ROLE",
    "TEXTS",
    "TOPIC",
    "Model",
    "adoption_columns",
    "adoption_of",
    "city_columns",
    "city_of",
    "contact_of",
    "invitation_of",
    "locked",
    "organisation_of",
    "practice_columns",
    "practice_of",
    "role_of",
    "topic_of",
]
