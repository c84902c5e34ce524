"""A season as tables for people: CSV and XLSX, in their language."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from vzaimo.kit.http.language import Language
from vzaimo.requests.shapes.statistics import SeasonView, Share

_WORDS = {
    "totals": ("Итоги", "Totals"),
    "cities": ("Города", "Cities"),
    "topics": ("Темы", "Topics"),
    "roles": ("Должности", "Roles"),
    "regions": ("Регионы", "Regions"),
    "modes": ("Формы участия", "Ways of attending"),
    "table": ("Раздел", "Table"),
    "key": ("Код", "Key"),
    "name": ("Название", "Name"),
    "region": ("Регион", "Region"),
    "measure": ("Показатель", "Measure"),
    "value": ("Значение", "Value"),
    "season": ("Учебный год с 1 сентября", "Season from 1 September"),
    "events": ("Мероприятия", "Events"),
    "seats": ("Выделено мест", "Seats granted"),
    "seats_hosted": ("Мест для гостей", "Seats hosted"),
    "seats_received": ("Мест получено", "Seats received"),
    "people": ("Обучено человек", "People trained"),
    "decisions": ("Решений", "Decisions"),
    "decision_hours": ("Часов до решения (медиана)", "Hours to a decision (median)"),
    "feedback": ("Отзывов", "Feedback given"),
    "feedback_mean": ("Средняя оценка", "Mean score"),
    "authority": ("управление образования", "education authority"),
    "director": ("директор", "director"),
    "deputy": ("заместитель директора", "deputy director"),
    "teacher": ("учитель", "teacher"),
    "methodologist": ("методист", "methodologist"),
    "in_person": ("очно", "in person"),
    "remote": ("дистанционно", "remote"),
}
_TOTALS = (
    *("season", "cities", "events", "seats", "people"),
    *("decisions", "decision_hours", "feedback", "feedback_mean"),
)
_CITY = ("events", "seats_hosted", "seats_received", "people")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet that reads CSV."""

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: the first ``keys`` columns say what a row is about, the others measure it."""

    title: str
    columns: tuple[str, ...]
    keys: int
    rows: tuple[tuple[Cell, ...], ...]


def sheets(season: SeasonView, language: Language) -> list[Sheet]:
    """A season's tables."""

    def word(name: str) -> str:
        return _WORDS[name][0 if language == "ru" else 1]

    def shares(title: str, found: list[Share], *, named: bool = False) -> Sheet:
        rows = tuple((one.key, word(one.key) if named else one.key, one.people) for one in found)
        return Sheet(word(title), (word("key"), word("name"), word("people")), 2, rows)

    totals = tuple((name, word(name), getattr(season, name)) for name in _TOTALS)
    cities = tuple((one.city, one.name, one.region, *(getattr(one, name) for name in _CITY)) for one in season.by_city)
    heads = (word("key"), word("name"), word("region"), *(word(name) for name in _CITY))
    return [
        Sheet(word("totals"), (word("key"), word("name"), word("value")), 2, totals),
        Sheet(word("cities"), heads, 3, cities),
        shares("topics", season.by_topic),
        shares("roles", season.by_role, named=True),
        shares("regions", season.by_region),
        shares("modes", season.by_mode, named=True),
    ]


def as_csv(season: SeasonView, language: Language) -> bytes:
    """One long table, a measure a line, separated by commas; with the mark by which Excel knows UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_WORDS[name][0 if language == "ru" else 1] for name in ("table", "key", "name", "measure", "value"))
    for sheet in sheets(season, language):
        for row in sheet.rows:
            for column, value in zip(sheet.columns[sheet.keys :], row[sheet.keys :], strict=True):
                writer.writerow(_plain(cell) for cell in (sheet.title, row[0], row[1], column, value))
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(season: SeasonView, language: Language) -> bytes:
    """A workbook with a sheet for each table. What looks like a formula is a text all the same."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    book: Any = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    )
    bold = book.add_format({"bold": True})
    for sheet in sheets(season, language):
        page = book.add_worksheet(sheet.title)
        page.freeze_panes(1, 0)
        page.write_row(0, 0, sheet.columns, bold)
        for number, row in enumerate(sheet.rows, 1):
            page.write_row(number, 0, row)
        page.autofit()
    book.close()
    return out.getvalue()


def _plain(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
