"""Each fact has a schema and a golden sample under docs and tests, and neither changes what readers rely on."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from vzaimo.contracts.event import CloudEvent, Fact, UnknownFact, envelope, parse
from vzaimo.contracts.registry import CityApplied, ContactChanged
from vzaimo.contracts.schemas import every_fact, path_of, text_of

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "schemas"
GOLDEN = Path(__file__).parent / "golden"
FACTS = every_fact()
SUBJECT = re.compile(r"[a-z]+\.(pub|party|int)\.[a-z_]+\.[a-z_]+\.v\d+(\.[a-z0-9_-]+){3}", re.IGNORECASE)
each_fact = pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)


def golden(fact: type[Fact]) -> bytes:
    return (GOLDEN / path_of(fact)).read_bytes()


@each_fact
def test_the_schema_in_docs_is_the_models(fact):
    kept = SCHEMAS / path_of(fact)
    assert kept.exists(), f"{kept.relative_to(ROOT)} is missing: run `make contracts`"
    assert kept.read_text(encoding="utf-8") == text_of(fact), "the schema has changed: run `make contracts`"


@each_fact
def test_the_schema_says_what_every_field_means_and_where_it_is_itself(fact):
    drawn = json.loads(text_of(fact))
    assert drawn["$id"] == f"/v1/schemas/{fact.event_type}"
    for one in (drawn, *drawn["$defs"].values()):
        for name, field in one.get("properties", {}).items():
            assert field.get("description"), f"{one['title']}.{name}: write a line below the field"


def test_no_schema_and_no_sample_is_left_of_a_fact_that_is_gone():
    known = {path_of(fact) for fact in FACTS}
    for folder in (SCHEMAS, GOLDEN):
        assert {path.relative_to(folder) for path in folder.rglob("*.json")} == known


@each_fact
def test_every_earlier_schema_in_the_history_fits_the_present_one(fact, broken):
    now = json.loads(text_of(fact))
    for revision, before in earlier(SCHEMAS / path_of(fact)):
        assert not broken(before, now), f"{fact.__name__} breaks with {revision}: add an optional field, or a v2"


def earlier(path: Path) -> list[tuple[str, dict[str, Any]]]:
    name = path.relative_to(ROOT).as_posix()
    revisions = git("rev-list", "HEAD", "--", name).split()
    return [(revision, json.loads(git("show", f"{revision}:{name}"))) for revision in revisions]


def git(*command: str) -> str:
    done = subprocess.run(("git", *command), cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


@each_fact
def test_the_golden_sample_is_read_and_written_again_without_loss(fact):
    event = parse(golden(fact))
    assert type(event.data) is fact
    assert json.loads(event.model_dump_json(exclude_none=True)) == json.loads(golden(fact))


@each_fact
def test_the_golden_sample_has_a_subject_of_eight_tokens(fact):
    event = parse(golden(fact))
    assert SUBJECT.fullmatch(event.data.subject)
    assert event.data.key == event.subject


@each_fact
def test_a_field_that_a_newer_publisher_added_is_ignored(fact):
    newer = json.loads(golden(fact))
    newer["data"]["added_later"] = {"x": 1}
    newer["extension"] = "y"
    assert parse(json.dumps(newer).encode()) == parse(golden(fact))


def test_an_unknown_version_is_named():
    newer = golden(CityApplied).replace(b".v1", b".v9")
    with pytest.raises(UnknownFact, match=r"CityApplied\.v9"):
        parse(newer)


def test_a_fact_that_cannot_be_read_tells_nothing_of_what_it_holds():
    broken = golden(ContactChanged).replace(b'"aggregate_version":', b'"aggregate_version": "anna@city.example", "x":')
    with pytest.raises(ValueError, match="aggregate_version") as caught:
        parse(broken)
    assert "anna@" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"type": 1}', b'{"specversion": "1.0"}'])
def test_what_is_no_fact_is_refused(body):
    with pytest.raises(ValidationError):
        parse(body)


def test_an_envelope_without_its_time_zone_is_refused():
    event = json.loads(golden(CityApplied)) | {"time": "2026-09-27T09:00:00"}
    with pytest.raises(ValidationError, match="timezone"):
        parse(json.dumps(event).encode())


def test_an_envelope_names_its_publisher_type_and_aggregate():
    fact = parse(golden(CityApplied)).data
    event: CloudEvent[Any] = envelope(fact, event_id=UUID(int=1), time=parse(golden(CityApplied)).time)
    assert (event.source, event.type, event.subject, event.name) == (
        "/vzaimo/registry",
        "city.vzaimo.registry.CityApplied.v1",
        "izhevsk",
        "CityApplied",
    )


def test_no_fact_carries_a_person_outside_the_contacts_stream():
    personal = re.compile(r"\b(email|e_mail|phone|first_name|last_name|full_name|birth)")
    for fact in FACTS:
        if fact.stream != "CONTACTS":
            assert not personal.search(text_of(fact)), fact.__name__
