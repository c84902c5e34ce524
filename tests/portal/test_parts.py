"""The portal's own parts, without any gateway: texts, times, sessions, drawings."""

import random
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vzaimo.portal
from vzaimo.contracts import calendar, registry, requests
from vzaimo.contracts.schemas import every_fact
from vzaimo.notify.domain.kinds import TRAITS
from vzaimo.portal.house.charts import bars, line_of_deadlines, seat_bar, slope
from vzaimo.portal.house.maps import HEIGHT, WIDTH, project
from vzaimo.portal.house.session import Login, Seal, Session
from vzaimo.portal.house.shapes import Event, Seats
from vzaimo.portal.house.times import Clock
from vzaimo.portal.house.words import words
from vzaimo.portal.testing import event

FACTS = [fact.__name__ for fact in every_fact()]
OLD, NEW = b"a" * 32, b"b" * 32
ROOT = Path(vzaimo.portal.__path__[0])
NOW = datetime(2026, 10, 1, tzinfo=UTC)
FAMILIES = {
    "mode.": calendar.Mode,
    "role.": calendar.AudienceRole,
    "event.status.": calendar.EventStatus,
    "admission.": calendar.Admission,
    "queue.": calendar.QueueOrder,
    "practice.status.": registry.PracticeStatus,
    "city.status.": registry.CityStatus,
    "place.": registry.OrganisationKind,
    "request.status.": requests.RequestStatus,
    "need.status.": requests.NeedStatus,
    "delegate.status.": requests.DelegateStatus,
    "fact.": FACTS,
    "mail.": [kind for kind in TRAITS if kind.title().replace("-", "") not in FACTS],
    "queue.policy_": calendar.QueuePolicy,
    "deadline.": [*calendar.Deadlines.model_fields, "starts_at"],
}
"""Keys that are made of a prefix and one of these values."""


def _sources():
    return [path.read_text(encoding="utf-8") for path in ROOT.rglob("*") if path.suffix in {".html", ".py"}]


def test_every_text_that_is_used_is_there():
    texts = "\n".join(_sources())
    literal = set(re.findall(r"""\bt\(["']([a-z0-9_.-]+)["'][,)]""", texts)) | set(
        re.findall(r'say\("([a-z_.]+)"', texts)
    )
    assert literal
    assert literal - set(words()) == set()
    for prefix, values in FAMILIES.items():
        assert {f"{prefix}{value}" for value in values} - set(words()) == set()


def test_no_text_is_left_over():
    texts = "\n".join(_sources())
    prefixes = set(re.findall(r"""["'`]([a-z_.]+\.)["']? ~""", texts)) | set(re.findall(r'"([a-z_.]+\.)\{', texts))
    prefixes |= set(re.findall(r'"([a-z_.]+\.)\{what\}', texts))
    unused = [
        key
        for key in words()
        if f'"{key}"' not in texts and f"'{key}'" not in texts and not any(key.startswith(one) for one in prefixes)
    ]
    assert unused == []


@pytest.mark.parametrize("key", sorted(words()))
def test_a_text_says_the_same_facts_in_both_languages(key):
    ru, en = words().forms(key)
    facts = [set(re.findall(r"\{(\w+)", text)) - {"n"} for text in (*ru, *en)]
    assert all(one == facts[0] for one in facts)
    assert all(re.search("[а-яё]", text.lower()) or key in {"site.short", "asking.rank"} for text in ru)


@pytest.mark.parametrize(
    "n, text",
    [(1, "1 место свободно"), (3, "3 места свободно"), (11, "11 мест свободно"), (21, "21 место свободно")],
)
def test_russian_counts(n, text):
    assert words().say("ru", "seats.free", n=n) == text


def test_times_of_the_venue_and_the_reader():
    moscow = ZoneInfo("Europe/Moscow")
    clock = Clock("ru", NOW, ZoneInfo("Asia/Kamchatka"))
    at = datetime(2026, 10, 4, 16, 0, tzinfo=UTC)
    assert clock.short(at, moscow) == "вс, 4 окт., 19:00"
    assert clock.beside(at, moscow) == "пн, 5 окт., 04:00"
    assert clock.offset(at, moscow) == "UTC+3"
    assert clock.days(at, at + timedelta(days=1), moscow) == "4–5 октября 2026\u202fг."
    assert Clock("en", NOW).beside(at, moscow) is None
    assert Clock("en", NOW, moscow).beside(at, moscow) is None
    assert Clock("ru", NOW).short(at.replace(year=2027), moscow) == "пн, 4 окт. 2027\u202fг., 19:00"
    assert clock.weekday(date(2026, 10, 5)) == "пн"


def test_a_zone_is_named_as_people_know_it():
    clock = Clock("ru", NOW)
    assert clock.zone("Europe/Samara") == "Самара, UTC+4"
    assert Clock("en", NOW).zone("Asia/Kamchatka") == "Kamchatka, UTC+12"
    assert clock.zone("Nowhere/At_all") == "Nowhere/At_all"
    offered = clock.zones("Asia/Almaty", "Nowhere/At_all", None)
    assert offered[0] == ("Europe/Kaliningrad", "Калининград, UTC+2")
    assert ("Asia/Almaty", "Алматы, UTC+5") in offered
    assert len({text.partition("UTC")[2] for _, text in offered}) == 11
    assert "Nowhere/At_all" not in dict(offered)


