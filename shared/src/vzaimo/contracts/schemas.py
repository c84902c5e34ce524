"""JSON Schemas (draft 2020-12) of the facts, as readers in any language need them.

``python -m vzaimo.contracts.schemas docs/schemas`` writes one file a fact.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from vzaimo.contracts.event import FACTS, CloudEvent, Fact

SERVICES = ("registry", "calendar", "requests", "notify")


def every_fact() -> list[type[Fact]]:
    """All facts of the four services, in the order in which their modules name them."""
    for service in SERVICES:
        import_module(f"vzaimo.contracts.{service}")
    return [fact for fact in FACTS.values() if fact.__module__.startswith("vzaimo.contracts.")]


def schema(fact: type[Fact]) -> dict[str, Any]:
    """What a reader may rely on: the whole event, envelope and data. Fields beyond it are to be ignored."""
    drawn = CloudEvent[fact].model_json_schema()  # type: ignore[valid-type]
    drawn["properties"]["type"] = {"const": fact.event_type, "type": "string"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:vzaimo:{fact.event_type}",
        **drawn,
        "title": fact.event_type,
        "description": (fact.__doc__ or "").strip(),
    }


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
