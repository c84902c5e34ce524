"""What people read, in both languages: gettext catalogues (``ru.po``, ``en.po``), read once at start.

Messages are named by what they are for (``request-approved.title``); numbers stand with their words in the plural
forms of the language. City names have a genitive where ``genitive.json`` gives one: Russian toponyms are declined by
no rule that holds.
"""

import gettext
import io
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Locale = Literal["ru", "en"]


class Catalogue:
    """The words of one language."""

    def __init__(self, locale: Locale) -> None:
        self.locale = locale
        with (files(__package__) / f"{locale}.po").open("rb") as source:
            messages = read_po(source, locale=locale, abort_invalid=True)
        compiled = io.BytesIO()
        write_mo(compiled, messages)
        compiled.seek(0)
        self._words = gettext.GNUTranslations(compiled)
        self._words.add_fallback(_Missing())

    def say(self, name: str, facts: Mapping[str, object] | None = None) -> str:
        """A message over its facts. Raises ``KeyError`` for one that is missing, or a fact that is."""
        return self._words.gettext(name).format_map(facts or {})

    def count(self, what: str, number: int) -> str:
        """A number with its word: «1 место», «2 места», «5 мест»."""
        return self._words.ngettext(what, what, number).format(n=number)

    def city_of(self, name: str) -> str:
        """Whose something is."""
        return self.say("city-of", {"city": _GENITIVE.get(name, name) if self.locale == "ru" else name})


class _Missing(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        raise KeyError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        raise KeyError(f"{msgid1} {msgid2} {n}")


_GENITIVE: Mapping[str, str] = json.loads((files(__package__) / "genitive.json").read_text(encoding="utf-8"))
CATALOGUES: Mapping[Locale, Catalogue] = {"ru": Catalogue("ru"), "en": Catalogue("en")}
