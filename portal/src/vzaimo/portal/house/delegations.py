"""A delegation as it stands in the form, and as people bring it along: pasted from a spreadsheet, or in a file."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from vzaimo.contracts.calendar import AudienceRole
from vzaimo.portal.house.columns import Columns, columns_of

MOST = 500
"""As many delegates as a request may name."""
LONGEST = 300
"""Characters of a name."""
WIDEST = 20
"""Columns of a sheet."""
UNPACKED = 20 * 1024 * 1024
"""Bytes of a workbook once it is unpacked."""
SPARE = 3
"""Empty lines that a form offers."""

_ROLES: tuple[tuple[str, AudienceRole], ...] = (
    (r"зам|завуч|deputy", AudienceRole.DEPUTY),
    (r"директор|руководител|заведующ|director|principal|head", AudienceRole.DIRECTOR),
    (r"методист|method", AudienceRole.METHODOLOGIST),
    (r"учител|педагог|преподавател|воспитател|teacher", AudienceRole.TEACHER),
    (r"управлен|департамент|отдел|министер|специалист|authorit", AudienceRole.AUTHORITY),
)
Doubt = Literal["role", "no_role", "nobody", "long", "twice", "more"]
"""What was not understood of a line."""


class Unreadable(Exception):
    """The file is none that we can read: ``why`` is the end of a text's key."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form: a person, as far as they are named. ``said``: a role in words that mean none to us."""

    name: str = ""
    role: str = ""
    organisation: str = ""
    said: str = ""

    @property
    def empty(self) -> bool:
        """Whether nobody is named here."""
        return not (self.name or self.organisation)


@dataclass(frozen=True, slots=True)
class Note:
    """A line of the table that needs a look."""

    line: int
    doubt: Doubt
    cell: str = ""


@dataclass(slots=True)
class Reading:
    """What was read of a table, and what was not understood."""

    rows: list[Row] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def typed(names: Sequence[str], roles: Sequence[str], places: Sequence[str]) -> list[Row]:
    """The lines of the form, empty ones as well, so that a button's line is the one that was pressed."""
    return [
        Row(name.strip()[:LONGEST], role if role in list(AudienceRole) else "", place.strip()[:LONGEST])
        for name, role, place in zip(names, roles, places, strict=False)
    ]


def named(rows: Iterable[Row]) -> list[Row]:
    """The lines that name somebody."""
    return [row for row in rows if not row.empty][:MOST]


def moved(rows: Sequence[Row], place: int, by: int) -> list[Row]:
    """The rows with one of them a place up or down; at the ends it stays."""
    found = list(rows)
    other = place + by
    if 0 <= place < len(found) and 0 <= other < len(found):
        found[place], found[other] = found[other], found[place]
    return found


def without(rows: Sequence[Row], place: int) -> list[Row]:
    """The rows without one of them."""
    return [row for no, row in enumerate(rows) if no != place]


def pasted(text: str) -> Reading:
    """Lines as a spreadsheet puts them on the clipboard; by tabs, else by semicolons."""
    mark = "\t" if "\t" in text else ";"
    return read(line.split(mark) for line in text.splitlines())


def from_file(name: str, content: bytes) -> Reading:
    """The first sheet of a workbook, or a CSV in UTF-8 or Windows' Cyrillic. Raises ``Unreadable``."""
    if name.lower().endswith(".xlsx"):
        return read(_sheet(content))
    if name.lower().endswith((".csv", ".txt")):
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1251", errors="replace")
        mark = max("\t;,", key=text[:2000].count)
        try:
            return read(csv.reader(io.StringIO(text), delimiter=mark))
        except csv.Error:
            raise Unreadable("broken") from None
    raise Unreadable("kind")


def read(lines: Iterable[Sequence[Any]]) -> Reading:
    """People from cells, at most 500. Lines are numbered as their table numbers them."""
    cells = [["" if cell is None else " ".join(str(cell).split()) for cell in line[:WIDEST]] for line in lines]
    columns = columns_of(cells)
    found = Reading()
    for line, row in enumerate(cells[columns.first :], columns.first + 1):
        if not any(row):
            continue
        if len(found.rows) == MOST:
            found.notes.append(Note(line, "more"))
            break
        _take(found, line, row, columns)
    return found


def added(rows: Sequence[Row], reading: Reading) -> list[Row]:
    """The form's people and those of a table after them; whoever finds no room is noted, and who is there twice."""
    room = MOST - len(rows)
    if len(reading.rows) > room:
        reading.notes.append(Note(room + 1, "more"))
    known = {_folded(row.name) for row in rows}
    for row in reading.rows[:room]:
        if _folded(row.name) in known:
            reading.notes.append(Note(0, "twice", row.name))
        known.add(_folded(row.name))
    return [*rows, *reading.rows[:room]]


def role_of(words: str) -> str:
    """The role that these words mean; nothing where they mean none, for the reader to choose."""
    if words in list(AudienceRole):
        return words
    return next((role.value for pattern, role in _ROLES if re.search(pattern, words, re.IGNORECASE)), "")


def _take(found: Reading, line: int, row: Sequence[str], columns: Columns) -> None:
    name, said, place = columns.person(row)
    if not name:
        found.notes.append(Note(line, "nobody"))
        return
    role = role_of(said)
    one = Row(name[:LONGEST], role, place[:LONGEST], said="" if role else said[:LONGEST])
    found.rows.append(one)
    if not role:
        found.notes.append(Note(line, "role" if said else "no_role", said[:LONGEST] or one.name))
    if len(name) > LONGEST or len(place) > LONGEST:
        found.notes.append(Note(line, "long", one.name[:40]))


def _folded(name: str) -> str:
    return name.casefold().replace("ё", "е")


def _sheet(content: bytes) -> Iterable[Sequence[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED:
                raise Unreadable("large")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            return list(book.worksheets[0].iter_rows(max_row=2 * MOST, max_col=WIDEST, values_only=True))
        finally:
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError):
        raise Unreadable("broken") from None
