"""What people read, kind by kind, in both languages, under snapshot (``VZAIMO_SNAPSHOTS=write`` writes them anew)."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vzaimo.contracts.requests import Offer
from vzaimo.notify.catalogues import CATALOGUES
from vzaimo.notify.domain.kinds import TRAITS, Kind
from vzaimo.notify.letters import Envelope, Item, current, mail, summary, written
from vzaimo.notify.projections import Known

SNAPSHOTS = Path(__file__).parent / "snapshots"
NOON = datetime(2026, 9, 27, 9, tzinfo=UTC)
PRACTICE = "0192f000-0000-7000-8000-000000000001"


SEATED_BY = (Kind.REQUEST_APPROVED, Kind.REQUEST_PROMOTED)


def same_as_kept(name, text):
    path = SNAPSHOTS / name
    if os.environ.get("VZAIMO_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.fixture
def known(event, request_of):
    """A state of everything that notices speak of, with every field that they may show."""
    request = request_of(
        granted=21,
        confirmed=2,
        waiting=5,
        min_viable=10,
        offer=Offer(seats=1, expires_at=event.starts_at),
        confirm_by=event.deadlines.confirm_by,
        reconfirm_by=event.deadlines.confirm_by,
        attended=11,
    ).model_dump(mode="json") | {"feedback": {"score": 5, "adopts": []}}
    held = event.model_dump(mode="json") | {"seats": [{"mode": "in_person", "capacity": 60}]}
    agreement = {"number": "1", "signed_on": "2026-01-01", "valid_until": "2026-11-30"}
    subjects = {
        "city": {"id": "tver", "status": "suspended", "suspended_for": "agreement-lapsed", "agreement": agreement},
        "practice": {"id": PRACTICE, "city": "tver", "title": "Образовательный комплекс"},
        "adoption": {
            "city": "tver",
            "source": "moskva",
            "practice": PRACTICE,
            "indicator": "Доля детей, получивших не менее 220 баллов",
            "unit": "%",
            "baseline": 8.5,
            "measurements": [{"after_months": 6, "value": 40, "measured_on": "2026-09-01"}],
            "due": 12,
        },
        "event": held,
        "request": request,
        "need": {"city": "tver", "topic": "olympiads", "heads": 12, "backers": [{"city": "perm"}]},
        "invitation": {"city": "moskva", "asked_by": "tver", "topic": "olympiads", "backers": 5},
        "erasure": {"city": "tver", "people": 3, "cause": "purge"},
        "webhook": {"city": "tver", "status": "disabled", "disabled_for": "failing", "address": "tver.example"},
    }

    def of(about, **changes):
        topics = {"olympiads": {"name": "Олимпиадное движение", "name_en": "Olympiads"}}
        cities = {"moskva": "Москва", "tver": "Тверь"}
        return Known(subjects[about] | changes, held, cities, {PRACTICE: "Образовательный комплекс"}, topics)

    return of


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_every_kind_has_its_words(known, locale):
    lines = []
    for kind in Kind:
        stands = {"status": "approved"} if kind in SEATED_BY else {}
        letter = written(kind, known(TRAITS[kind].about, **stands), locale)
        assert "—" not in letter.title.removeprefix("Тверь —"), kind
        lines.append(f"## {kind}\n{letter.title}\n{letter.text}\n")
    same_as_kept(f"letters.{locale}.txt", "\n".join(lines))


@pytest.mark.parametrize("status", ["confirmed", "withdrawn", "closed", "approved", "submitted"])
def test_nobody_is_asked_for_what_is_done(known, status):
    by = {} if status == "approved" else {"confirm_by": None}
    request = known("request", status=status, **by)
    assert ("Решите до" in written(Kind.REQUEST_SUBMITTED, request, "ru").text) is (status == "submitted")
    for kind in SEATED_BY:
        assert ("Подтвердите" in written(kind, request, "ru").text) is (status == "approved")
        assert ("Please confirm" in written(kind, request, "en").text) is (status == "approved")


def test_what_is_settled_asks_for_nothing_in_an_inbox(known):
    request = known("request", status="released")
    for kind in (*SEATED_BY, Kind.CONFIRMATION_SOON, Kind.RECONFIRMATION_ASKED, Kind.OFFER_SOON):
        letter = current(kind, request, "ru")
        assert letter.title == written(kind, request, "ru").title
        assert letter.text == "Уже неактуально: посмотрите, как обстоит дело сейчас."
    released = current(Kind.SEATS_RELEASED, request, "ru")
    assert released == written(Kind.SEATS_RELEASED, request, "ru")


@pytest.mark.parametrize(
    "zone, locale, said",
    [
        ("Europe/Samara", "ru", "4 октября 2026, 11:00 – 5 октября 2026 (Самара, UTC+4)"),
        ("Asia/Kamchatka", "ru", "4 октября 2026, 19:00 – 5 октября 2026 (Петропавловск-Камчатский, UTC+12)"),
        ("Europe/Kaliningrad", "en", "4 October 2026, 09:00 – 5 October 2026 (Kaliningrad, UTC+2)"),
        ("Asia/Kolkata", "en", "4 October 2026, 12:30 – 5 October 2026 (Kolkata, UTC+5:30)"),
    ],
)
def test_times_are_the_venues_and_say_by_whose_clock(known, zone, locale, said):
    there = known("event")
    there.event["timezone"] = zone
    assert said in written(Kind.EVENT_MOVED, there, locale).text


def test_the_languages_say_the_same_things():
    russian, english = (set(CATALOGUES[locale]._words._catalog) for locale in ("ru", "en"))
    names = [{name if isinstance(name, str) else name[0] for name in one} for one in (russian, english)]
    assert names[0] == names[1]
    assert {f"{kind}.{part}" for kind in Kind for part in ("title", "text")} <= names[0]


def test_an_event_that_drops_a_mode_is_not_called_off(known):
    letter = written(Kind.REQUEST_CLOSED, known("request", reason="mode-removed"), "ru")
    assert letter.title == "Запрос закрыт: Образовательная среда"
    assert "больше не проводится в этом формате" in letter.text
    assert "отмен" not in letter.title + letter.text


@pytest.mark.parametrize(
    "number, words",
    [(1, "1 место"), (2, "2 места"), (5, "5 мест"), (11, "11 мест"), (21, "21 место"), (112, "112 мест")],
)
def test_russian_numbers_agree_with_their_words(number, words):
    assert CATALOGUES["ru"].count("seats", number) == words


def test_a_city_without_a_genitive_is_named_beside_its_kind():
    assert CATALOGUES["ru"].city_of("Тверь") == "города Твери"
    assert CATALOGUES["ru"].city_of("Ухта") == "города Ухта"
    with pytest.raises(KeyError):
        CATALOGUES["ru"].say("no-such-message")


@pytest.mark.parametrize("locale", ["ru", "en"])
@pytest.mark.parametrize("kinds", [(Kind.REQUEST_APPROVED,), (Kind.NEED_POSTED, Kind.EVENT_ANNOUNCED)])
def test_a_mail_as_it_leaves(known, clock, locale, kinds):
    stands = {"status": "approved"}
    items = [
        Item(written(kind, known(TRAITS[kind].about, **stands), locale), f"https://p.example/{kind}") for kind in kinds
    ]
    envelope = Envelope("Vzaimo <no@vzaimo.city>", "anna@city.example", "<1@vzaimo.city>", clock.now())
    letter = mail(items, envelope, locale=locale, settings="https://p.example/preferences")
    parts = {part.get_content_type(): part.get_content() for part in letter.walk() if not part.is_multipart()}
    name = "mail" if len(items) == 1 else "digest"
    same_as_kept(f"{name}.{locale}.txt", f"{letter['Subject']}\n\n{parts['text/plain']}")
    same_as_kept(f"{name}.{locale}.html", parts["text/html"])


def test_a_long_digest_shows_fifty_and_says_how_many_more():
    item = Item(summary(1, "en"), "https://p.example")
    letter = mail([item] * 53, Envelope("a@x.example", "b@x.example", "<1@x.example>", NOON), locale="en", settings="s")
    text = letter.get_body(("plain",)).get_content()
    assert text.count("https://p.example") == 50
    assert "3 notifications more" in text
