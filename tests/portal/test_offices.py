"""A city's office: who comes in, people, organisations, profile, programs, webhooks, audit."""

import json
import math
import re
from uuid import UUID

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaimo.portal.house import places
from vzaimo.portal.house.facts import aggregates, readable
from vzaimo.portal.house.shapes import Organisation
from vzaimo.portal.samples import HOOK, PLACE, audit_entry, hook, invitation, person, sending
from vzaimo.portal.testing import EVENT, REQUEST, city, me, problem

HERE = "/cities/izhevsk"
TABS = ("practices", "people", "organisations", "profile", "webhooks", "audit")
HOOKS = f"{HERE}/webhooks/{HOOK}"
SCHOOL = {"id": PLACE, "city": "izhevsk", "name": "Школа № 1", "kind": "school", "version": 4}


@pytest.fixture
def office(gateways):
    """Izhevsk's, with something of everything."""
    izhevsk = city("izhevsk", "Ижевск", timezone="Europe/Samara", version=6)
    gateways.answers |= {
        ("registry", HERE): izhevsk,
        ("registry", f"{HERE}/people"): [person("coordinator", "Анна <b>"), person("service", None, scopes=["read"])],
        ("registry", "/invitations"): [
            invitation(city="izhevsk", email="open@x.example"),
            invitation(city="izhevsk", email="used@x.example", accepted_at="2026-09-02T00:00:00Z"),
            invitation(city="tver", email="other@x.example"),
        ],
        ("registry", "/organisations"): [SCHOOL],
        ("registry", f"/organisations/{PLACE}"): SCHOOL,
        ("registry", "/audit"): [audit_entry()],
        ("requests", "/audit"): [audit_entry()],
        ("notify", f"{HERE}/webhooks"): [hook()],
        ("notify", HOOKS): hook(),
        ("notify", f"{HOOKS}/deliveries"): [sending("dead"), sending("sent", id=EVENT)],
    }
    return gateways


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(
    "role, status",
    [
        (("coordinator", "izhevsk"), 200),
        (("viewer", "izhevsk"), 200),
        (("moderator", None), 200),
        (("coordinator", "tver"), 404),
    ],
)
async def test_an_office_is_open_to_its_own_people_and_the_moderator(member, office, tab, role, status):
    office.answers["registry", "/me"] = me(role)
    assert (await member.get(f"{HERE}/{tab}")).status_code == status


@pytest.mark.parametrize("tab", TABS)
async def test_whoever_is_not_signed_in_signs_in_before(browser, office, tab):
    assert (await browser.get(f"{HERE}/{tab}")).headers["location"] == f"/login?back={HERE}/{tab}"


@pytest.mark.parametrize("path", [f"{HERE}/people", "/moderation/cities/izhevsk"])
async def test_what_a_program_may_do_is_said_in_words(member, office, path):
    office.answers["registry", "/me"] = me(("coordinator", "izhevsk"), ("moderator", None))
    office.answers["registry", f"{HERE}/people"] = [person("service", None, scopes=["read", "practices"])]
    text = (await member.get(path)).text
    assert "читать, практики" in text
    assert "read, practices" not in text


@pytest.mark.parametrize("tab", TABS)
async def test_viewers_find_no_forms(member, office, tab):
    office.answers["registry", "/me"] = me(("viewer", "izhevsk"))
    text = (await member.get(f"{HERE}/{tab}")).text
    assert 'method="post"' not in text.replace('method="post" action="/logout"', "")


@pytest.mark.parametrize("tab, service", [("people", "registry"), ("webhooks", "notify"), ("audit", "requests")])
async def test_a_gateway_that_is_away_takes_its_part_alone(member, office, tab, service):
    if service == "registry":
        del office.answers["registry", f"{HERE}/people"]
    else:
        office.away = {service}
    answer = await member.get(f"{HERE}/{tab}")
    assert answer.status_code == 200
    assert 'class="empty away"' in answer.text


async def test_people_and_open_invitations_are_listed(member, office):
    text = (await member.get(f"{HERE}/people")).text
    assert "Анна &lt;b&gt;" in text
    assert "open@x.example" in text
    assert "used@x.example" not in text
    assert "other@x.example" not in text


