"""Adoptions."""

from uuid import UUID

from fastapi import APIRouter, Response

from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import Measurement
from vzaimo.kit.http import Command, Cursor, Page, Receipt, Visitor
from vzaimo.registry.domain.adoptions import Commitment
from vzaimo.registry.handlers import adoptions
from vzaimo.registry.shapes.adoptions import AdoptionView, CommitmentBody, MeasurementBody
from vzaimo.registry.views import adoptions as views

router = APIRouter(tags=["adoptions"])


@router.get("/adoptions", response_model=Page[AdoptionView])
async def list_adoptions(
    call: Visitor, cursor: Cursor, practice: UUID | None = None, city: Slug | None = None, source: Slug | None = None
) -> Response:
    """Who adopted a practice and what it gave; also all of a city, and all of a city's practices (``source``)."""
    async with call.gate.database.read() as tx:
        page = await views.adoptions(tx, cursor, practice_id=practice, city_id=city, source_id=source)
    return call.listed(page)


@router.get("/adoptions/{adoption_id}", response_model=AdoptionView)
async def read_adoption(adoption_id: UUID, call: Visitor) -> Response:
    """One adoption."""
    async with call.gate.database.read() as tx:
        view = await views.adoption(tx, adoption_id)
    return call.shown(view, view.version)


@router.post("/adoptions", status_code=201, response_model=Receipt)
async def commit(body: CommitmentBody, call: Command) -> Response:
    """Commit to a published practice of another city."""
    commitment = Commitment(**body.model_dump(exclude={"practice"}))
    done = await adoptions.commit(body.practice, commitment, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)


@router.post("/adoptions/{adoption_id}/measurements", response_model=Receipt)
async def report(adoption_id: UUID, body: MeasurementBody, call: Command) -> Response:
    """Report what it gave, once six months have passed, and once twelve have."""
    measurement = Measurement(**body.model_dump())
    done = await adoptions.report(adoption_id, measurement, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)
