"""Requests' own rows, and how they become state and back."""

from vzaimo.requests.store.attendance import ATTENDANCE, FEEDBACK, TURNOUT
from vzaimo.requests.store.erasures import COUNTER, ERASURE_ACT
from vzaimo.requests.store.model import Model
from vzaimo.requests.store.needs import NEED, need_columns, need_keys, need_of
from vzaimo.requests.store.requests import (
    DELEGATE,
    LEDGER,
    REQUEST,
    SHARE,
    has_been_sent,
    in_ledger,
    ledger_columns,
    ledger_of,
    locked,
    request_columns,
    request_of,
)
from vzaimo.requests.store.slugs import holds, packed, unpacked

__all__ = [
    "ATTENDANCE",
    "COUNTER",
    "DELEGATE",
    "ERASURE_ACT",
    "FEEDBACK",
    "LEDGER",
    "NEED",
    "REQUEST",
    "SHARE",
    "TURNOUT",
    "Model",
    "has_been_sent",
    "holds",
    "in_ledger",
    "ledger_columns",
    "ledger_of",
    "locked",
    "need_columns",
    "need_keys",
    "need_of",
    "packed",
    "request_columns",
    "request_of",
    "unpacked",
]