@pytest.mark.parametrize(
    "path, form, method, sent, body",
    [
        ("people", {"role": "viewer", "email": " a@x.example "}, "POST", "/invitations", {"email": "a@x.example"}),
        (f"invitations/{REQUEST}/revoke", {}, "DELETE", f"/invitations/{REQUEST}", None),
        (f"roles/{EVENT}/end", {}, "DELETE", f"/roles/{EVENT}", None),
        ("programs", {"client_id": "robot", "scopes": ["read", "events"]}, "POST", f"{HERE}/clients", {}),
        ("organisations", {"name": "Лицей", "kind": "school"}, "POST", "/organisations", {"latitude": None}),
        (f"organisations/{PLACE}", {"name": "Лицей"}, "PATCH", f"/organisations/{PLACE}", {"name": "Лицей"}),
        (
            "profile",
            {"name": "Ижевск", "coordinates": "56,8 53,2"},
            "PATCH",
            HERE,
            {"latitude": 56.8, "authority": None},
        ),
        ("webhooks", {"address": " https://x.example "}, "POST", f"{HERE}/webhooks", {"address": "https://x.example"}),
        (f"webhooks/{HOOK}", {"facts": ["A", "B"], "active": "1"}, "PUT", HOOKS, {"facts": ["A", "B"], "active": True}),
        (f"webhooks/{HOOK}", {"facts": ["A"]}, "PUT", HOOKS, {"active": False}),
        (f"webhooks/{HOOK}/secret", {}, "POST", f"{HOOKS}/secret", None),
        (f"webhooks/{HOOK}/test", {}, "POST", f"{HOOKS}/test", None),
        (f"webhooks/{HOOK}/remove", {}, "DELETE", HOOKS, None),
        (f"webhooks/{HOOK}/deliveries/{EVENT}/retry", {}, "POST", f"{HOOKS}/deliveries/{EVENT}/retry", None),
    ],
)
async def test_what_is_done_arrives(member, office, path, form, method, sent, body):
    for made in (f"{HERE}/webhooks", f"{HOOKS}/secret"):
        office.answers["POST", made] = {"id": HOOK, "version": 3, "secret": "whsec_abc"}
    answer = await member.post(f"{HERE}/{path}", {"_key": "k", **form})
    assert answer.status_code in {200, 303}
    (asked,) = office.sent(method)
    assert asked.url.path == f"/v1{sent}"
    assert asked.headers["idempotency-key"] == "k"
    told = json.loads(asked.content) if asked.content else None
    assert told is None if body is None else body.items() <= told.items()


@pytest.mark.parametrize(
    "path, method, refused",
    [
        ("people", "POST", "/invitations"),
        (f"roles/{EVENT}/end", "DELETE", f"/roles/{EVENT}"),
        (f"invitations/{REQUEST}/revoke", "DELETE", f"/invitations/{REQUEST}"),
        ("programs", "POST", f"{HERE}/clients"),
        ("organisations", "POST", "/organisations"),
        (f"organisations/{PLACE}", "PATCH", f"/organisations/{PLACE}"),
        ("profile", "PATCH", HERE),
        ("webhooks", "POST", f"{HERE}/webhooks"),
        (f"webhooks/{HOOK}", "PUT", HOOKS),
        (f"webhooks/{HOOK}/test", "POST", f"{HOOKS}/test"),
    ],
)
async def test_a_refusal_comes_back_with_its_page(member, office, path, method, refused):
    office.answers[method, refused] = problem(409, "last-coordinator", "Последний координатор", detail="Пригласите")
    answer = await member.post(f"{HERE}/{path}", {})
    assert answer.status_code == 409
    assert "Последний координатор" in answer.text
    assert 'class="tabs"' in answer.text


async def test_a_program_may_act_until_the_end_of_its_last_day_there(member, office):
    await member.post(f"{HERE}/programs", {"client_id": "robot", "scopes": ["read"], "until": "2026-12-31"})
    assert json.loads(office.sent()[0].content)["expires_at"] == "2027-01-01T00:00:00+04:00"
    await member.post(f"{HERE}/programs", {"client_id": "robot", "until": "soon"})
    assert json.loads(office.sent()[1].content)["expires_at"] == "soon"


