"""What is wrong with a field, in the caller's language. The value itself is never repeated."""

from collections.abc import Mapping
from typing import Any

from vzaimo.kit.http.language import Language

_MESSAGES: dict[str, tuple[str, str]] = {
    "missing": ("обязательное поле", "this field is required"),
    "extra_forbidden": ("такого поля нет", "there is no such field"),
    "null": ("это поле можно не указывать, но нельзя сделать пустым", "may be left out, but not be null"),
    "string_type": ("нужна строка", "must be a string"),
    "string_too_short": ("не короче {min_length} символов", "must have at least {min_length} characters"),
    "string_too_long": ("не длиннее {max_length} символов", "may have at most {max_length} characters"),
    "unstorable": (
        "уберите знаки, которые нельзя сохранить (U+0000)",
        "must not have characters that cannot be stored (U+0000)",
    ),
    "string_pattern_mismatch": ("не подходит к образцу {pattern}", "does not match {pattern}"),
    "int_type": ("нужно целое число", "must be an integer"),
    "int_parsing": ("нужно целое число", "must be an integer"),
    "int_from_float": ("нужно целое число", "must be an integer"),
    "float_type": ("нужно число", "must be a number"),
    "float_parsing": ("нужно число", "must be a number"),
    "finite_number": ("нужно конечное число", "must be a finite number"),
    "bool_type": ("нужно true или false", "must be true or false"),
    "greater_than": ("должно быть больше {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("не меньше {ge}", "must be at least {ge}"),
    "less_than": ("должно быть меньше {lt}", "must be less than {lt}"),
    "less_than_equal": ("не больше {le}", "may be at most {le}"),
    "enum": ("одно из: {expected}", "must be one of: {expected}"),
    "literal_error": ("одно из: {expected}", "must be one of: {expected}"),
    "too_short": ("нужно не меньше {min_length} элементов", "needs at least {min_length} items"),
    "too_long": ("не больше {max_length} элементов", "may have at most {max_length} items"),
    "list_type": ("нужен список", "must be a list"),
    "tuple_type": ("нужен список", "must be a list"),
    "dict_type": ("нужен объект", "must be an object"),
    "model_attributes_type": ("нужен объект", "must be an object"),
    "model_type": ("нужен объект", "must be an object"),
    "uuid_parsing": ("нужен UUID", "must be a UUID"),
    "uuid_type": ("нужен UUID", "must be a UUID"),
    "timezone_aware": ("укажите смещение от UTC, например +03:00", "needs an offset from UTC, such as +03:00"),
    "timezone_naive": ("время без смещения от UTC", "must be a local time without an offset"),
}
_DATES = ("нужна дата или время по ISO 8601", "must be a date or time in ISO 8601")
_OTHER = ("недопустимое значение", "is not valid")


def message(kind: str, context: Mapping[str, Any], language: Language) -> str:
    """What to do about an error of pydantic's."""
    pair = _MESSAGES.get(kind) or (_DATES if kind.startswith(("date", "time")) else _OTHER)
    if language == "ru" and "expected" in context:
        context = {**context, "expected": str(context["expected"]).replace("' or '", "' или '")}  # pydantic's own word
    try:
        return pair[0 if language == "ru" else 1].format_map(context)
    except KeyError:
        return _OTHER[0 if language == "ru" else 1]
