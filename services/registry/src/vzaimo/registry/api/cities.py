"""Cities."""

from fastapi import APIRouter, Response

from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import Agreement, CityStatus
from vzaimo.kit.http import Command, Cursor, Page, Receipt, Verified, Visitor
from vzaimo.registry.domain.cities import Profile
from vzaimo.registry.handlers import cities, leaving
from vzaimo.registry.shapes.cities import AgreementBody, Application, CityView, ProfileChange, Suspension
from vzaimo.registry.views import cities as views

router = APIRouter(tags=["cities"])


@router.get("/cities", response_model=Page[CityView])
async def list_cities(call: Visitor, cursor: Cursor, status: CityStatus | None = None) -> Response:
    """Cities by their id."""
    async with call.gate.database.read() as tx:
        return call.listed(await views.cities(tx, cursor, status))


@router.get("/cities/{city_id}", response_model=CityView)
async def read_city(city_id: Slug, call: Visitor) -> Response:
    """One city."""
    async with call.gate.database.read() as tx:
        view = await views.city(tx, city_id)
    return call.shown(view, view.version)


@router.post("/cities", status_code=201, response_model=Receipt)
async def apply(body: Application, call: Verified) -> Response:
    """Apply for a city; the token's verified e-mail becomes the applicant's."""
    fields = body.model_dump(exclude={"id", "contact"})
    command = cities.ApplyForCity(
        city=body.id,
        profile=Profile(**fields),
        name=body.contact.name,
        phone=body.contact.phone,
        locale=body.contact.locale,
    )
    return call.receipt(await cities.apply(command, works=call.works, cause=call.cause, applicant=call.verified))


@router.patch("/cities/{city_id}", response_model=Receipt)
async def describe(city_id: Slug, body: ProfileChange, call: Command) -> Response:
    """Change what a city says of itself."""
    changes = body.model_dump(exclude_unset=True)
    done = await cities.describe(
        city_id, changes, call.expected_version, works=call.works, cause=call.cause, actor=call.actor
    )
    return call.receipt(done)


@router.post("/cities/{city_id}/admit", response_model=Receipt)
async def admit(city_id: Slug, call: Command) -> Response:
    """Admit an applicant; its agreement is awaited."""
    return call.receipt(await cities.admit(city_id, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/cities/{city_id}/decline", response_model=Receipt)
async def decline(city_id: Slug, call: Command) -> Response:
    """Decline an applicant."""
    return call.receipt(await leaving.decline(city_id, works=call.works, cause=call.cause, actor=call.actor))


@router.put("/cities/{city_id}/agreement", response_model=Receipt)
async def sign(city_id: Slug, body: AgreementBody, call: Command) -> Response:
    """Enter a signed agreement."""
    agreement = Agreement(**body.model_dump())
    return call.receipt(await cities.sign(city_id, agreement, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/cities/{city_id}/activate", response_model=Receipt)
async def activate(city_id: Slug, call: Command) -> Response:
    """Let a city take part; its applicant becomes its first coordinator."""
    return call.receipt(await cities.activate(city_id, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/cities/{city_id}/suspend", response_model=Receipt)
async def suspend(city_id: Slug, body: Suspension, call: Command) -> Response:
    """Let a city wait: it begins nothing new, what it has begun goes on."""
    done = await leaving.suspend(city_id, body.reason, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)


@router.post("/cities/{city_id}/reinstate", response_model=Receipt)
async def reinstate(city_id: Slug, call: Command) -> Response:
    """Let a suspended city take part again."""
    return call.receipt(await leaving.reinstate(city_id, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/cities/{city_id}/withdraw", response_model=Receipt)
async def withdraw(city_id: Slug, call: Command) -> Response:
    """A city has left, for good: practices are archived, roles end, invitations are void."""
    return call.receipt(await leaving.withdraw(city_id, works=call.works, cause=call.cause, actor=call.actor))
