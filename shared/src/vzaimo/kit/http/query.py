"""Parameters of a query as one object."""

import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


def of_query(shape: Callable[..., T]) -> Callable[..., Awaitable[T]]:
    """A dependency that fills a dataclass in from the query, for ``Depends(of_query(Filter))``.

    FastAPI would call the class itself in a thread, which costs more than most lists that it filters.
    """

    async def read(**values: object) -> T:
        return shape(**values)

    read.__signature__ = inspect.signature(shape)  # type: ignore[attr-defined]  # FastAPI reads the parameters there
    return read
