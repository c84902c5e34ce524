"""Which column of a table is what: by its headings, as people write them, else in the usual order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_HEADINGS: tuple[tuple[str, str], ...] = (
    ("last", r"фамилия$|surname|last name"),
    ("first", r"имя$|first name|given name"),
    ("middle", r"отчество$|patronymic|middle name"),
    ("name", r"фио|ф\.\s*и\.\s*о|фамилия|имя|участник|name|delegate"),
    ("role", r"роль|должность|кем работает|role|position|job"),
    ("place", r"организация|школа|место работы|учреждение|organi[sz]ation|school|company|place of work"),
)
_NUMBER = re.compile(r"\d{1,4}[.)]?")
_ABOVE = 10
"""Lines above the headings: a title, a date."""


@dataclass(frozen=True, slots=True)
class Columns:
    """``first``: the line with which people begin; ``parts`` of a person by column."""

    first: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)

    def person(self, row: Sequence[str]) -> tuple[str, str, str]:
        """Name, role in words, and organisation of a line."""
        if not self.parts:
            # Without headings: name, role, organisation, perhaps with numbers before them.
            plain = row[1:] if len(row) > 1 and _NUMBER.fullmatch(row[0]) else row
            name, role, place = [*plain, "", "", ""][:3]
            return name, role, place
        whole = [self._cell(row, "name")] if "name" in self.parts else []
        whole += [self._cell(row, part) for part in ("last", "first", "middle")]
        return " ".join(part for part in whole if part), self._cell(row, "role"), self._cell(row, "place")

    def _cell(self, row: Sequence[str], part: str) -> str:
        column = self.parts.get(part, len(row))
        return row[column] if column < len(row) else ""


def columns_of(lines: Sequence[Sequence[str]]) -> Columns:
    """Where people begin, and what stands where."""
    for no, line in enumerate(lines[:_ABOVE]):
        parts = _parts(line)
        # A line that names a person and nothing else may be a person's: one heading alone counts at the top only.
        if parts.keys() & {"name", "last", "first"} and (len(parts) > 1 or not any(any(one) for one in lines[:no])):
            return Columns(no + 1, parts)
    return Columns()


def _parts(line: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, cell in enumerate(line):
        part = next((part for part, words in _HEADINGS if re.match(rf"(?:{words})\b|(?:{words})$", cell.lower())), None)
        if part is not None and part not in found:
            found[part] = column
    if "name" in found and "last" in found:
        del found["name"]
    return found
