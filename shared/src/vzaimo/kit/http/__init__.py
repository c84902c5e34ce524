"""What a gateway is made of: problems, pages, entity tags, idempotency, positions, limits, health."""

from vzaimo.kit.http.app import create_app
from vzaimo.kit.http.body import Body, Flag, Int, Number
from vzaimo.kit.http.calls import UNKEPT, Call, Command, Gate, Member, Receipt, Verified, Visitor, shown_once
from vzaimo.kit.http.health import Check, Health
from vzaimo.kit.http.pages import Cursor, CursorValue, Page, keyset, page_of
from vzaimo.kit.http.problems import Problem
from vzaimo.kit.http.query import of_query
from vzaimo.kit.http.wording import Wording, Words, complete

__all__ = [
    "UNKEPT",
    "Body",
    "Call",
    "Check",
    "Command",
    "Cursor",
    "CursorValue",
    "Flag",
    "Gate",
    "Health",
    "Int",
    "Member",
    "Number",
    "Page",
    "Problem",
    "Receipt",
    "Verified",
    "Visitor",
    "Wording",
    "Words",
    "complete",
    "create_app",
    "keyset",
    "of_query",
    "page_of",
    "shown_once",
]
