"""Requests' settings."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from vzaimo.kit.settings import Settings
from vzaimo.requests.domain.terms import Terms


class RequestsSettings(Settings):
    """What requests is told beyond what every service is."""

    needs_threshold: Annotated[int, Field(ge=1, le=1000)] = 5
    """Cities that back a need before those with a practice on its topic are asked to host."""
    purge_after_days: Annotated[int, Field(ge=31, le=3650)] = 180
    """Days after an event's end until its delegates' names are destroyed; attendance may be corrected for 30."""

    @property
    def terms(self) -> Terms:
        """As the rules have them."""
        return Terms(self.needs_threshold, timedelta(days=self.purge_after_days))
