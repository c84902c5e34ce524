"""What the portal says, in both languages: ``words/*.toml``, each text beside its translation."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from babel import Locale

Language = Literal["ru", "en"]
LANGUAGES: tuple[Language, ...] = ("ru", "en")
_FORMS = {"ru": {"one", "few", "many"}, "en": {"one", "other"}}
"""Whole numbers have these; they are all that is counted."""


class Words:
    """The catalogue. A text is ``[ru, en]``; one that counts ``n`` has its plural forms in place of each."""

    def __init__(self, texts: Mapping[str, tuple[Any, Any]]) -> None:
        self._texts = texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def say(self, language: Language, key: str, **facts: object) -> str:
        """A text in a language, with its facts put in. An unknown key is a mistake of ours and raises ``KeyError``."""
        text = self._texts[key][LANGUAGES.index(language)]
        if isinstance(text, dict):
            text = text[_plural(language)(facts["n"])]
        return str(text).format_map(facts) if facts else str(text)

    def forms(self, key: str) -> tuple[list[str], list[str]]:
        """Every form of a text, in each language."""
        ru, en = ([*text.values()] if isinstance(text, dict) else [text] for text in self._texts[key])
        return ru, en


@cache
def words() -> Words:
    """The catalogue, read once. A text that lacks a language or a plural form stops the process."""
    texts: dict[str, tuple[Any, Any]] = {}
    for entry in sorted((files("vzaimo.portal") / "words").iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".toml"):
            _take(texts, "", tomllib.loads(entry.read_text(encoding="utf-8")))
    return Words(texts)


def _take(texts: dict[str, tuple[Any, Any]], prefix: str, table: Mapping[str, Any]) -> None:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and set(value) != set(LANGUAGES):
            _take(texts, f"{key}.", value)
            continue
        pair = (value["ru"], value["en"]) if isinstance(value, dict) else tuple(value)
        if len(pair) != len(LANGUAGES) or key in texts:
            raise ValueError(f"the text {key} needs Russian and English, once")
        for language, text in zip(LANGUAGES, pair, strict=True):
            if isinstance(text, dict) and set(text) != _FORMS[language]:
                raise ValueError(f"the text {key} needs the plural forms {sorted(_FORMS[language])} in {language}")
        texts[key] = pair


@cache
def _plural(language: Language) -> Any:
    return Locale(language).plural_form
