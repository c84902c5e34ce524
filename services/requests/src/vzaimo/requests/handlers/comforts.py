"""What a delegate needs to eat and to get in: stated by the guest, once a seat is granted."""

from uuid import UUID

from sqlalchemy import update

from vzaimo.kit.cause import Cause
from vzaimo.kit.database import retry_conflicts
from vzaimo.kit.identity import Actor
from vzaimo.kit.work import Done, Works
from vzaimo.requests.domain import privacy
from vzaimo.requests.domain.record_refusals import DelegateNotFound
from vzaimo.requests.handlers.access import own
from vzaimo.requests.handlers.erasures import delegate_of
from vzaimo.requests.store import DELEGATE, request_of


@retry_conflicts
async def state(
    request_id: UUID,
    delegate_id: UUID,
    dietary: str | None,
    access: str | None,
    *,
    works: Works,
    cause: Cause,
    actor: Actor,
) -> Done:
    """Keep what the host must know; it is told to nobody else, and no fact has it."""
    async with works.begin(cause) as work:
        row = await own(work, request_id, actor)
        delegate = next((one for one in request_of(row).delegates if one.id == delegate_id), None)
        if delegate is None:
            raise DelegateNotFound(delegate_id)
        privacy.check_present(await delegate_of(work, request_id, delegate_id))
        privacy.check_asked(delegate)
        await work.execute(update(DELEGATE).where(DELEGATE.c.id == delegate_id).values(dietary=dietary, access=access))
        return work.done("request", request_id, row.version)