def test_a_session_comes_back_as_it_was_and_only_to_us():
    seal, other = Seal((OLD,), secure=False), Seal((NEW,), secure=False)
    session = Session(token="t" * 900, expires_at=5.0, login=Login("s", "v", "/"), notice="login.left")
    session.wrote("event/x/3, city/izhevsk/2")
    cookies = _kept({}, seal.close(session, {}))
    assert seal.open(cookies) == session
    assert other.open(cookies) == Session()
    assert Seal((NEW, OLD), secure=False).open(cookies) == session
    name, value = next(iter(cookies.items()))
    other_end = "B" if value[-9] == "A" else "A"  # not the last letter: it has bits that say nothing
    assert seal.open({name: value[:-9] + other_end + value[-8:]}) == Session()
    assert seal.open({name: "nonsense"}) == Session()


def test_a_long_token_takes_more_cookies_and_leaves_none_behind():
    seal = Seal((OLD,), secure=True)
    long = Session(token=random.Random(7).randbytes(3000).hex())
    cookies = _kept({}, seal.close(long, {}))
    assert len(cookies) > 1
    assert all(len(value) <= 3800 for value in cookies.values())
    assert all(name.startswith("__Host-") for name in cookies)
    assert seal.open(cookies) == long
    cookies = _kept(cookies, seal.close(Session(token="short"), cookies))
    assert len(cookies) == 1
    assert _kept(cookies, seal.close(Session(), cookies)) == {}


def test_cookies_are_out_of_the_reach_of_scripts_and_other_sites():
    (plain,) = Seal((OLD,), secure=False).close(Session(token="x"), {})
    (tls,) = Seal((OLD,), secure=True).close(Session(token="x"), {})
    for cookie in (plain, tls):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    assert tls.endswith("; Secure")


def test_positions_are_bounded_and_the_newest():
    session = Session()
    for no in range(20):
        session.wrote(f"event/{no}/1")
    session.wrote("event/19/2, nonsense, /, event/x/y")
    assert list(session.positions) == [f"event/{no}" for no in range(12, 20)]
    assert session.positions["event/19"] == 2


def _kept(cookies, set_cookies):
    """What a browser holds after these headers."""
    held = dict(cookies)
    for one in set_cookies:
        name, _, rest = one.partition("=")
        value = rest.partition(";")[0]
        if "Max-Age=0" in one:
            held.pop(name, None)
        else:
            held[name] = value
    return held


counts = st.integers(min_value=0, max_value=1000)


@given(capacity=st.integers(min_value=1, max_value=1000), granted=counts, held=counts)
def test_a_seat_bar_is_never_longer_than_all_seats(capacity, granted, held):
    pieces = seat_bar(Seats(mode="in_person", capacity=capacity, granted=granted, held=held, waiting=0, free=0))
    assert sum(one.width for one in pieces) <= 100.01
    assert all(one.width > 0 for one in pieces)


@given(
    gaps=st.lists(st.integers(min_value=1, max_value=10**7), min_size=5, max_size=5),
    at=st.integers(min_value=-(10**7), max_value=10**8),
)
def test_marks_of_deadlines_keep_their_order_and_a_distance(gaps, at):
    first = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [first]
    for gap in gaps:
        moments.append(moments[-1] + timedelta(seconds=gap))
    names = list(calendar.Deadlines.model_fields)
    planned = Event.model_validate(
        event(
            deadlines=dict(zip(names, moments, strict=False)),
            starts_at=moments[-1],
            ends_at=moments[-1] + timedelta(hours=1),
        )
    )
    now = first + timedelta(seconds=at)
    line = line_of_deadlines(planned, now)
    xs = [mark.x for mark in line.marks]
    assert xs == sorted(xs)
    assert all(after - before >= 3.9 for before, after in pairwise(xs))
    assert xs[0] >= 0
    assert xs[-1] <= 100
    past = [mark for mark in line.marks if mark.past]
    assert all(mark.x <= line.now + 0.01 for mark in past)


def test_bars_compare_with_the_longest():
    assert [one.width for one in bars([("a", 10), ("b", 5), ("c", 0)])] == [100, 50, 0]
    assert bars([]) == []
    assert [one.width for one in bars([("a", 0)])] == [0]


def test_a_slope_rises_where_the_value_does():
    assert slope(8, 40).start > slope(8, 40).end
    assert slope(40, 8).start < slope(40, 8).end
    assert slope(0, 0).start == slope(0, 0).end


@pytest.mark.parametrize("longitude, latitude", [(20.5, 54.7), (37.6, 55.8), (131.9, 43.1), (158.6, 53.0), (-172, 66)])
def test_the_whole_country_is_on_the_map(longitude, latitude):
    x, y = project(longitude, latitude)
    assert 0 < x < WIDTH
    assert 0 < y < HEIGHT
