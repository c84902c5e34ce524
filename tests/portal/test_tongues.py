"""Russian texts on English pages say that they are Russian."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaimo.portal.house.tongues import marked

VOID = {"br", "input", "meta", "link", "hr", "img"}


class Spoken(HTMLParser):
    """Each text of a page with the language that a screen reader takes it for."""

    def __init__(self, page):
        super().__init__()
        self.open, self.texts = [("", "en")], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("lang", self.open[-1][1])))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.texts.append((data, self.open[-1][1]))


@pytest.mark.parametrize(
    "page, made",
    [
        ('<a href="/x">Ижевск</a>', '<a lang="ru" href="/x">Ижевск</a>'),
        ("<h1>Школа &amp; сад</h1>", '<h1 lang="ru">Школа &amp; сад</h1>'),
        ("<h1>Ask to attend: Ижевск</h1>", '<h1>Ask to attend: <span lang="ru">Ижевск</span></h1>'),
        ("<p>Школа № 5 · school<br>Тверь</p>", None),
        ("<title>Ижевск — Vzaimo</title>", '<title lang="ru">Ижевск — Vzaimo</title>'),
        ("<option>Тверь, Europe/Moscow</option>", '<option lang="ru">Тверь, Europe/Moscow</option>'),
        ('<b lang="ru">Русский</b>', '<b lang="ru">Русский</b>'),
        ("<p>Nothing of it</p>", "<p>Nothing of it</p>"),
        ('<input value="Ижевск"><p>x</p>', '<input value="Ижевск"><p>x</p>'),
    ],
)
def test_a_text_or_its_element_is_marked(page, made):
    assert made is None or marked(page, "en") == made
    assert marked(page, "ru") == page
    spoken = Spoken(marked(page, "en"))
    assert all(lang == "ru" for text, lang in spoken.texts if re.fullmatch(r"[А-Яа-яЁё ]+", text))
    assert "".join(text for text, _ in spoken.texts) == "".join(text for text, _ in Spoken(page).texts)


@given(st.lists(st.sampled_from(["Ижевск", " and ", "5", "«Школа» ", "Europe/Moscow", " · ", "&lt;b&gt;"]), max_size=6))
def test_no_word_is_lost_and_every_russian_one_is_marked(pieces):
    page = f"<main><p>{''.join(pieces)}</p><br>{''.join(pieces)}</main>"
    before, after = Spoken(page), Spoken(marked(page, "en"))
    assert "".join(text for text, _ in after.texts) == "".join(text for text, _ in before.texts)
    assert all(lang == "ru" for text, lang in after.texts if re.search("[А-Яа-я]", text))


async def test_names_on_english_pages_are_marked(browser, gateways):
    text = (await browser.get("/cities?lang=en")).text
    assert re.search(r'<a lang="ru" href="/cities/moskva">Москва</a>', text)
    unmarked = [text for text, lang in Spoken(text).texts if lang == "en" and re.search("[А-Яа-яЁё]", text)]
    assert unmarked == []
