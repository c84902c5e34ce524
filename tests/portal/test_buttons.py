"""Who is offered which step of a request: no button leads to a refusal, and none is missing."""

from datetime import UTC, datetime
from itertools import product

import pytest

from vzaimo.contracts.requests import RequestStatus
from vzaimo.portal.house.accounts import Me
from vzaimo.portal.house.buttons import OPEN, RULES, offered
from vzaimo.portal.house.shapes import City, Event, Request
from vzaimo.portal.testing import REQUEST, city, delegate, event, me, request
from vzaimo.requests.domain.transitions import BEFOREHAND, TRANSITIONS, Step
from vzaimo.requests.domain.transitions import OPEN as OPEN_THERE

STEPS = {
    "edit": Step.REVISE,
    "submit": Step.SUBMIT,
    "confirm": Step.CONFIRM,
    "reconfirm": Step.RECONFIRM,
    "accept": Step.ACCEPT_OFFER,
    "decline": Step.DECLINE_OFFER,
    "withdraw": Step.WITHDRAW,
    "release": Step.RELEASE,
    "replace": Step.REPLACE,
    "feedback": Step.GIVE_FEEDBACK,
    "decide": Step.DECIDE,
    "prioritise": Step.PRIORITISE,
    "seat": Step.SEAT,
    "redirect": Step.REDIRECT,
}
BEFORE, AFTER = datetime(2040, 10, 1, tzinfo=UTC), datetime(2040, 10, 3, tzinfo=UTC)
"""Of the freeze."""
WHO = {
    "guest": me(("coordinator", "izhevsk")),
    "host": me(("coordinator", "moskva")),
    "moderator": me(("moderator", None)),
    "viewer of both": me(("viewer", "izhevsk"), ("viewer", "moskva")),
    "another city": me(("coordinator", "tver")),
}
CELLS = {
    ("draft", "guest"): {"edit", "submit", "withdraw"},
    ("submitted", "guest"): {"edit", "withdraw"},
    ("submitted", "host"): {"decide", "prioritise", "redirect"},
    ("approved", "guest"): {"confirm", "withdraw", "release", "replace"},
    ("approved", "host"): {"prioritise"},
    ("offered", "guest"): {"accept", "decline", "withdraw", "replace"},
    ("waitlisted", "guest"): {"withdraw", "release", "replace"},
    ("waitlisted", "host"): {"prioritise", "redirect"},
    ("confirmed", "guest"): {"withdraw", "release", "replace"},
    ("reconfirm_pending", "guest"): {"reconfirm", "withdraw", "release", "replace"},
}
"""Before the freeze; whoever is not named is offered nothing."""


def steps(who, now=BEFORE, host=None, of=None, **more):
    asked = Request.model_validate(request(delegates=[delegate(1, "Анна")], **more))
    found = Event.model_validate(event(**(of or {})))
    return offered(asked, found, Me.model_validate(WHO[who]), host, now)


@pytest.mark.parametrize("status, who", list(product(RequestStatus, WHO)))
def test_each_is_offered_what_is_theirs(status, who):
    assert steps(who, status=status, waiting=1) == CELLS.get((status.value, who), set())


def test_the_table_is_that_of_requests():
    assert set(STEPS) == set(RULES)
    assert set(OPEN_THERE) == OPEN
    for name, rule in RULES.items():
        assert rule.states == set(TRANSITIONS[STEPS[name]].origin), name
        assert rule.beforehand == (STEPS[name] in BEFOREHAND), name


def test_after_the_freeze_the_host_replaces_and_seats():
    assert "replace" not in steps("guest", AFTER, status="confirmed")
    assert steps("host", AFTER, status="confirmed", waiting=2) == {"replace", "seat"}
    assert steps("host", AFTER, status="confirmed") == {"replace"}
    assert "seat" not in steps("host", status="waitlisted", waiting=2)


def test_whoever_waits_for_nothing_needs_no_place_in_the_queue():
    assert "prioritise" not in steps("host", status="approved")
    assert "prioritise" in steps("host", status="approved", waiting=1)
    assert "prioritise" in steps("host", status="submitted")


def test_once_it_is_recorded_who_came_the_rest_is_over():
    assert steps("guest", AFTER, status="confirmed", attended=3) == {"feedback"}
    assert steps("guest", AFTER, status="confirmed", attended=0) == set()
    assert steps("host", AFTER, status="confirmed", attended=3, waiting=1) == set()


def test_a_cancelled_event_takes_no_others():
    assert "replace" not in steps("guest", of={"status": "cancelled"}, status="confirmed")


def test_the_moderator_decides_for_a_silent_host_and_a_suspended_one():
    late = "2026-10-01T00:00:00Z"
    suspended = City.model_validate(city("moskva", "Москва", status="suspended"))
    assert steps("moderator", status="submitted") == set()
    assert steps("moderator", status="submitted", escalated_at=late) == {"decide", "prioritise"}
    assert steps("moderator", host=suspended, status="submitted") == {"decide", "prioritise"}
    assert steps("moderator", status="waitlisted", escalated_at=late) == {"prioritise"}


FORMS = {
    "decide": "decision",
    "prioritise": "priority",
    "seat": "seat",
    "redirect": "redirect",
    "replace": "people",
    "edit": "edit",
    **{one: one for one in ("submit", "confirm", "reconfirm", "accept", "decline", "withdraw", "feedback")},
}


@pytest.mark.parametrize("status", ["draft", "submitted", "approved", "waitlisted", "reconfirm_pending", "rejected"])
@pytest.mark.parametrize("who", ["guest", "host", "viewer of both"])
async def test_the_page_has_the_buttons_of_the_table(member, gateways, status, who):
    gateways.answers["registry", "/me"] = WHO[who]
    gateways.answers["calendar", "/events"] = [event(id="01890000-0000-7000-8000-0000000000ee")]
    gateways.answers["requests", f"/requests/{REQUEST}"] = request(
        status=status, delegates=[delegate(1, "Анна")], granted=0, waiting=1
    )
    text = (await member.get(f"/requests/{REQUEST}")).text
    shown = {step for step, path in FORMS.items() if f'"/requests/{REQUEST}/{path}"' in text}
    assert shown == CELLS.get((status, who), set()) - {"release"}


@pytest.mark.parametrize("page", ["people", "feedback", "history"])
async def test_another_citys_request_has_no_pages(member, gateways, page):
    assert (await member.get(f"/requests/01890000-0000-7000-8000-0000000000ff/{page}")).status_code == 404


@pytest.mark.parametrize("who", ["guest", "viewer of both", "another city", "moderator"])
@pytest.mark.parametrize(
    "page", ["attendance", "roster", "assignments", "attendance/01890000-0000-7000-8000-00000000000a"]
)
async def test_the_hosts_desks_are_its_own(member, gateways, page, who):
    gateways.answers["registry", "/me"] = WHO[who]
    gateways.answers["requests", f"/events/{event()['id']}/assignments"] = {
        "event": event()["id"],
        "sessions": [],
        "delegates": [],
    }
    path = f"/events/{event()['id']}/sessions/01890000-0000-7000-8000-00000000000a/attendance"
    gateways.answers["requests", path] = []
    answer = await member.get(f"/events/{event()['id']}/{page}")
    assert answer.status_code == (200 if who == "viewer of both" else 404)
    assert "<button>" not in answer.text.partition("<main")[2]
