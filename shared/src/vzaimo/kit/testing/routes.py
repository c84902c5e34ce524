"""Routes are worked out once a run, not once an application.

FastAPI reads each route's signature and makes models of it for every application that includes the route's router:
forty milliseconds for a portal or a gateway, of which tests make a thousand. Applications that include a router in the
same way share what came out; which settings, store and clock they have stands in their own state.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from typing import Any
from unittest import mock

from fastapi import APIRouter

_SHARED = "_vzaimo_shared"


@contextmanager
def shared() -> Iterator[None]:
    """Share, while the block is open."""
    with mock.patch.object(APIRouter, "include_router", _sharing(APIRouter.include_router)):
        yield


def _sharing(include: Callable[..., None]) -> Callable[..., None]:
    @wraps(include)
    def included(self: APIRouter, router: APIRouter, **how: Any) -> None:
        include(self, router, **how)
        new: Any = self.routes[-1]
        # What is known lives and dies with the router: some are made anew for each service.
        known: list[Any] = vars(router).setdefault(_SHARED, [])
        same = next((one for one in known if _way(one) == _way(new)), None)
        if same is None:
            known.append(new)
        else:
            self.routes[-1] = same

    return included


def _way(included: Any) -> Any:
    # The application itself is asked for nothing but its ``dependency_overrides``, and we have none.
    return replace(included.include_context, dependency_overrides_provider=None)
