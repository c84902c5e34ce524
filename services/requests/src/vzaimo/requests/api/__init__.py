"""Requests' gateway: HTTP to command, view to HTTP."""

from vzaimo.requests.api.attendance import router as attendance
from vzaimo.requests.api.hosting import router as hosting
from vzaimo.requests.api.needs import router as needs
from vzaimo.requests.api.privacy import router as privacy
from vzaimo.requests.api.requests import router as requests
from vzaimo.requests.api.statistics import router as statistics

ROUTERS = (requests, hosting, needs, attendance, privacy, statistics)
