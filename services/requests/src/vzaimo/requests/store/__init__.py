"""Requests' own rows, and how they become state and back."""

from vzaimo.requests.store.model import Model
from vzaimo.requests.store.requests import (
    DELEGATE,
    LEDGER,
    REQUEST,
    SHARE,
    in_ledger,
    ledger_columns,
    ledger_of,
    locked,
    request_columns,
    request_of,
)

__all__ = [
    "DELEGATE",
    "LEDGER",
    "REQUEST",
    "SHARE",
    "Model",
    "in_ledger",
    "ledger_columns",
    "ledger_of",
    "locked",
    "request_columns",
    "request_of",
]
