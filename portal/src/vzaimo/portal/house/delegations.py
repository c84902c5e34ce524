"""A delegation as people bring it along: typed, pasted from a spreadsheet, or in a file (XLSX, CSV)."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from vzaimo.contracts.calendar import AudienceRole

MOST = 500
"""As many delegates as a request may name."""
LONGEST = 300
"""Characters of a name."""
COLUMNS = 3
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
_HEADINGS = re.compile(r"^(фио|ф\.\s*и\.\s*о\.?|имя|фамилия|участник|name|delegate)", re.IGNORECASE)


class Unreadable(Exception):
    """The file is none that we can read: ``why`` is the end of a text's key."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form: a person, as far as they are named."""

    name: str = ""
    role: str = ""
    organisation: str = ""

    @property
    def empty(self) -> bool:
        """Whether nobody is named here."""
        return not (self.name or self.organisation)


def typed(names: Sequence[str], roles: Sequence[str], places: Sequence[str]) -> list[Row]:
    """The lines of the form that name somebody."""
    rows = [
        Row(name.strip()[:LONGEST], role if role in list(AudienceRole) else "", place.strip()[:LONGEST])
        for name, role, place in zip(names, roles, places, strict=False)
    ]
    return [row for row in rows if not row.empty][:MOST]


def moved(rows: Sequence[Row], place: int, by: int) -> list[Row]:
    """The rows with one of them a place up or down; at the ends it stays."""
    found = list(rows)
    other = place + by
    if 0 <= place < len(found) and 0 <= other < len(found):
        found[place], found[other] = found[other], found[place]
    return found


def pasted(text: str) -> list[Row]:
    """Lines as a spreadsheet puts them on the clipboard: name, role, organisation; by tabs, else by semicolons."""
    mark = "\t" if "\t" in text else ";"
    return read(line.split(mark) for line in text.splitlines())


def from_file(name: str, content: bytes) -> list[Row]:
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


def read(lines: Iterable[Sequence[Any]]) -> list[Row]:
    """People from cells, at most 500; a line of headings and empty lines are passed over."""
    found: list[Row] = []
    first = True
    for line in lines:
        cells = ["" if cell is None else str(cell).strip()[:LONGEST] for cell in line[:COLUMNS]]
        name, role, place = [*cells, "", "", ""][:COLUMNS]
        if name and not (first and _HEADINGS.match(name)):
            found.append(Row(name, role_of(role), place))
        first = first and not name
        if len(found) >= MOST:
            break
    return found


def role_of(words: str) -> str:
    """The role that these words mean; nothing where they mean none, for the reader to choose."""
    if words in list(AudienceRole):
        return words
    return next((role.value for pattern, role in _ROLES if re.search(pattern, words, re.IGNORECASE)), "")


def _sheet(content: bytes) -> Iterable[Sequence[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED:
                raise Unreadable("large")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            return list(book.worksheets[0].iter_rows(max_row=MOST + 1, max_col=COLUMNS, values_only=True))
        finally:
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError):
        raise Unreadable("broken") from None
