"""Practices are found by words in any form, beside topic and city, page by page, on both stores."""

import importlib

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from vzaimo.kit import lemmas
from vzaimo.kit.database import open_database
from vzaimo.registry.store import PRACTICE_TEXT, Model

ROBOTS = {"title": "Кружки робототехники", "summary": "Ёмко: дети строят роботов после уроков."}


@pytest.fixture
def found(registry):
    """The ids of a list."""

    async def find(query, who=None):
        answer = await registry.call("GET", f"/practices?{query}", who)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    return find


async def test_words_are_found_in_any_form(registry, izhevsk, tver, publish, practice_body, found):
    complexes, robots = await publish(), await publish("boris", city="tver", **ROBOTS)
    assert await found("text=образовательные+комплексы") == [complexes]
    assert await found("text=робот") == [robots]
    assert await found("text=кружок+уроки") == [robots]
    assert await found("text=баллов") == [complexes, robots]  # an indicator's name
    assert await found("text=емкий") == [robots]
    assert await found("text=робототе") == [robots]  # the last word may be unfinished
    assert await found("text=большие+города") == []  # where it does not apply
    assert await found("text=%22)+OR+%27*") == []
    await registry.done("PUT", f"/practices/{complexes}", "anna", {**practice_body, "title": "Лицеи", "summary": "Два"})
    assert (await found("text=комплексы"), await found("text=лицей")) == ([], [complexes])


async def test_words_go_with_the_other_filters(registry, izhevsk, tver, publish, moderator, found):
    await registry.done("PUT", "/topics/robots", moderator, {"name": "Роботы"})
    first = await publish(**ROBOTS)
    second = await publish("boris", city="tver", topics=["robots", "complexes"], **ROBOTS)
    assert await found("text=роботы&city=tver") == [second]
    assert await found("text=роботы&topic=robots") == [second]
    assert await found("text=роботы&topic=complexes") == [first, second]
    page = (await registry.call("GET", "/practices?text=роботы&limit=1")).json()
    assert [one["id"] for one in page["items"]] == [first]
    assert await found(f"text=роботы&limit=1&cursor={page['next']}") == [second]


async def test_drafts_are_found_by_their_own_city_alone(registry, izhevsk, tver, publish, practice_body, found):
    draft = await registry.done("POST", "/practices", "anna", {**practice_body, **ROBOTS})
    assert await found("text=роботы&status=draft", "anna") == [draft]
    assert await found("text=роботы&status=draft", "boris") == []
    assert await found("text=роботы", "anna") == []
    mine, theirs = await publish(), await publish("boris", city="tver")
    assert await found("status=draft&status=published", "anna") == [draft, mine, theirs]
    assert await found("status=draft&status=published", "boris") == [mine, theirs]
    assert await found("status=draft&status=published") == [mine, theirs]


async def test_a_city_is_found_by_its_name_as_it_is_now(registry, izhevsk, publish, found):
    practice = await publish()
    assert await found("text=ижевск") == [practice]
    await registry.done("PATCH", f"/cities/{izhevsk}", "anna", {"name": "Устинов"})
    assert (await found("text=ижевск"), await found("text=устинов")) == ([], [practice])


async def test_practices_from_before_are_read_by_the_revision(store_url):
    revision = importlib.import_module("vzaimo.registry.migrations.versions.0003_practices_are_found_by_words")
    database = await open_database(store_url)
    before = [table for table in Model.metadata.sorted_tables if table is not PRACTICE_TEXT]
    practice = (
        "INSERT INTO practice (id, city, title, topics, audience, indicators, status, review_round, summary,"
        " does_not_apply, baseline_reasons, version) VALUES ('00000000000000000000000000000001', 'tver',"
        """ 'Кружки', '[]', '[]', '[{"name": "Доля"}]', 'draft', 0, 'Роботы', '', '[]', 1)"""
    )
    city = (
        "INSERT INTO city (id, name, region, timezone, status, created_at, version)"
        " VALUES ('tver', 'Тверь', '—', 'Europe/Moscow', 'active', '2026-01-01', 1)"
    )

    def migrate(connection):
        Model.metadata.create_all(connection, before)
        connection.execute(text(city))
        connection.execute(text(practice))
        with Operations.context(MigrationContext.configure(connection)):
            revision.upgrade()
        return connection.execute(PRACTICE_TEXT.select()).one()

    row = await database.in_thread(migrate)
    await database.close()
    assert (row.city, row.city_words) == ("tver", lemmas.indexed("Тверь"))
    assert row.words == lemmas.indexed("Кружки", "Роботы", "Доля")
