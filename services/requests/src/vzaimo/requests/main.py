"""Requests put together."""

from functools import partial

from vzaimo.kit.bus import Stream
from vzaimo.kit.service import Parts, run
from vzaimo.kit.settings import load
from vzaimo.requests.api import ROUTERS
from vzaimo.requests.consumers import subscriptions
from vzaimo.requests.domain.terms import Terms
from vzaimo.requests.handlers import deadlines
from vzaimo.requests.handlers.adopt import adopt
from vzaimo.requests.handlers.erasures import ACT_KEPT, PURGE, forget_act, purge
from vzaimo.requests.handlers.halls import GRANT, OFFER
from vzaimo.requests.handlers.invitations import PERIOD, lapse
from vzaimo.requests.settings import RequestsSettings
from vzaimo.requests.store import NEED, REQUEST, Model
from vzaimo.requests.views import sweeps
from vzaimo.requests.views.statistics import Statistics
from vzaimo.requests.wording import WORDING


def parts(terms: Terms | None = None) -> Parts:
    """What requests is made of. ``terms``: the usual ones unless said otherwise."""
    terms = terms or Terms()
    return Parts(
        name="requests",
        title="Vzaimo: requests",
        streams=(Stream("REQUESTS", ("requests.>",)),),
        metadata=Model.metadata,
        wording=WORDING,
        routers=ROUTERS,
        adopt=adopt,
        subscriptions=subscriptions(terms),
        timers={
            OFFER: deadlines.expire_offer,
            GRANT: deadlines.lapse_granted,
            deadlines.DECISIONS: deadlines.chase,
            deadlines.CONFIRM: deadlines.lapse_unconfirmed,
            deadlines.RECONFIRM: deadlines.lapse_unanswered,
            deadlines.CITIES: deadlines.follow_cities,
            PURGE: partial(purge, after=terms.purge_after),
            ACT_KEPT: forget_act,
            PERIOD: partial(lapse, threshold=terms.needs_threshold),
        },
        sweeps={
            "open_requests_of_cancelled_events": sweeps.open_requests_of_cancelled_events,
            "seats_that_nobody_counted": sweeps.seats_that_nobody_counted,
        },
        own={"request": REQUEST, "need": NEED},
        extras={"terms": terms, "statistics": Statistics()},
    )


def main() -> None:
    """The process: ``python -m vzaimo.requests``."""
    settings = load(RequestsSettings)
    run(parts(settings.terms), settings)
