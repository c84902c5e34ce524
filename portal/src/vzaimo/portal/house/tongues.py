"""Texts in another language than the page say so (WCAG 3.1.2): names of practices and events on English pages.

Found in the finished page, so that no template can forget it. What people wrote is escaped there: a ``<`` begins a tag.
"""

import re

from vzaimo.portal.house.words import Language

_TEXT = re.compile(r"(?<=>)([^<>]*[А-Яа-яЁё][^<>]*)(?=<)")
_LEAF = re.compile(r"<([a-z0-9]+)((?:\s[^<>]*)?)>$")
_RUN = re.compile(r"[«„(]?[А-Яа-яЁё](?:[^<>&A-Za-z]*[А-Яа-яЁё0-9»“)?!.…])?")
_LATIN = re.compile(r"[A-Za-z]")
LONGEST_TAG = 16
_ENTITY = re.compile(r"&#?\w+;")
_WHOLE = {"title", "option", "textarea", "text"}
"""What holds text alone: no part of it can be marked."""


def marked(html: str, language: Language) -> str:
    """The page with its Russian texts marked; a Russian page as it is, since its other words are names and terms."""
    if language == "ru":
        return html
    pieces, last = [], 0
    for found in _TEXT.finditer(html):
        start, end = found.span()
        pieces.append(html[last:start])
        pieces.append(_mark(pieces, found[1], html[end : end + LONGEST_TAG]))
        last = end
    pieces.append(html[last:])
    return "".join(pieces)


def _mark(before: list[str], text: str, after: str) -> str:
    """The text as it goes on; where it is all that its element has, the element is marked instead."""
    leaf = _LEAF.search(before[-1])
    if leaf is None or not after.startswith(f"</{leaf[1]}>"):
        return _RUN.sub(_span, text)
    name, attributes = leaf.groups()
    if " lang=" in attributes:
        return text
    if name in _WHOLE or not _LATIN.search(_ENTITY.sub("", text)):
        before[-1] = f'{before[-1][: leaf.start()]}<{name} lang="ru"{attributes}>'
        return text
    return _RUN.sub(_span, text)


def _span(found: re.Match[str]) -> str:
    return f'<span lang="ru">{found[0]}</span>'
