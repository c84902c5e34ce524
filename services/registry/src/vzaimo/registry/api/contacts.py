"""What is kept about a person: read, corrected, erased."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from vzaimo.contracts.event import PersonRef
from vzaimo.kit.http import Command, Cursor, Page, Receipt, Verified, Visitor
from vzaimo.registry.handlers import contacts, erasure
from vzaimo.registry.shapes.contacts import ActView, ContactChange, OwnData
from vzaimo.registry.views import contacts as views

router = APIRouter(tags=["people"])


@router.get("/me/data", response_model=OwnData)
async def own_data(call: Visitor) -> Response:
    """All that registry keeps about the caller; a role is not needed."""
    person = call.verified
    async with call.gate.database.read() as tx:
        view = await views.own_data(tx, person.person, person.email)
    return call.shown(view, view.contact.version if view.contact else 0, view.model_dump_json())


@router.get("/me/acts", response_model=Page[ActView])
async def acts(call: Visitor, cursor: Cursor) -> Response:
    """What the caller did, oldest first."""
    return call.listed(await views.acts(call.gate.database, cursor, call.verified.person))


@router.put("/me/contact", response_model=Receipt)
async def change_contact(body: ContactChange, call: Verified) -> Response:
    """Correct the own name, telephone and language."""
    command = contacts.ChangeContact(body.name, body.phone, body.locale)
    done = await contacts.change(command, works=call.works, cause=call.cause, person=call.verified)
    return call.receipt(done)


@router.delete("/me/contact", response_model=Receipt)
async def erase_own(call: Verified) -> Response:
    """Have the own contact data forgotten; roles end with them."""
    done = await erasure.erase(call.verified.person, works=call.works, cause=call.cause, actor=call.known)
    return call.receipt(done)


@router.delete("/people/{person}/contact", response_model=Receipt)
async def erase(person: Annotated[PersonRef, Path()], call: Command) -> Response:
    """Have a person's contact data forgotten, as they asked the moderator to."""
    return call.receipt(await erasure.erase(person, works=call.works, cause=call.cause, actor=call.actor))
