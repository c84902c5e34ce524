"""Notify's gateway: HTTP to command, view to HTTP."""

from vzaimo.notify.api import contacts, deliveries, inbox, preferences, stream, webhooks

ROUTERS = (inbox.router, stream.router, deliveries.router, preferences.router, contacts.router, webhooks.router)

__all__ = ["ROUTERS"]
