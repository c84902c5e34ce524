"""Refusals in words for people: no field's name, no code, no moment as programs write it."""

import dataclasses
import importlib
import re

import pytest

from vzaimo.contracts.refusal import Refusal
from vzaimo.kit.http.wording import KIT
from vzaimo.portal.house.words import LANGUAGES, words
from vzaimo.portal.testing import EVENT, REQUEST, problem

ASK = f"/events/{EVENT}/ask?city=izhevsk&mode=in_person"
FORM = {"name": "Анна", "role": "teacher", "organisation": "", "min_viable": "1", "revision": "1", "step": "save"}
OWN = sorted(key.removeprefix("refusal.") for key in words() if key.startswith("refusal."))


def _facts():
    """What each kind of refusal tells, in any service."""
    for service in ("registry", "calendar", "requests", "notify"):
        importlib.import_module(f"vzaimo.{service}.main")
    found = {kind: [set()] for kind in KIT}
    waiting = [Refusal]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if dataclasses.is_dataclass(one) and one.__module__.startswith("vzaimo."):  # tests have some, too
            found.setdefault(one.kind, []).append({field.name for field in dataclasses.fields(one)})
    return found


@pytest.mark.parametrize("kind", OWN)
def test_its_words_need_only_what_every_gateway_tells(kind):
    told = set.intersection(*_facts()[kind])
    for language in range(len(LANGUAGES)):
        for text in words().forms(f"refusal.{kind}")[language]:
            assert set(re.findall(r"{(\w+)}", text)) <= told


@pytest.mark.parametrize(
    "kind, facts, said",
    [
        (
            "role-not-invited",
            {"role": "teacher", "audience": ["director", "deputy"]},
            "Среди ваших людей есть учителя, а приглашены: директора, заместители директоров.",
        ),
        (
            "applications-closed",
            {"opens": "2040-10-01T07:00:00Z", "closes": "2040-10-02T07:00:00+00:00"},
            "Запросы принимаются с пн, 1 окт. 2040 г., 10:00 (UTC+3) до вт, 2 окт. 2040 г., 10:00 (UTC+3).",
        ),
        ("city-not-active", {"city": "izhevsk"}, "Ижевск: это может только действующий"),
        ("applications-closed", {"another": "version"}, "Как сказал сервис"),
        ("some-new-kind", {"role": "teacher"}, "Как сказал сервис"),
    ],
)
async def test_a_refusal_is_said_to_people(member, gateways, kind, facts, said):
    gateways.answers["POST", "/requests"] = problem(422, kind, "Нет", detail="Как сказал сервис", **facts)
    answer = await member.post(ASK, FORM)
    assert answer.status_code == 422
    assert said in " ".join(answer.text.split())
    assert 'value="Анна"' in answer.text


async def test_it_is_said_at_the_field_too(host, gateways):
    passed = {
        "field": "deadlines.apply_closes",
        "moment": "2020-10-01T07:00:00Z",
        "detail": "deadlines.apply_closes: x",
    }
    gateways.answers["PUT", f"/events/{EVENT}"] = problem(422, "too-late", "Этот срок уже прошёл", **passed)
    form = {"title": "Визит", "mode": "in_person", "timezone": "Europe/Moscow", "step": "save"}
    text = " ".join((await host.post(f"/plans/{EVENT}", form)).text.split())
    assert text.count("чт, 1 окт. 2020 г., 10:00 (UTC+3) уже прошло: укажите более позднее время.") == 2
    assert "deadlines.apply_closes: x" not in text


async def test_a_second_request_leads_to_the_first(member, gateways):
    gateways.answers["POST", "/requests"] = problem(409, "request-exists", "Запрос уже есть", request=REQUEST)
    answer = await member.post(ASK, FORM)
    assert f'href="/requests/{REQUEST}"' in answer.text
    assert 'value="Анна"' in answer.text
