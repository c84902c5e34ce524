"""Calendar's gateway: HTTP to command, view to HTTP."""

from vzaimo.calendar.api.events import router as events
from vzaimo.calendar.api.feeds import router as feeds
from vzaimo.calendar.api.links import router as links
from vzaimo.calendar.api.slots import router as slots
from vzaimo.calendar.api.tokens import router as tokens

ROUTERS = (events, slots, feeds, tokens, links)
SECRET_PATHS = ("/v1/feeds/private/", "/v1/join/")
"""What follows in such a path is a secret."""