async def test_whoever_ends_the_own_role_is_led_out(member, office):
    office.answers["registry", "/me"] = me(("coordinator", "izhevsk"))
    own = office.answers["registry", "/me"]["roles"][0]["id"]
    assert (await member.post(f"{HERE}/roles/{own}/end")).headers["location"] == HERE
    assert (await member.post(f"{HERE}/roles/{EVENT}/end")).headers["location"] == f"{HERE}/people"


@pytest.mark.parametrize("path", ["organisations", f"organisations/{PLACE}", "profile"])
async def test_coordinates_that_are_none_are_not_sent(member, office, path):
    form = {"name": "Лицей", "kind": "school", "coordinates": "улица Пушкина"}
    answer = await member.post(f"{HERE}/{path}", form)
    assert answer.status_code == 422
    assert 'id="e-coordinates"' in answer.text
    assert 'value="улица Пушкина"' in answer.text
    assert 'value="Лицей"' in answer.text
    assert not [one for one in office.asked if one.method in {"POST", "PATCH"} and one.url.host != "issuer.example"]


async def test_an_older_profile_names_the_version_that_was_seen(member, office):
    assert 'name="_version" value="6"' in (await member.get(f"{HERE}/profile")).text
    await member.post(f"{HERE}/profile", {"name": "Ижевск", "_version": "6"})
    assert office.sent("PATCH")[0].headers["if-match"] == '"6"'


@pytest.mark.parametrize(
    "path, method, refused, stored, version",
    [
        ("profile", "PATCH", HERE, "Ижевск", "6"),
        (f"organisations/{PLACE}", "PATCH", f"/organisations/{PLACE}", "Школа № 1", "4"),
        (f"webhooks/{HOOK}", "PUT", HOOKS, "hooks.moskva.example", "2"),
    ],
)
async def test_an_older_form_shows_both_and_another_fault_hides_no_change(
    member, office, path, method, refused, stored, version
):
    typed = {"name": "Иначе", "address": "https://other.example", "_version": "1"}
    office.answers[method, refused] = problem(422, "invalid-request", "Неверно")
    assert 'name="_version" value="1"' in (await member.post(f"{HERE}/{path}", typed)).text
    office.answers[method, refused] = problem(412, "stale", "Данные уже изменились")
    text = (await member.post(f"{HERE}/{path}", typed)).text
    assert f'name="_version" value="{version}"' in text
    assert stored in text.partition("Это уже изменили")[2].partition("</section>")[0]


async def test_anothers_organisation_is_not_in_this_office(member, office):
    office.answers["registry", f"/organisations/{PLACE}"] = {**SCHOOL, "city": "tver"}
    assert (await member.get(f"{HERE}/organisations/{PLACE}")).status_code == 404


async def test_a_secret_is_shown_once_and_kept_by_no_browser(member, office):
    office.answers["POST", f"{HERE}/webhooks"] = {**hook(), "secret": "whsec_<abc>"}
    answer = await member.post(f"{HERE}/webhooks", {"address": "https://x.example", "facts": ["EventAnnounced"]})
    assert "whsec_&lt;abc&gt;" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "whsec" not in (await member.get(HOOKS)).text
    told = {"id": HOOK, "version": 3, "secret": "whsec_<abc>"}
    office.answers["POST", f"{HOOKS}/secret"] = httpx2.Response(
        201, json=told, headers={"Idempotency-Replayed": "true"}
    )
    assert "уже был показан" in (await member.post(f"{HOOKS}/secret")).text


async def test_what_was_given_up_may_be_sent_again(member, office):
    text = (await member.get(HOOKS)).text
    assert f'action="{HOOKS}/deliveries/{REQUEST}/retry"' in text
    assert f'action="{HOOKS}/deliveries/{EVENT}/retry"' not in text
    assert text.count('value="EventAnnounced" checked') == 1


