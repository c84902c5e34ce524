"""Full-text search over lemmas, alike on both stores.

A table that is searched has ``id`` and columns that ``lemmas.indexed`` filled. Its revision creates, on SQLite, the
FTS5 table ``<table>_fts`` over it with its triggers; on PostgreSQL, a GIN index over the same ``simple`` tsvector.
"""

from collections.abc import Sequence

from sqlalchemy import TextClause, false, text
from sqlalchemy.sql.elements import ColumnElement

from vzaimo.kit.database.base import Dialect
from vzaimo.kit.lemmas import lemmas, words

MOST_WORDS = 20
PREFIX = 3
"""The last word is also the beginning of words, from this many letters on: it may not be typed to its end."""


def tsvector(columns: Sequence[str]) -> str:
    """What PostgreSQL's index is made over, and what is asked with it: the two must be the same expression."""
    searched = " || ' ' || ".join(columns)
    return f"to_tsvector('simple'::regconfig, {searched})"


def matching(dialect: Dialect, table: str, columns: Sequence[str], asked: str) -> ColumnElement[bool] | TextClause:
    """The condition that a row of ``table`` has all the words, in any form. Nothing matches a text without words."""
    terms = _terms(asked)
    if not terms:
        return false()
    if dialect == "sqlite":
        query = " AND ".join(f"({' OR '.join(_fts5(one) for one in any_of)})" for any_of in terms)
        found = f"SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH :asked"  # noqa: S608 - names of our own
    else:
        query = " & ".join(f"({' | '.join(_tsquery(one) for one in any_of)})" for any_of in terms)
        found = f"SELECT id FROM {table} WHERE {tsvector(columns)} @@ to_tsquery('simple', :asked)"  # noqa: S608
    return text(f"{table}.id IN ({found})").bindparams(asked=query)


def _terms(asked: str) -> list[list[str]]:
    """For each word what it may stand for; a trailing ``*`` is any ending. Words have no other signs than letters."""
    given = words(asked)[:MOST_WORDS]
    terms = [list(lemmas(word)) for word in given]
    if terms and terms[-1] and len(given[-1]) >= PREFIX:
        terms[-1].append(f"{given[-1]}*")
    return [any_of for any_of in terms if any_of]


def _fts5(term: str) -> str:
    return f'"{term[:-1]}"*' if term.endswith("*") else f'"{term}"'


def _tsquery(term: str) -> str:
    return f"'{term[:-1]}':*" if term.endswith("*") else f"'{term}'"
