"""The check of schemas itself: what it must allow, and what it must catch."""

import copy

import pytest

OLD = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "seats": {"type": "integer", "minimum": 0},
        "mode": {"enum": ["in_person", "remote"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "inner": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    },
    "required": ["id", "seats", "mode", "inner"],
}


def changed(change):
    new = copy.deepcopy(OLD)
    change(new)
    return new


def add_optional(schema):
    schema["properties"]["added"] = {"type": "string"}


def add_optional_inside(schema):
    schema["properties"]["inner"]["properties"]["b"] = {"type": "integer"}


def add_required(schema):
    schema["properties"]["added"] = {"type": "string"}
    schema["required"].append("added")


def remove_required(schema):
    del schema["properties"]["id"]
    schema["required"].remove("id")


def make_optional(schema):
    schema["required"].remove("seats")


def change_type(schema):
    schema["properties"]["seats"] = {"type": "string"}


def add_enum_value(schema):
    schema["properties"]["mode"]["enum"].append("hybrid")


def remove_enum_value(schema):
    schema["properties"]["mode"]["enum"].remove("remote")


def rename_inside(schema):
    schema["properties"]["inner"]["properties"] = {"z": {"type": "string"}}
    schema["properties"]["inner"]["required"] = ["z"]


def tighten(schema):
    schema["properties"]["seats"]["minimum"] = 1


@pytest.mark.parametrize("change", [lambda _: None, add_optional, add_optional_inside])
def test_an_addition_that_nobody_must_know_is_allowed(change, broken):
    assert broken(OLD, changed(change)) == []


@pytest.mark.parametrize(
    "change",
    [
        add_required,
        remove_required,
        make_optional,
        change_type,
        add_enum_value,
        remove_enum_value,
        rename_inside,
        tighten,
    ],
)
def test_a_change_that_breaks_a_reader_is_caught(change, broken):
    assert broken(OLD, changed(change))
