"""Calendar's gateway: HTTP to command, view to HTTP."""

from vzaimo.calendar.api.events import router as events
from vzaimo.calendar.api.slots import router as slots

ROUTERS = (events, slots)
