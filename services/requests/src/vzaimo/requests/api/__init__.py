"""Requests' gateway: HTTP to command, view to HTTP."""

from vzaimo.requests.api.requests import router as requests

ROUTERS = (requests,)
