"""What the service says on the bus: the JSON Schema of each of its facts, for whoever subscribes."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from vzaimo.contracts.event import FACTS, Fact
from vzaimo.contracts.schemas import text_of
from vzaimo.kit.http.problems import Problem


class FactType(BaseModel):
    """A type of fact: its CloudEvents ``type``, who may read it, on which subjects, and where its schema is."""

    type: str
    audience: str
    subjects: str
    schema_at: str


def schema_routes(service: str) -> APIRouter:
    """``/schemas`` and ``/schemas/{type}``: public, and the same for as long as the service runs."""
    router = APIRouter(tags=["schemas"])
    facts: dict[str, type[Fact]] = {name: fact for name, fact in FACTS.items() if fact.service == service}
    forever = {"Cache-Control": "public, max-age=3600"}

    @router.get("/schemas")
    async def schemas() -> list[FactType]:
        """The facts of this service."""
        return [
            FactType(
                type=name,
                audience=fact.audience,
                subjects=f"{service}.{fact.audience}.{fact.aggregate}.{fact.fact_word}.v{fact.schema_version}.*.*.*",
                schema_at=f"/v1/schemas/{name}",
            )
            for name, fact in sorted(facts.items())
        ]

    @router.get(
        "/schemas/{kind}", response_class=Response, responses={200: {"content": {"application/schema+json": {}}}}
    )
    async def schema(kind: str) -> Response:
        """The JSON Schema (draft 2020-12) of one."""
        if kind not in facts:
            raise Problem("not-found")
        return Response(text_of(facts[kind]), media_type="application/schema+json", headers=forever)

    return router
