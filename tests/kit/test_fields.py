"""What is wrong with a field is said in the caller's language, to the last word."""

from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from vzaimo.contracts.calendar import SeatMode
from vzaimo.kit.http.fields import message


@pytest.mark.parametrize(
    "shape, russian, english",
    [
        (SeatMode, "одно из: 'in_person' или 'remote'", "must be one of: 'in_person' or 'remote'"),
        (Literal["a", "b", "c"], "одно из: 'a', 'b' или 'c'", "must be one of: 'a', 'b' or 'c'"),
    ],
)
def test_a_choice_is_listed_in_the_callers_language(shape, russian, english):
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(shape).validate_python("other")
    (error,) = refused.value.errors()
    assert message(error["type"], error["ctx"], "ru") == russian
    assert message(error["type"], error["ctx"], "en") == english
