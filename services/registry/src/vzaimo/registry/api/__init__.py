"""Registry's gateway: HTTP to command, view to HTTP."""

from vzaimo.registry.api.adoptions import router as adoptions
from vzaimo.registry.api.cities import router as cities
from vzaimo.registry.api.contacts import router as contacts
from vzaimo.registry.api.people import router as people
from vzaimo.registry.api.places import router as places
from vzaimo.registry.api.practices import router as practices

ROUTERS = (cities, people, contacts, places, practices, adoptions)
