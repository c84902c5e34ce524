"""An act of destruction as it is printed and signed (order of Roskomnadzor no. 179 of 28 October 2022)."""

from vzaimo.kit.http.language import Language
from vzaimo.requests.domain.privacy import CATEGORIES
from vzaimo.requests.shapes.privacy import ActView

_CATEGORIES = {
    "name": ("имя", "name"),
    "organisation": ("организация", "organisation"),
    "dietary": ("особенности питания", "dietary needs"),
    "access": ("потребности в доступности", "access needs"),
}
_CAUSES = {
    "purge": ("истёк срок хранения после мероприятия", "the time of keeping after the event is over"),
    "erasure": ("обращение субъекта или направившего его города", "asked by the person, or by the city that sent them"),
}
_RU = """\
АКТ № {number}
об уничтожении персональных данных

Дата и время уничтожения: {moment} (UTC)
Информационная система: «Взаимообучение городов», сервис запросов на участие
Запрос на участие: {request}
Направивший город: {city}
Субъектов персональных данных: {people}
Обозначения субъектов в системе: {delegates}
Уничтоженные категории данных: {categories}
Способ уничтожения: значения перезаписаны, восстановить их средствами системы нельзя
Причина уничтожения: {cause}
Исполнитель (обозначение в системе): {actor}

Выгрузка из журнала регистрации событий
{journal}

Подпись ______________________
"""
_EN = """\
ACT No. {number}
of destruction of personal data

Date and time of destruction: {moment} (UTC)
Information system: Vzaimo, participation requests
Participation request: {request}
City that sent the people: {city}
People concerned: {people}
Their ids in the system: {delegates}
Categories destroyed: {categories}
Way of destruction: the values were overwritten; the system cannot restore them
Cause: {cause}
Done by (id in the system): {actor}

Extract of the journal
{journal}

Signature ______________________
"""
_LINE = (
    "таблица {table}: перезаписано строк {rows}; столбцы: {columns}",
    "table {table}: {rows} rows overwritten; columns: {columns}",
)


def printed(act: ActView, language: Language) -> str:
    """The act as plain text."""
    one = 0 if language == "ru" else 1
    lines = [
        _LINE[one].format(table=line.table, rows=line.rows, columns=", ".join(line.columns)) for line in act.journal
    ]
    return (_RU, _EN)[one].format(
        number=act.number,
        moment=f"{act.erased_at:%d.%m.%Y %H:%M:%S}" if language == "ru" else f"{act.erased_at:%Y-%m-%d %H:%M:%S}",
        request=act.request,
        city=act.city,
        people=act.people,
        delegates=", ".join(str(delegate) for delegate in act.delegates) or "—",
        categories=", ".join(_CATEGORIES[name][one] for name in CATEGORIES),
        cause=_CAUSES[act.cause][one],
        actor=act.actor,
        journal="\n".join(lines),
    )
