"""Fixtures of the whole suite stand in the kit, so that other services' tests may use them too."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings

from vzaimo.contracts.event import envelope
from vzaimo.contracts.registry import City, CityActivated, CityStatus, PersonRole, RoleGranted
from vzaimo.kit.bus import Access, Stream, connect, ensure_stream
from vzaimo.kit.ids import new_id
from vzaimo.kit.roles import person_ref
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, write_jwks

pytest_plugins = ["vzaimo.kit.testing.fixtures"]

# ``make test-deep`` asks for many more examples of everything.
settings.register_profile("deep", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

LONG_AGO = datetime(2026, 9, 1, tzinfo=UTC)
STREAMS = {
    "REGISTRY": ("registry.pub.>", "registry.party.>", "registry.int.role.>", "registry.int.practice.>"),
    "CONTACTS": ("registry.int.contact.>",),
    "CALENDAR": ("calendar.>",),
    "REQUESTS": ("requests.>",),
    "NOTIFY": ("notify.>",),
}


class Foreign:
    """The other services, as far as one service can tell: their facts, in their streams."""

    def __init__(self, client):
        self._js = client.jetstream()
        self._told = 0

    async def tell(self, *facts, event_id=None):
        """Publish facts in order; each is in its stream when this returns."""
        for fact in facts:
            self._told += 1
            event = envelope(fact, event_id=event_id or new_id(), time=LONG_AGO + timedelta(seconds=self._told))
            body = event.model_dump_json(exclude_none=True).encode()
            await self._js.publish(fact.subject, body, timeout=5, headers={"Nats-Msg-Id": str(event.id)})

    async def city(self, city, *people, status="active", version=1, timezone="Europe/Moscow", name=None):
        """A city, and its coordinators."""
        state = City(id=city, name=name or city.title(), region="—", timezone=timezone, status=CityStatus(status))
        await self.tell(CityActivated(aggregate_version=version, city=state))
        for person in people:
            await self.role(person, "coordinator", city)

    async def role(self, person, role, city=None, scopes=()):
        """A person's role."""
        granted = PersonRole(
            id=new_id(),
            person=person_ref(ISSUER, person),
            city=city,
            role=role,
            scopes=scopes,
            granted_at=LONG_AGO,
        )
        await self.tell(RoleGranted(aggregate_version=1, role=granted))
        return granted


@pytest.fixture
async def foreign(nats_server):
    client = await connect(Access(nats_server.url), "test-foreign")
    for name, subjects in STREAMS.items():
        await ensure_stream(client.jetstream(), Stream(name, subjects, last_only=name == "CONTACTS"))
    yield Foreign(client)
    await client.close()


@pytest.fixture
def settings_of(store_url, nats_server, tmp_path):
    """Settings of a service over this test's store and bus."""

    def make(kind, **more):
        return kind(
            database_url=store_url,
            nats_url=nats_server.url,
            http_port=0,
            issuer=ISSUER,
            audience=AUDIENCE,
            jwks=write_jwks(tmp_path),
            **more,
        )

    return make
