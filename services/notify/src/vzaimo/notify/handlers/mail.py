"""Notifications go out by mail: rendered when they are sent, from what is known then."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from itertools import groupby
from operator import attrgetter

from vzaimo.kit.cancellation import wanted
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import Conflict, StoreUnavailable
from vzaimo.kit.smtp import Connections, MailDeferred, MailRejected
from vzaimo.kit.telemetry import CLIENT, span
from vzaimo.kit.work import Works
from vzaimo.notify.catalogues import Locale
from vzaimo.notify.domain.attending import itip_method
from vzaimo.notify.domain.kinds import TRAITS
from vzaimo.notify.domain.unsubscribing import token_for
from vzaimo.notify.handlers.take import FIRST_DELAY, Outcome, Taken, give_back, note, take
from vzaimo.notify.letters import Envelope, Invitation, Item, attach, mail, written

log = logging.getLogger(__name__)

POLL = 1.0
MOST_LANES = 8
"""Domains that are served at a time."""
LAST_WORDS = 0.8
"""Seconds that a stop waits for the peer."""
PATIENCE = 0.5
"""Seconds for which the next ones wait for the present ones: a domain that needs longer is left in its lane."""


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


async def send_due(works: Works, post: Post) -> None:
    """Send as deliveries fall due, until cancelled; woken by commits, for what is due at once.

    Each recipients' domain has a lane: one that keeps us waiting delays nobody else.
    """
    lanes: dict[str, asyncio.Task[None]] = {}
    committed, stopping = asyncio.Event(), asyncio.Event()
    works.committed.append(committed.set)
    try:
        while wanted():
            committed.clear()
            try:
                while await send_some(works, post, lanes, stopping):
                    pass
            except (StoreUnavailable, Conflict) as error:
                log.warning("mails wait for the store: %s", error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await committed.wait()
    finally:
        # What is on its way is noted if its peer answers soon; what is not is sent again under its Message-ID.
        stopping.set()
        if lanes:
            await asyncio.wait(lanes.values(), timeout=LAST_WORDS)
        for lane in lanes.values():
            lane.cancel()
        await asyncio.gather(*lanes.values(), return_exceptions=True)
        await post.connections.close()


async def send_some(works: Works, post: Post, lanes: dict[str, asyncio.Task[None]], stopping: asyncio.Event) -> bool:
    """Try what has been due longest; False when nothing is."""
    for domain in [domain for domain, lane in lanes.items() if lane.done()]:
        lanes.pop(domain).result()
    taken, ready = await take(works, lanes.keys())
    by_domain = attrgetter("domain")
    for domain, some in groupby(sorted(ready, key=by_domain), key=by_domain):
        if len(lanes) >= MOST_LANES:
            done, _ = await asyncio.wait(lanes.values(), return_when=asyncio.FIRST_COMPLETED)
            for one in [name for name, lane in lanes.items() if lane in done]:
                lanes.pop(one).result()
        lanes[domain] = asyncio.create_task(_lane(works, post, list(some), stopping))
    if lanes:
        await asyncio.wait(lanes.values(), timeout=PATIENCE)
    return taken


async def _lane(works: Works, post: Post, several: Sequence[Taken], stopping: asyncio.Event) -> None:
    """Each is noted as soon as the peer has answered: a process killed between the two sends that one mail again,
    under the same Message-ID.
    """
    try:
        for number, one in enumerate(several):
            if stopping.is_set():
                return
            if works.clock.now() + timedelta(seconds=post.connections.smtp.timeout) > one.until:
                return  # the peer may take so long that another has it by then
            outcome, silent = await _try(one, post, works)
            async with works.begin(Cause(actor="mail")) as work:
                await note(work, one.row, outcome)
                if silent:  # so are the rest of them, most likely
                    await give_back(work, [other.row for other in several[number + 1 :]], FIRST_DELAY)
                    return
    except (StoreUnavailable, Conflict) as error:
        log.warning("mails wait for the store: %s", error)


async def _try(taken: Taken, post: Post, works: Works) -> tuple[Outcome, bool]:
    """What became of it, and whether that was for want of an answer."""
    try:
        with span(f"mail {taken.row.kind}", *(part.traceparent for part in taken.parts), kind=CLIENT):
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
    envelope = Envelope(post.sender, person.email, f"<{row.id}@vzaimo.city>", row.created_at)
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
