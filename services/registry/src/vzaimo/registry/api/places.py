"""Organisations and topics."""

from uuid import UUID

from fastapi import APIRouter, Response

from vzaimo.contracts.event import Slug
from vzaimo.contracts.registry import Organisation, Topic
from vzaimo.kit.http import Command, Cursor, Page, Receipt, Visitor
from vzaimo.kit.ids import new_id
from vzaimo.registry.handlers import places
from vzaimo.registry.shapes.places import OrganisationBody, OrganisationChange, OrganisationView, TopicBody, TopicView
from vzaimo.registry.views import places as views

router = APIRouter(tags=["places"])


@router.get("/organisations", response_model=Page[OrganisationView])
async def list_organisations(call: Visitor, cursor: Cursor, city: Slug | None = None) -> Response:
    """Organisations, also of one city."""
    async with call.gate.database.read() as tx:
        return call.listed(await views.organisations(tx, cursor, city))


@router.get("/organisations/{organisation_id}", response_model=OrganisationView)
async def read_organisation(organisation_id: UUID, call: Visitor) -> Response:
    """One organisation."""
    async with call.gate.database.read() as tx:
        view = await views.organisation(tx, organisation_id)
    return call.shown(view, view.version)


@router.post("/organisations", status_code=201, response_model=Receipt)
async def register_organisation(body: OrganisationBody, call: Command) -> Response:
    """Name a place."""
    organisation = Organisation(id=new_id(), **body.model_dump())
    done = await places.register_organisation(organisation, works=call.works, cause=call.cause, actor=call.actor)
    return call.receipt(done)


@router.patch("/organisations/{organisation_id}", response_model=Receipt)
async def change_organisation(organisation_id: UUID, body: OrganisationChange, call: Command) -> Response:
    """Change a place's data."""
    done = await places.change_organisation(
        organisation_id,
        body.model_dump(exclude_unset=True),
        call.expected_version,
        works=call.works,
        cause=call.cause,
        actor=call.actor,
    )
    return call.receipt(done)


@router.get("/topics", response_model=Page[TopicView])
async def list_topics(call: Visitor, cursor: Cursor) -> Response:
    """Topics."""
    async with call.gate.database.read() as tx:
        return call.listed(await views.topics(tx, cursor))


@router.get("/topics/{topic_id}", response_model=TopicView)
async def read_topic(topic_id: Slug, call: Visitor) -> Response:
    """One topic."""
    async with call.gate.database.read() as tx:
        view = await views.topic(tx, topic_id)
    return call.shown(view, view.version)


@router.put("/topics/{topic_id}", response_model=Receipt)
async def put_topic(topic_id: Slug, body: TopicBody, call: Command) -> Response:
    """Add, rename or retire a topic."""
    topic = Topic(id=topic_id, **body.model_dump())
    return call.receipt(await places.put_topic(topic, works=call.works, cause=call.cause, actor=call.actor))
