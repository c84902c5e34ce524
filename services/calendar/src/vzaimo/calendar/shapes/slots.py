"""Slots over HTTP."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel

from vzaimo.contracts.event import Slug
from vzaimo.kit.http.moments import Moment


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """Which slots are looked for: the parameters of the query. Candidates stand ``step`` minutes apart."""

    cities: Annotated[list[Slug], Query(min_length=1, max_length=50)]
    since: Annotated[Moment, Query(alias="from")]
    until: Annotated[Moment, Query(description="At most 31 days after `from`")]
    minutes: Annotated[int, Query(ge=15, le=540)] = 90
    step: Annotated[int, Query(ge=15, le=1440)] = 30
    limit: Annotated[int, Query(ge=1, le=200)] = 50


class SlotView(BaseModel):
    """A candidate start: the share of the cities for which the whole slot lies within working hours, and which."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    share: float
    cities: list[str]


class SlotsView(BaseModel):
    """The best candidates first, of equals the earliest."""

    items: list[SlotView]
