"""Fields that several bodies have."""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from vzaimo.kit.http import Int, Number

T = TypeVar("T")


def _given(value: T | None) -> T:
    if value is None:
        raise PydanticCustomError("null", "may be left out, but not be null")
    return value


Kept = Annotated[T | None, AfterValidator(_given)]
"""A field of a change that is there for good: left out it stays, and null is refused."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9 ()\-]{5,30}$")]
Latitude = Annotated[Number, Field(ge=-90, le=90)]
Longitude = Annotated[Number, Field(ge=-180, le=180)]
Year = Annotated[Int, Field(ge=1990, le=2100)]
RegionCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]
Locale = Literal["ru", "en"]
