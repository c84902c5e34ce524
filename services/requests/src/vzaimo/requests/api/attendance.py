"""Who came to an event, and what cities said of it afterwards."""

from uuid import UUID

from fastapi import APIRouter, Response

from vzaimo.kit.http import Command, Cursor, Member, Page, Receipt, Visitor
from vzaimo.requests.api.commands import carry_out
from vzaimo.requests.handlers import attendance, feedback
from vzaimo.requests.shapes.attendance import AttendanceView, FeedbackBody, FeedbackView, RollBody
from vzaimo.requests.views import attendance as views

router = APIRouter(tags=["attendance"])


@router.get("/events/{event_id}/sessions/{session_id}/attendance", response_model=Page[AttendanceView])
async def list_attendance(event_id: UUID, session_id: UUID, call: Member, cursor: Cursor) -> Response:
    """Who came to a session: all for the host's people, a guest's own for the guest."""
    async with call.gate.database.read() as tx:
        return call.listed(await views.attendance(tx, event_id, session_id, cursor, call.actor))


@router.put("/events/{event_id}/sessions/{session_id}/attendance", response_model=Receipt)
async def record(event_id: UUID, session_id: UUID, body: RollBody, call: Command) -> Response:
    """Record a session's whole list; whoever is not on it did not come."""
    return await carry_out(call, attendance.record, event_id, session_id, body.roll())


@router.get("/events/{event_id}/feedback", response_model=FeedbackView)
async def read_feedback(event_id: UUID, call: Visitor) -> Response:
    """What cities said of an event: number and mean for everyone, the words for the host."""
    async with call.gate.database.read() as tx:
        view = await views.feedback(tx, event_id, call.known)
    return Response(
        view.model_dump_json(),
        media_type="application/json",
        headers={"Cache-Control": "no-store", "Vary": "Accept-Language, Authorization"},
    )


@router.put("/requests/{request_id}/feedback", response_model=Receipt)
async def give_feedback(request_id: UUID, body: FeedbackBody, call: Command) -> Response:
    """Say what an event gave the city, or change that within 14 days."""
    return await carry_out(call, feedback.give, request_id, body.feedback(), body.words, call.expected_version)
