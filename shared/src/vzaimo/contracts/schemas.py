"""JSON Schemas (draft 2020-12) of the facts, as readers in any language need them.

``python -m vzaimo.contracts.schemas docs/schemas`` writes one file a fact.
"""

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vzaimo.contracts.event import FACTS, CloudEvent, Fact, State

SERVICES = ("registry", "calendar", "requests", "notify")


def every_fact() -> list[type[Fact]]:
    """All facts of the four services, in the order in which their modules name them."""
    for service in SERVICES:
        import_module(f"vzaimo.contracts.{service}")
    return [fact for fact in FACTS.values() if fact.__module__.startswith("vzaimo.contracts.")]


def schema(fact: type[Fact]) -> dict[str, Any]:
    """What a reader may rely on: the whole event, envelope and data. Fields beyond it are to be ignored."""
    drawn = CloudEvent[fact].model_json_schema()  # type: ignore[valid-type]
    describe(drawn)
    drawn["properties"]["type"] |= {"const": fact.event_type}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": place_of(fact),
        **drawn,
        "title": fact.event_type,
        "description": (fact.__doc__ or "").strip(),
    }


def place_of(fact: type[Fact]) -> str:
    """Where the gateway of the fact's service has its schema: a reference, as each installation has its own hosts."""
    return f"/v1/schemas/{fact.event_type}"


def describe(drawn: Any) -> None:
    """Say in a drawn schema what the sources of our models say of their fields, which pydantic leaves out."""
    for node in _objects(drawn):
        said = _said_of(node.get("title", "").partition("[")[0])
        for name, field in node.get("properties", {}).items():
            if name in said:
                field["description"] = said[name]


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and isinstance(node.get("title", ""), str):
            yield node
        for inner in node.values():
            yield from _objects(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _objects(inner)


@cache
def _said_of(title: str) -> dict[str, str]:
    """What is said of each field of a model of ours, its bases' among them; nothing for any other title."""
    said: dict[str, str] = {}
    for one in reversed(_models().get(title, object).__mro__):
        if one.__module__.startswith("vzaimo.contracts."):
            said |= _docstrings(one.__module__).get(one.__name__, {})
    return said


def _models() -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {"CloudEvent": CloudEvent}
    waiting: list[type[BaseModel]] = [State]
    while waiting:
        model = waiting.pop()
        if model.__module__.startswith("vzaimo.contracts."):
            found[model.__name__] = model
            waiting += model.__subclasses__()
    return found


@cache
def _docstrings(module: str) -> dict[str, dict[str, str]]:
    """By class and field: the text that stands below a field in the source."""
    classes = [one for one in ast.parse(inspect.getsource(sys.modules[module])).body if isinstance(one, ast.ClassDef)]
    found: dict[str, dict[str, str]] = {}
    for one in classes:
        for field, below in pairwise(one.body):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found.setdefault(one.name, {})[name] = inspect.cleandoc(text)
    return found


def path_of(fact: type[Fact]) -> Path:
    """Where a fact's schema and its golden sample stand below their folders."""
    return Path(fact.service) / f"{fact.__name__}.v{fact.schema_version}.json"


def text_of(fact: type[Fact]) -> str:
    """The schema as it is kept in a file."""
    return json.dumps(schema(fact), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write(folder: Path) -> int:
    """Write every schema below the folder and return how many there are."""
    facts = every_fact()
    for fact in facts:
        path = folder / path_of(fact)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(fact), encoding="utf-8")
    return len(facts)


if __name__ == "__main__":
    sys.stdout.write(f"{write(Path(sys.argv[1]))} schemas written below {sys.argv[1]}\n")
