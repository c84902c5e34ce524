"""Calendar's gateway: HTTP to command, view to HTTP."""

from vzaimo.calendar.api.events import router as events

ROUTERS = (events,)
