"""What the suite saves its work by shows what the slow way shows."""

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import inspect, text

from vzaimo.kit.database import open_database
from vzaimo.kit.migrations import KIT, check
from vzaimo.kit.migrations.steps import differences
from vzaimo.kit.testing import postgres, stores

router = APIRouter()


@router.get("/whose")
async def whose(request: Request) -> str:
    return request.app.state.owner


def owned_by(owner, prefix=""):
    app = FastAPI()
    app.state.owner = owner
    app.include_router(router, prefix=prefix)
    return app


async def answer(app, path):
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://app") as client:
        return (await client.get(path)).json()


async def test_applications_that_share_routes_have_their_own_state():
    first, second = owned_by("Тверь"), owned_by("Омск")
    assert first.router.routes[-1] is second.router.routes[-1]
    assert [await answer(first, "/whose"), await answer(second, "/whose")] == ["Тверь", "Омск"]


async def test_a_router_below_another_address_is_found_there_alone():
    below = owned_by("Пермь", "/v1")
    assert await answer(below, "/v1/whose") == "Пермь"
    assert await answer(below, "/whose") == {"detail": "Not Found"}


@pytest.fixture
async def copied(store_url):
    stores.prepare(store_url, [KIT])
    database = await open_database(store_url)
    yield database
    await database.close()


async def test_a_copied_store_has_the_codes_tables(copied):
    await check(copied, [KIT])
    assert await copied.in_thread(lambda connection: differences(connection, KIT)) == []


async def test_a_store_that_has_tables_is_left_alone(copied, store_url):
    async with copied.begin() as tx:
        await tx.execute(text("UPDATE kit_revision SET version_num = '9999'"))
    stores.prepare(store_url, [KIT])
    async with copied.read() as tx:
        assert await tx.scalar(text("SELECT version_num FROM kit_revision")) == "9999"


async def test_a_database_whose_place_a_copy_took_is_the_next_empty_one(postgres_server):
    for _ in range(2):
        with postgres.fresh_database(postgres_server) as url:
            database = await open_database(url)
            assert await database.in_thread(lambda connection: inspect(connection).get_table_names()) == []
            await database.close()
            stores.prepare(url, [KIT])
