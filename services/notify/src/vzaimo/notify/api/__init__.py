"""Notify's gateway: HTTP to command, view to HTTP."""

from vzaimo.notify.api import contacts, deliveries, inbox, preferences

ROUTERS = (inbox.router, deliveries.router, preferences.router, contacts.router)

__all__ = ["ROUTERS"]
