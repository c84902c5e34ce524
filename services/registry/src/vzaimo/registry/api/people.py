"""Invitations, roles, and who the caller is."""

from uuid import UUID

from fastapi import APIRouter, Response

from vzaimo.contracts.event import Slug
from vzaimo.kit.http import Command, Cursor, Member, Page, Receipt, Verified
from vzaimo.kit.identity import NotAllowed
from vzaimo.registry.handlers import clients, people
from vzaimo.registry.shapes.people import (
    Acceptance,
    Applicant,
    ClientBody,
    InvitationBody,
    InvitationView,
    Me,
    PersonView,
)
from vzaimo.registry.views import people as views

router = APIRouter(tags=["people"])


@router.get("/me", response_model=Me)
async def me(call: Member) -> Response:
    """The caller's reference and roles."""
    async with call.gate.database.read() as tx:
        roles = await views.own_roles(tx, call.actor.person)
    return call.shown(Me(person=call.actor.person, roles=roles), len(roles), *(role.id for role in roles))


@router.get("/cities/{city_id}/people", response_model=Page[PersonView])
async def people_of(city_id: Slug, call: Member, cursor: Cursor) -> Response:
    """Who acts for a city, with work contacts: for its own people and the moderator."""
    if not (call.actor.moderates or call.actor.views(city_id)):
        raise NotAllowed
    async with call.gate.database.read() as tx:
        return call.listed(await views.people(tx, cursor, city_id))


@router.get("/cities/{city_id}/applicant", response_model=Applicant)
async def applicant_of(city_id: Slug, call: Member) -> Response:
    """Who applied for a city, and how they are reached: for the moderator."""
    if not call.actor.moderates:
        raise NotAllowed
    async with call.gate.database.read() as tx:
        view = await views.applicant(tx, city_id)
    return call.shown(view, view.version)


@router.post("/invitations", status_code=201, response_model=Receipt)
async def invite(body: InvitationBody, call: Command) -> Response:
    """Invite somebody by mail; the secret in the mail works once, for seven days."""
    command = people.Invite(body.role, body.city, body.email)
    return call.receipt(await people.invite(command, works=call.works, cause=call.cause, actor=call.actor))


@router.get("/invitations", response_model=Page[InvitationView])
async def invitations(call: Member, cursor: Cursor) -> Response:
    """Invitations of the caller's cities; the moderator sees all."""
    async with call.gate.database.read() as tx:
        return call.listed(await views.invitations(tx, cursor, call.actor))


@router.delete("/invitations/{invitation_id}", response_model=Receipt)
async def revoke(invitation_id: UUID, call: Command) -> Response:
    """Take an invitation back."""
    return call.receipt(await people.revoke(invitation_id, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/invitations/accept", response_model=Receipt)
async def accept(body: Acceptance, call: Verified) -> Response:
    """Take the role that was offered; the token's verified e-mail must be the invited one."""
    command = people.AcceptInvitation(body.secret, body.name, body.phone, body.locale)
    done = await people.accept(
        command,
        works=call.works,
        cause=call.cause,
        invited=call.verified,
        invitation_keys=call.gate.extras["invitation_keys"],
    )
    return call.receipt(done)


@router.delete("/roles/{role_id}", response_model=Receipt)
async def end_role(role_id: UUID, call: Command) -> Response:
    """End a role."""
    return call.receipt(await people.end_role(role_id, works=call.works, cause=call.cause, actor=call.actor))


@router.post("/cities/{city_id}/clients", status_code=201, response_model=Receipt)
async def register_client(city_id: Slug, body: ClientBody, call: Command) -> Response:
    """Register the city's own client program."""
    command = clients.RegisterClient(city_id, body.client_id, tuple(body.scopes), body.expires_at)
    done = await clients.register(
        command, issuer=call.verified.issuer, works=call.works, cause=call.cause, actor=call.actor
    )
    return call.receipt(done)
