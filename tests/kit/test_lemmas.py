"""Words as they are searched for."""

import pytest

from vzaimo.kit import lemmas
from vzaimo.kit.lemmas import indexed
from vzaimo.kit.search import matching


@pytest.fixture(autouse=True)
async def dictionary():
    await lemmas.ready()


@pytest.mark.parametrize(
    "form, lemma",
    [
        ("Фестивали", "фестиваль"),
        ("фестивалями", "фестиваль"),
        ("ёлки", "елка"),
        ("елок", "елка"),
        ("Ижевска", "ижевск"),
        ("STEM", "stem"),
        ("1560", "1560"),
        ("й", "й"),  # composed and decomposed are one
    ],
)
def test_a_word_is_known_by_its_lemma(form, lemma):
    assert lemma in indexed(form).split()


def test_a_form_of_several_words_counts_as_each():
    assert {"стать", "сталь"} <= set(indexed("стали").split())


def test_prepositions_and_signs_are_not_kept_and_nothing_is_kept_twice():
    assert indexed("Школа для школ", "в школе № 5!") == "школа 5"


@pytest.mark.parametrize(
    "asked, words",
    [
        ("фестивали", '("фестиваль" OR "фестивали"*)'),
        ("школы искусств", '("школа") AND ("искусство" OR "искусств"*)'),
        ("школы для", '("школа")'),
        ('a" OR b*', '("a") AND ("or") AND ("b")'),
    ],
)
def test_all_words_are_asked_for_and_the_last_one_may_be_unfinished(asked, words):
    condition = matching("sqlite", "event_text", ("words",), asked)
    assert condition.compile().params == {"asked": words}


def test_signs_alone_find_nothing():
    assert str(matching("postgresql", "event_text", ("words",), "для !!!")) == "false"


def test_what_is_asked_is_bounded():
    asked = matching("sqlite", "event_text", ("words",), "слово " * 1000).compile().params["asked"]
    assert asked.count(" AND ") == 19
