"""Who may do what, cell by cell: every route of registry that changes something, or that shows what is not public."""

import pytest

from vzaimo.kit.roles import person_ref
from vzaimo.kit.testing.tokens import ISSUER

PEOPLE = {
    "public": None,
    "stranger": "stranger",
    "viewer": "vera",
    "coordinator": "anna",
    "other": "boris",
    "moderator": "moderator",
    "service": "robot",
    "scopeless": "clerk",
}
NOBODY = {"public": 401, "stranger": 403, "viewer": 403, "coordinator": 403, "other": 403, "moderator": 403}
NOBODY |= {"service": 403, "scopeless": 403}


def only(*allowed, **others):
    """Who is refused, and how."""
    return {who: status for who, status in {**NOBODY, **others}.items() if who not in allowed}


CELLS = {
    "suspend": only("moderator"),
    "reinstate": only("moderator"),
    "withdraw": only("moderator"),
    "confirm": only("coordinator", "service"),
    "commit": only("coordinator", "service"),
    "report": only("coordinator", "service"),
    "read adoption": {},
    "list adoptions": {},
    "erase other": only("moderator"),
    "applicant": only("moderator"),
    # Own data need a token and no role; whoever has none kept is told so.
    "own data": {"public": 401},
    "own acts": {"public": 401},
    "own contact": {"public": 401, "stranger": 404, "service": 404, "scopeless": 404},
}


@pytest.fixture
async def cast(registry, izhevsk, tver, apply, appoint):
    for who in ("vera", "galina"):
        await appoint(who, "viewer", izhevsk)
    for client, scopes in (("robot", ["practices"]), ("clerk", ["read", "events", "organisations"])):
        body = {"client_id": client, "scopes": scopes, "expires_at": "2030-01-01T00:00:00Z"}
        await registry.done("POST", "/cities/izhevsk/clients", "anna", body)
    await apply("kirov", "kirill", timezone="Europe/Kirov")


@pytest.fixture
async def requests(registry, cast, publish, practice_body, pass_until):
    """Each action as a request; the service (turn 1) gets another object where success is possible once."""
    own = await publish()
    offered = [await publish("boris", city="tver") for _ in range(4)]
    adoption = {"city": "izhevsk", "baseline": 8, "baseline_year": 2025}
    adoption["indicator"] = practice_body["indicators"][0]["name"]
    begun = [await registry.done("POST", "/adoptions", "anna", {**adoption, "practice": one}) for one in offered[2:]]
    await pass_until("2027-04-01T09:00:00+00:00")
    report = {"after_months": 6, "value": 9, "measured_on": "2027-03-31"}
    galina = person_ref(ISSUER, "galina")
    return {
        "suspend": lambda _: ("POST", "/cities/tver/suspend", {"reason": "fees-unpaid"}),
        "reinstate": lambda _: ("POST", "/cities/tver/reinstate", None),
        "withdraw": lambda _: ("POST", "/cities/kirov/withdraw", None),
        "confirm": lambda _: ("POST", f"/practices/{own}/confirm", None),
        "commit": lambda turn: ("POST", "/adoptions", {**adoption, "practice": offered[turn]}),
        "report": lambda turn: ("POST", f"/adoptions/{begun[turn]}/measurements", report),
        "read adoption": lambda _: ("GET", f"/adoptions/{begun[0]}", None),
        "list adoptions": lambda _: ("GET", "/adoptions?city=izhevsk", None),
        "erase other": lambda _: ("DELETE", f"/people/{galina}/contact", None),
        "applicant": lambda _: ("GET", "/cities/kirov/applicant", None),
        "own data": lambda _: ("GET", "/me/data", None),
        "own acts": lambda _: ("GET", "/me/acts", None),
        "own contact": lambda _: ("PUT", "/me/contact", {"name": "Имя"}),
    }


async def test_every_cell(registry, requests):
    found = {action: {} for action in CELLS}
    for action in CELLS:
        for who, subject in PEOPLE.items():
            method, path, body = requests[action](int(who == "service"))
            answer = await registry.call(method, path, subject, body)
            if not answer.is_success:
                found[action][who] = answer.status_code
    assert found == CELLS
