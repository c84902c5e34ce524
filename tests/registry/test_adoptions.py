"""Practices that age, and cities that put them to use and report what that gave."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaimo.contracts.refusal import Refusal
from vzaimo.contracts.registry import Indicator, Measurement, Practice, PracticeStatus
from vzaimo.kit.ids import new_id
from vzaimo.registry.domain import adoptions
from vzaimo.registry.domain.adoptions import Commitment
from vzaimo.registry.domain.days import months_later

NOW = datetime(2026, 9, 27, 9, 0, tzinfo=UTC)
SHARE = "Доля детей с 220 баллами"
MONTHS = st.sampled_from([0, 3, 6, 9, 12, 15])


def committed():
    indicator = Indicator(name=SHARE, unit="%", baseline=8, baseline_year=2015, result=40, result_year=2018)
    practice = Practice(
        id=UUID(int=1),
        city="izhevsk",
        title="Комплекс",
        topics=("complexes",),
        audience=("director",),
        indicators=(indicator,),
        status=PracticeStatus.PUBLISHED,
    )
    return adoptions.commit(UUID(int=2), practice, Commitment("tver", SHARE, 10, 2025), "Europe/Moscow", NOW)


def measured(months, on=date(2026, 9, 27)):
    return Measurement(after_months=months, value=12, measured_on=on)


@given(st.lists(st.tuples(MONTHS, st.sampled_from(["report 6", "report 12", "timer"])), max_size=12))
def test_each_report_is_asked_for_when_its_month_comes_and_given_once(steps):
    adoption, asked = committed(), []
    for months, step in sorted(steps, key=lambda one: one[0]):
        now, before = months_later(NOW, months), adoption
        if step == "timer":
            at = adoptions.falls_due_at(adoption)
            if at is not None and at <= now:
                adoption = adoptions.fall_due(adoption, now)
                asked.append(adoption.due)
                assert adoption.due <= months
                assert adoption.due not in {one.after_months for one in adoption.measurements}
        else:
            reported = int(step.split()[1])
            allowed = months >= reported and reported not in {one.after_months for one in before.measurements}
            try:
                adoption = adoptions.report(adoption, measured(reported), "Europe/Moscow", now)
            except Refusal:
                assert not allowed
            else:
                assert allowed
                assert adoption.due != reported
        if not adoptions.is_open(adoption):
            assert (adoption.due, adoptions.falls_due_at(adoption)) == (None, None)
    assert asked == sorted(set(asked))


def test_after_an_outage_over_both_months_the_later_report_is_asked_for():
    late = adoptions.fall_due(committed(), months_later(NOW, 13))
    assert (late.due, adoptions.falls_due_at(late)) == (12, None)
    assert adoptions.report(late, measured(6), "Europe/Moscow", months_later(NOW, 13)).due == 12


def test_change_is_relative_to_the_citys_own_baseline():
    assert adoptions.change(10, 12.5) == 0.25
    assert adoptions.change(-10, -5) == 0.5
    assert adoptions.change(0, 5) is None


@pytest.fixture
def commitment(practice_body):
    def to(practice, **changes):
        usual = {"practice": practice, "city": "tver", "indicator": SHARE, "baseline": 10, "baseline_year": 2025}
        return {**usual, **changes}

    return to


async def test_a_city_adopts_and_the_chain_shows_what_it_gave(
    registry, izhevsk, tver, publish, commitment, pass_until, names, kind
):
    practice = await publish()
    adoption = await registry.done("POST", "/adoptions", "boris", commitment(practice))
    again = await registry.call("POST", "/adoptions", "boris", commitment(practice))
    assert (kind(again), again.json()["adoption"]) == ((409, "adoption-open"), adoption)
    reports = f"/adoptions/{adoption}/measurements"
    half = {"after_months": 6, "value": 12.5, "measured_on": "2027-03-26"}
    early = await registry.call("POST", reports, "boris", half)
    assert (kind(early), early.json()["possible_from"]) == ((409, "measurement-too-early"), "2027-03-27T09:00:00+00:00")
    await pass_until("2027-03-27T09:00:00+00:00")
    assert (await registry.call("GET", f"/adoptions/{adoption}")).json()["due"] == 6
    for measured_on in ("2026-09-26", "2027-03-28"):
        outside = await registry.call("POST", reports, "boris", {**half, "measured_on": measured_on})
        assert kind(outside) == (422, "measured-outside")
    await registry.done("POST", reports, "boris", half)
    assert kind(await registry.call("POST", reports, "boris", half)) == (409, "measurement-reported")
    # A suspended city ends what it has begun.
    await registry.done("POST", "/cities/tver/suspend", "moderator", {"reason": "fees-unpaid"})
    await pass_until("2027-09-28T00:00:00+00:00")
    await registry.done("POST", reports, "boris", {"after_months": 12, "value": 15, "measured_on": "2027-09-27"})
    await registry.done("POST", "/cities/tver/reinstate", "moderator")
    for where in (f"practice={practice}", "city=tver", "source=izhevsk"):
        (shown,) = (await registry.call("GET", f"/adoptions?{where}")).json()["items"]
        gave = [(one["after_months"], one["value"], one["change"]) for one in shown["measurements"]]
        assert (shown["city"], shown["due"], gave) == ("tver", None, [(6, 12.5, 0.25), (12, 15.0, 0.5)])
    assert (await registry.call("GET", "/adoptions?city=izhevsk")).json()["items"] == []
    assert await names("adoption") == [
        "PracticeAdopted",
        "MeasurementDue",
        "AdoptionMeasured",
        "MeasurementDue",
        "AdoptionMeasured",
    ]
    await registry.done("POST", "/adoptions", "boris", commitment(practice))


async def test_a_commitment_is_checked(registry, izhevsk, tver, publish, commitment, practice_body, moderator, kind):
    practice = await publish()
    hidden = await registry.done("POST", "/practices", "anna", practice_body)

    async def refused(**changes):
        who = "anna" if changes.get("city") == "izhevsk" else "boris"
        return await registry.call("POST", "/adoptions", who, commitment(**{"practice": practice, **changes}))

    assert kind(await refused(practice=str(hidden))) == (404, "unknown-practice")
    assert kind(await refused(practice=str(new_id()))) == (404, "unknown-practice")
    assert kind(await refused(city="izhevsk")) == (422, "own-practice")
    unknown = await refused(indicator="Нет такого")
    assert (kind(unknown), unknown.json()["offered"]) == ((422, "unknown-indicator"), [SHARE])
    assert kind(await refused(baseline_year=2027)) == (422, "baseline-in-future")
    assert kind(await refused(baseline="10")) == (422, "invalid-request")
    await registry.done("POST", f"/practices/{practice}/archive", "anna")
    assert kind(await refused()) == (409, "wrong-practice-status")
    assert (await registry.call("GET", "/adoptions")).json()["items"] == []


async def test_of_two_commitments_at_once_one_stands(registry, izhevsk, tver, publish, commitment):
    body = commitment(await publish())
    answers = await asyncio.gather(*(registry.call("POST", "/adoptions", "boris", body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    (one,) = (await registry.call("GET", "/adoptions?city=tver")).json()["items"]
    assert one["version"] == 1


async def test_adoptions_are_paged(registry, izhevsk, tver, publish, commitment):
    made = [await registry.done("POST", "/adoptions", "boris", commitment(await publish())) for _ in range(3)]
    seen, path = [], "/adoptions?source=izhevsk&limit=2"
    while path:
        page = (await registry.call("GET", path)).json()
        seen += [one["id"] for one in page["items"]]
        path = page["next"] and f"/adoptions?source=izhevsk&limit=2&cursor={page['next']}"
    assert seen == made


async def test_a_practice_that_nobody_confirms_is_stale_after_a_year(
    registry, izhevsk, publish, practice_body, pass_until, names, kind
):
    practice, archived = await publish(), await publish()
    await registry.done("POST", f"/practices/{archived}/archive", "anna")
    await pass_until("2027-08-01T00:00:00+00:00")
    await registry.done("POST", f"/practices/{practice}/confirm", "anna")
    await pass_until("2028-07-31T23:59:59+00:00")
    assert (await registry.call("GET", f"/practices/{practice}")).json()["stale_since"] is None
    # Noticed five days late: it is stale since the day that counts.
    await pass_until("2028-08-06T00:00:00+00:00")
    shown = (await registry.call("GET", f"/practices/{practice}")).json()
    assert (shown["status"], shown["stale_since"]) == ("published", "2028-08-01T00:00:00Z")
    await registry.done("PUT", f"/practices/{practice}", "anna", practice_body)
    assert (await registry.call("GET", f"/practices/{practice}")).json()["stale_since"] == "2028-08-01T00:00:00Z"
    await registry.done("POST", f"/practices/{practice}/confirm", "anna")
    assert (await registry.call("GET", f"/practices/{practice}")).json()["stale_since"] is None
    told = ["PracticeAnnounced", "PracticeUpdated", "PracticeStale", "PracticeUpdated", "PracticeUpdated"]
    assert (await names("practice", practice))[1:] == told
    assert (await names("practice", archived))[-1] == "PracticeArchived"
    assert kind(await registry.call("POST", f"/practices/{archived}/confirm", "anna")) == (409, "wrong-practice-status")
