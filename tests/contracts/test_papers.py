"""OpenAPI and AsyncAPI under docs are what the code says, and what their own validators accept."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from vzaimo.contracts.event import parse
from vzaimo.contracts.schemas import every_fact
from vzaimo.local.papers import drawn

DOCS = Path(__file__).parents[2] / "docs"
GOLDEN = Path(__file__).parent / "golden"
SERVICES = ("registry", "calendar", "requests", "notify")
PROGRAM = """
import { Parser } from "@asyncapi/parser";
import { readFileSync } from "node:fs";
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
  for (const one of diagnostics.filter((each) => each.severity < 2)) console.log(file, one.message, one.path.join("."));
  console.log(document ? "read" : "not read");
}
"""


async def test_the_papers_in_docs_are_the_codes():
    papers = await drawn(GOLDEN)
    assert papers.keys() == {f"{kind}/{service}.json" for kind in ("openapi", "asyncapi") for service in SERVICES}
    for name, text in papers.items():
        kept = DOCS / name
        assert kept.exists(), f"docs/{name} is missing: run `make contracts`"
        assert kept.read_text(encoding="utf-8") == text, f"docs/{name} is not what the code says: run `make contracts`"


@pytest.mark.parametrize("service", SERVICES)
def test_openapi_is_valid(service):
    validate(json.loads((DOCS / "openapi" / f"{service}.json").read_text(encoding="utf-8")))


@cache
def asyncapi(service):
    return json.loads((DOCS / "asyncapi" / f"{service}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("fact", every_fact(), ids=lambda fact: fact.__name__)
def test_asyncapi_tells_a_stranger_where_a_fact_is_who_reads_it_and_what_it_looks_like(fact):
    document = asyncapi(fact.service)
    channel = document["channels"][fact.__name__]
    message = document["components"]["messages"][f"{fact.__name__}:Message"]
    (example,) = message["examples"]
    sample = parse(json.dumps(example["payload"]).encode()).data
    assert type(sample) is fact
    tokens = dict(zip(("city", "other", "id"), sample.subject.split(".")[-3:], strict=True))
    assert channel["address"].format(**tokens) == sample.subject
    readers = {"pub": "everyone who is let in", "party": "the cities in the subject", "int": "own services alone"}
    assert readers[fact.audience] in channel["description"]
    assert message["name"] == fact.event_type


@pytest.mark.parametrize("service", SERVICES)
def test_asyncapi_says_how_to_come_in_and_explains_every_token_and_field(service):
    document = asyncapi(service)
    (server,) = document["servers"].values()
    assert [one["$ref"].rpartition("/")[2] for one in server["security"]] == list(
        document["components"]["securitySchemes"]
    )
    for name, channel in document["channels"].items():
        assert set(re.findall(r"{(\w+)}", channel["address"])) == channel["parameters"].keys(), name
    for schema in document["components"]["schemas"].values():
        for field, drawn_field in schema.get("properties", {}).items():
            assert "description" in drawn_field, (schema["title"], field)


def test_asyncapi_is_valid(node):
    (node / "parse.mjs").write_text(PROGRAM, encoding="utf-8")
    files = [str(DOCS / "asyncapi" / f"{service}.json") for service in SERVICES]
    done = subprocess.run(("node", "parse.mjs", *files), cwd=node, capture_output=True, text=True, check=False)
    assert (done.stdout.split("\n")[:-1], done.returncode) == (["read"] * 4, 0), done.stderr
