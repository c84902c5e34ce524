"""OpenAPI and AsyncAPI under docs are what the code says, and what their own validators accept."""

import json
import subprocess
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from vzaimo.contracts.schemas import every_fact
from vzaimo.local.papers import drawn

DOCS = Path(__file__).parents[2] / "docs"
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
    papers = await drawn()
    assert papers.keys() == {f"{kind}/{service}.json" for kind in ("openapi", "asyncapi") for service in SERVICES}
    for name, text in papers.items():
        kept = DOCS / name
        assert kept.exists(), f"docs/{name} is missing: run `make contracts`"
        assert kept.read_text(encoding="utf-8") == text, f"docs/{name} is not what the code says: run `make contracts`"


@pytest.mark.parametrize("service", SERVICES)
def test_openapi_is_valid(service):
    validate(json.loads((DOCS / "openapi" / f"{service}.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("service", SERVICES)
def test_asyncapi_names_every_fact_of_its_service(service):
    channels = json.loads((DOCS / "asyncapi" / f"{service}.json").read_text(encoding="utf-8"))["channels"]
    assert {fact.__name__ for fact in every_fact() if fact.service == service} <= channels.keys()


def test_asyncapi_is_valid(node):
    (node / "parse.mjs").write_text(PROGRAM, encoding="utf-8")
    files = [str(DOCS / "asyncapi" / f"{service}.json") for service in SERVICES]
    done = subprocess.run(("node", "parse.mjs", *files), cwd=node, capture_output=True, text=True, check=False)
    assert (done.stdout.split("\n")[:-1], done.returncode) == (["read"] * 4, 0), done.stderr
