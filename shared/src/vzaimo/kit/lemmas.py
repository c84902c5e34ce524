"""Words as they are searched for: Russian ones by their lemma, whatever their form; ``ё`` is ``е``.

Stems will not do: «фестивали» and «фестиваль» have two (design: dependencies, T22). A word that may be a form of
several ("стали": стать, сталь) counts as each of them, in what is searched as in what is asked.
"""

import asyncio
import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

KNOWN = 50_000
"""Forms whose lemmas are remembered: a few MB, and most words of a text are among them."""
_WORD = re.compile(r"[^\W_]+")
_RUSSIAN = re.compile(r"[а-я]+")
_FUNCTION_WORDS = frozenset({"PREP", "CONJ", "PRCL"})


async def ready() -> None:
    """Load the dictionary, once a process and outside the loop; call it before a transaction that needs lemmas."""
    if not _dictionary.cache_info().currsize:
        await asyncio.to_thread(_dictionary)


def words(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold().replace("ё", "е"))


@lru_cache(maxsize=KNOWN)
def lemmas(word: str) -> tuple[str, ...]:
    """What a word of ``words`` may be a form of, the likeliest first; nothing for a preposition and the like."""
    if not _RUSSIAN.fullmatch(word):
        return (word,)
    parses = _dictionary().parse(word)
    if parses[0].tag.POS in _FUNCTION_WORDS:
        return ()
    return tuple(dict.fromkeys(parse.normal_form.replace("ё", "е") for parse in parses))


def indexed(*texts: str) -> str:
    """What a full-text index keeps of texts: each lemma once, between blanks."""
    return " ".join(dict.fromkeys(lemma for text in texts for word in words(text) for lemma in lemmas(word)))


@cache
def _dictionary() -> Any:
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer(lang="ru")
