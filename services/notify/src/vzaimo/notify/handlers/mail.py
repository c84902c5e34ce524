"""Notifications go out by mail: rendered when they are sent, from what is known then."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial

from vzaimo.kit import telemetry
from vzaimo.kit.cause import Cause
from vzaimo.kit.smtp import Connections, MailDeferred, MailRejected
from vzaimo.kit.work import Works
from vzaimo.notify.catalogues import Locale
from vzaimo.notify.domain.attending import itip_method
from vzaimo.notify.domain.kinds import TRAITS
from vzaimo.notify.domain.unsubscribing import token_for
from vzaimo.notify.handlers import lanes
from vzaimo.notify.handlers.take import FIRST_DELAY, Outcome, Taken, note, take
from vzaimo.notify.letters import Envelope, Invitation, Item, attach, mail, written
from vzaimo.notify.store import DELIVERY

log = logging.getLogger(__name__)

MOST_LANES = 8
"""Domains that are served at a time."""
PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class Post:
    """How mails leave."""

    connections: Connections
    sender: str
    portal: str
    join_url: str
    """Where ``/v1/events/{id}/join`` is answered."""
    unsubscribe_url: str | None = None
    key: bytes = b""
    """Seals what stands behind that address."""


async def send_due(works: Works, post: Post, tried: Callable[[str], None]) -> None:
    """Send as deliveries fall due, until cancelled. Each recipients' domain has a lane.

    ``tried`` hears where each try has left its delivery.
    """
    way = lanes.Way("mails", partial(take, works), partial(_serve, works, post, tried), MOST_LANES, PATIENCE)
    try:
        await lanes.run(works, way)
    finally:
        await post.connections.close()


async def _serve(
    works: Works, post: Post, tried: Callable[[str], None], several: Sequence[Taken], stopping: asyncio.Event
) -> None:
    """Each is noted as soon as the peer has answered: a process killed between the two sends that one mail again,
    under the same Message-ID.
    """
    for number, one in enumerate(several):
        if stopping.is_set():
            return
        # The peer may take so long that another has it by then.
        if works.clock.now() + timedelta(seconds=post.connections.smtp.timeout) > one.until:
            async with works.begin(Cause(actor="mail")) as work:
                await lanes.give_back(work, DELIVERY, several[number:], timedelta())
            return
        outcome, silent = await _try(one, post, works)
        async with works.begin(one.cause) as work:
            stands = await note(work, one.row, outcome, one.until)
            if silent:  # so are the rest of them, most likely
                await lanes.give_back(work, DELIVERY, several[number + 1 :], FIRST_DELAY)
        if stands is not None:
            tried(stands)
        if silent:
            return


async def _try(taken: Taken, post: Post, works: Works) -> tuple[Outcome, bool]:
    """What became of it, and whether that was for want of an answer."""
    try:
        traces = [part.traceparent for part in taken.parts]
        said = {"vzaimo.delivery": str(taken.row.id)}
        with telemetry.span(f"mail {taken.row.kind}", *traces, kind=telemetry.CLIENT, **said):
            await post.connections.send(_message(taken, post, works.clock.now()))
    except MailRejected as error:
        return Outcome("dead", f"rejected-{error}"), False
    except MailDeferred as error:
        return Outcome("retrying", f"deferred-{error}".lower()), error.silent
    except Exception as error:
        # Whatever it is, it is this mail's own fault: an address that is none, a state that no words fit.
        log.exception("delivery %s cannot be sent", taken.row.id)
        return Outcome("retrying", f"failed-{type(error).__name__}".lower()), False
    return Outcome("sent"), False


def _message(taken: Taken, post: Post, now: datetime) -> EmailMessage:
    row, person = taken.row, taken.person
    locale: Locale = "en" if person.locale == "en" else "ru"
    items = [Item(written(part.kind, part.about, locale), f"{post.portal}/inbox/{part.id}") for part in taken.parts]
    envelope = Envelope(post.sender, person.email, f"<{row.id}@vzaimo.city>", taken.since)
    groups = {TRAITS[part.kind].group for part in taken.parts}
    token = token_for(row.person, groups, post.key) if post.unsubscribe_url else None
    message = mail(
        items,
        envelope,
        locale=locale,
        settings=f"{post.portal}/preferences",
        unsubscribe=f"{post.unsubscribe_url}/v1/unsubscribe/{token}" if token else None,
    )
    if len(taken.parts) == 1:
        part, about = taken.parts[0], taken.parts[0].about
        method = itip_method(part.kind, about.subject, about.event, part.city, admitted=part.admitted)
        if method is not None and about.event is not None:
            attach(message, Invitation(method, about.event, post.join_url, now), envelope)
    return message
