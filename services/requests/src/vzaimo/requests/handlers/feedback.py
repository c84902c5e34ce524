"""A city says what an event gave it."""

from uuid import UUID

from sqlalchemy import select

from vzaimo.contracts.requests import Feedback
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import insert, retry_conflicts
from vzaimo.kit.identity import Actor, check_version
from vzaimo.kit.work import Done, Works
from vzaimo.requests.domain import feedback as rules
from vzaimo.requests.domain.refusals import UnknownRequest
from vzaimo.requests.domain.transitions import Step
from vzaimo.requests.handlers.access import own
from vzaimo.requests.handlers.halls import event_known
from vzaimo.requests.handlers.records import write
from vzaimo.requests.store import FEEDBACK, REQUEST, request_of


@retry_conflicts
async def give(
    request_id: UUID,
    feedback: Feedback,
    words: str | None,
    version: int | None,
    *,
    works: Works,
    cause: Cause,
    actor: Actor,
) -> Done:
    """Give feedback, or change it; its words stay here. The same again changes nothing."""
    async with works.begin(cause) as work:
        event_id = await work.scalar(select(REQUEST.c.event).where(REQUEST.c.id == request_id))
        if event_id is None:
            raise UnknownRequest(request_id)
        event = await event_known(work, event_id)
        row = await own(work, request_id, actor)
        check_version(row.version, version)
        request = request_of(row)
        given = await work.first(select(FEEDBACK).where(FEEDBACK.c.request == request_id))
        if given is not None and (request.feedback, given.words) == (feedback, words):
            return work.done("request", request_id, row.version)
        after = rules.give(request, event, feedback, given.given_at if given else None, work.now)
        await write(work, [(row, after)], Step.GIVE_FEEDBACK)
        said = {"score": feedback.score, "words": words, "changed_at": work.now}
        statement = insert(work.tx, FEEDBACK).values(request=request_id, event=request.event, given_at=work.now, **said)
        await work.execute(statement.on_conflict_do_update(index_elements=["request"], set_=said))
        return work.done("request", request_id, row.version + 1)
