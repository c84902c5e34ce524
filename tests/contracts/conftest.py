"""Whether a changed schema of a fact still fits readers and writers that are already out there.

A naive comparison calls an added optional field breaking, because our readers' schemas leave objects open.
So a producer's schema is closed first: it writes the fields that it names and no others.
"""

import json
from typing import Any

import jsoncompat
import pytest


def broken(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What no longer fits when ``old`` becomes ``new``; empty when nothing is broken."""
    faults = []
    if not jsoncompat.check_compat(_text(_open(old)), _text(_closed(new)), "serializer"):
        faults.append("a reader of the old schema cannot read what is written now")
    if not jsoncompat.check_compat(_text(_closed(old)), _text(_open(new)), "deserializer"):
        faults.append("a reader of the new schema cannot read what was written before")
    return faults


def _open(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "$id"}


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    closed: dict[str, Any] = _close(_open(schema))
    return closed


def _close(node: Any) -> Any:
    if isinstance(node, list):
        return [_close(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _close(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        closed["additionalProperties"] = False
    return closed


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema)


@pytest.fixture(scope="session", name="broken")
def _broken():
    """The check, for tests of contracts and of itself."""
    return broken