def test_facts_to_choose_from_are_those_that_a_city_may_read():
    offered = {name for names in readable().values() for name in names}
    assert {"EventAnnounced", "RequestApproved", "MeasurementDue"} <= offered
    assert not {"RoleGranted", "ContactChanged", "CapacityApplied"} & offered
    assert "city" in aggregates()["registry"]


async def test_the_audit_is_the_citys_own_and_keeps_its_filters(member, office):
    text = (await member.get(f"{HERE}/audit?service=requests&aggregate=request&city=tver&aggregate_id=+x+")).text
    (asked,) = [one for one in office.asked if one.url.path == "/v1/audit"]
    assert dict(asked.url.params) == {"limit": "50", "city": "izhevsk", "aggregate": "request", "aggregate_id": "x"}
    assert "Места даны" in text
    assert ">вы</span>" in text  # the reference of the reader's own
    assert REQUEST not in re.sub(r"<a [^>]*>", "", text)
    await member.get(f"{HERE}/audit?service=registry&aggregate=request")
    assert "aggregate" not in [one for one in office.asked if one.url.path == "/v1/audit"][1].url.params


@pytest.mark.parametrize(
    "text, pair",
    [
        ("55.7558, 37.6173", (55.7558, 37.6173)),
        ("55,7558 37,6173", (55.7558, 37.6173)),
        ("55.7558;37.6173", (55.7558, 37.6173)),
        (" 66 , -172.5 ", (66, -172.5)),
        ("", (None, None)),
        ("55.7558", None),
        ("55.7558, 37.6, 1", None),
        ("север", None),
    ],
)
def test_coordinates_as_people_copy_them(text, pair):
    assert places.coordinates(text) == pair


@given(st.floats(-90, 90).map(lambda one: round(one, 4)), st.floats(-180, 180).map(lambda one: round(one, 4)))
def test_coordinates_come_back_as_they_were_written(latitude, longitude):
    read = places.coordinates(places.written(latitude, longitude))
    assert read is not None
    assert math.isclose(read[0], latitude, abs_tol=1e-3)
    assert math.isclose(read[1], longitude, abs_tol=1e-3)


@given(st.lists(st.tuples(st.floats(50, 70), st.floats(30, 170)), min_size=1, max_size=20))
def test_a_plan_has_every_place_inside_and_north_above(spots):
    made = [
        Organisation(id=UUID(int=no), city="x", name="x", kind="school", latitude=north, longitude=east)
        for no, (north, east) in enumerate(spots)
    ]
    plan = places.plan(made)
    assert [pin.no for pin in plan.pins] == list(range(1, len(spots) + 1))
    assert all(0 <= pin.x <= places.WIDTH and 0 <= pin.y <= places.HEIGHT for pin in plan.pins)
    by_north = sorted(plan.pins, key=lambda pin: pin.place.latitude)
    assert by_north[0].y >= by_north[-1].y
    assert 0 < plan.length <= places.WIDTH


def test_there_is_no_plan_of_places_that_are_nowhere():
    assert places.plan([Organisation.model_validate(SCHOOL)]) is None


@pytest.mark.parametrize(
    "kind, subject, leads",
    [
        ("practice-adopted", REQUEST, f"/adoptions/{REQUEST}"),
        ("adoption-measured", REQUEST, f"/adoptions/{REQUEST}"),
        ("measurement-due", REQUEST, f"/adoptions/{REQUEST}"),
        ("practice-returned", REQUEST, f"/practices/{REQUEST}"),
        ("agreement-lapsing", "izhevsk", "/cities/izhevsk/profile"),
        ("city-activated", "izhevsk", "/cities/izhevsk"),
        ("city-applied", "perm", "/moderation/cities/perm"),
        ("webhook-disabled", HOOK, HOOKS),
    ],
)
async def test_news_lead_to_the_room_of_what_they_speak_of(member, office, kind, subject, leads):
    news = {"id": EVENT, "kind": kind, "city": "izhevsk", "subject": subject, "event": None, "title": "x", "text": "x"}
    office.answers["notify", "/inbox"] = [{**news, "at": "2026-10-01T00:00:00Z", "read_at": "2026-10-01T00:00:00Z"}]
    assert (await member.get(f"/inbox/{EVENT}")).headers["location"] == leads
