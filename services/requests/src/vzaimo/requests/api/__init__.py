"""Requests' gateway: HTTP to command, view to HTTP."""

from vzaimo.requests.api.hosting import router as hosting
from vzaimo.requests.api.requests import router as requests

ROUTERS = (requests, hosting)
