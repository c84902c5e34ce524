"""Suspension, lapse, reinstatement and withdrawal with their consequences."""

from sqlalchemy import select

from vzaimo.kit.tables import TimerRow, table_of

TIMER = table_of(TimerRow)


async def timers(registry):
    async with registry.service.works.database.read() as tx:
        return sorted(row.kind for row in await tx.all(select(TIMER.c.kind)))


async def shown(registry, city="izhevsk"):
    view = (await registry.call("GET", f"/cities/{city}")).json()
    return view["status"], view["suspended_for"]


async def test_a_suspended_city_begins_nothing_and_ends_or_keeps_what_it_has(
    registry, izhevsk, tver, moderator, publish, practice_body, kind
):
    own, foreign = await publish(), await publish("boris", city="tver")
    adopted = {"practice": own, "city": "tver", "indicator": practice_body["indicators"][0]["name"]}
    adopted |= {"baseline": 10, "baseline_year": 2025}
    draft = await registry.done("POST", "/practices", "boris", {**practice_body, "city": "tver"})
    await registry.done("POST", "/cities/tver/suspend", moderator, {"reason": "fees-unpaid"})
    assert await shown(registry, "tver") == ("suspended", "fees-unpaid")
    assert kind(await registry.call("POST", "/adoptions", "boris", adopted)) == (409, "city-not-active")
    assert kind(await registry.call("POST", f"/practices/{draft}/submit", "boris")) == (409, "city-not-active")
    await registry.done("PUT", f"/practices/{draft}", "boris", {**practice_body, "city": "tver"})
    await registry.done("POST", f"/practices/{foreign}/confirm", "boris")
    await registry.done("POST", f"/practices/{foreign}/archive", "boris")
    await registry.done("POST", "/cities/tver/reinstate", moderator)
    assert await shown(registry, "tver") == ("active", None)
    await registry.done("POST", "/adoptions", "boris", adopted)


async def test_a_lapsing_agreement_warns_then_suspends_and_a_new_one_brings_the_city_back(
    registry, izhevsk, moderator, pass_until, names, kind
):
    await pass_until("2027-08-20T19:59:59+00:00")
    assert (await registry.call("GET", "/cities/izhevsk")).json()["lapse_warned_at"] is None
    await pass_until("2027-08-20T20:00:00+00:00")
    assert (await registry.call("GET", "/cities/izhevsk")).json()["lapse_warned_at"] == "2027-08-20T20:00:00Z"
    await pass_until("2027-09-20T20:00:00+00:00")
    assert await shown(registry) == ("suspended", "agreement-lapsed")
    assert await timers(registry) == []
    assert kind(await registry.call("POST", "/cities/izhevsk/reinstate", moderator)) == (409, "agreement-missing")
    agreement = {"number": "18/2027", "signed_on": "2027-09-19", "valid_until": "2028-09-20"}
    await registry.done("PUT", "/cities/izhevsk/agreement", moderator, agreement)
    assert await shown(registry) == ("active", None)
    assert await timers(registry) == ["agreement-lapsed", "agreement-lapsing"]
    assert (await names("city"))[4:] == ["AgreementLapsing", "CitySuspended", "AgreementSigned", "CityReinstated"]


async def test_after_an_outage_over_both_days_a_city_is_suspended_and_not_warned(registry, izhevsk, pass_until, names):
    await pass_until("2028-01-01T00:00:00+00:00")
    assert (await names("city"))[4:] == ["CitySuspended"]


async def test_an_agreement_with_fewer_than_thirty_days_warns_at_once(
    registry, izhevsk, moderator, pass_until, clock, names
):
    agreement = {"number": "18/2026", "signed_on": "2026-09-25", "valid_until": "2026-10-10"}
    await registry.done("PUT", "/cities/izhevsk/agreement", moderator, agreement)
    await pass_until(clock.now().isoformat())
    assert (await names("city"))[4:] == ["AgreementSigned", "AgreementLapsing"]
    await registry.done("PATCH", "/cities/izhevsk", "anna", {"timezone": "Asia/Kamchatka"})
    await pass_until("2026-10-10T12:00:00+00:00")
    assert await shown(registry) == ("suspended", "agreement-lapsed")


async def test_a_city_that_leaves_leaves_nothing_open(
    registry, izhevsk, tver, moderator, publish, practice_body, appoint, kind, names
):
    published, foreign = await publish(), await publish("boris", city="tver")
    reviewed = await registry.done("POST", "/practices", "anna", practice_body)
    await registry.done("POST", f"/practices/{reviewed}/submit", "anna")
    adoption = {"practice": foreign, "city": "izhevsk", "indicator": practice_body["indicators"][0]["name"]}
    kept = await registry.done("POST", "/adoptions", "anna", {**adoption, "baseline": 8, "baseline_year": 2025})
    await appoint("vera", "viewer", izhevsk)
    client = {"client_id": "robot", "scopes": ["practices"], "expires_at": "2027-01-01T00:00:00Z"}
    await registry.done("POST", "/cities/izhevsk/clients", "anna", client)
    invitation = {"role": "viewer", "city": izhevsk, "email": "oleg@city.example"}
    invited = await registry.done("POST", "/invitations", "anna", invitation)
    await registry.done("POST", "/cities/izhevsk/withdraw", moderator)
    assert await shown(registry) == ("withdrawn", None)
    practice = (await registry.call("GET", f"/practices/{published}")).json()
    assert (practice["status"], practice["city"]) == ("archived", izhevsk)
    assert (await names("practice", published))[-1] == "PracticeArchived"
    assert (await names("practice", reviewed))[-1] == "PracticeReturned"
    ended = [event.data.role for event in await registry.facts("RoleEnded")]
    assert sorted(role.role for role in ended) == ["coordinator", "service", "viewer"]
    for who in ("anna", "vera", "robot"):
        assert kind(await registry.call("GET", "/me", who)) == (403, "actor-not-yet-known")
    open_ones = (await registry.call("GET", "/invitations", moderator)).json()["items"]
    assert [one["id"] for one in open_ones if one["revoked_at"]] == [invited]
    # Tver's practice alone may still grow stale; what Izhevsk would have reported nobody asks for.
    assert await timers(registry) == ["practice-stale"]
    assert (await registry.call("GET", f"/adoptions/{kept}")).status_code == 200
    assert kind(await registry.call("POST", "/invitations", moderator, invitation)) == (404, "unknown-city")


async def test_nothing_brings_back_a_city_that_has_left(registry, izhevsk, moderator, kind):
    await registry.done("POST", "/cities/izhevsk/withdraw", moderator)
    before = (await registry.call("GET", "/cities/izhevsk")).json()
    for step in ("suspend", "reinstate", "withdraw", "admit", "decline", "activate"):
        body = {"reason": "fees-unpaid"} if step == "suspend" else None
        refused = await registry.call("POST", f"/cities/izhevsk/{step}", moderator, body)
        assert kind(refused) == (409, "wrong-city-status"), step
    assert (await registry.call("GET", "/cities/izhevsk")).json() == before


async def test_a_city_whose_applicant_is_gone_is_activated_with_an_invited_coordinator(
    registry, moderator, apply, appoint, kind
):
    await apply("tver", "boris")
    await registry.done("POST", "/cities/tver/admit", moderator)
    await registry.done("PUT", "/cities/tver/agreement", moderator, {"number": "1", "signed_on": "2026-09-20"})
    known = (await registry.call("GET", "/cities/tver/applicant", moderator)).json()
    assert (known["name"], known["email"]) == ("Заявитель", "boris@city.example")
    await registry.done("DELETE", "/me/contact", "boris")
    erased = (await registry.call("GET", "/cities/tver/applicant", moderator)).json()
    assert (erased["name"], erased["email"], erased["phone"]) == (None, None, None)
    assert kind(await registry.call("POST", "/cities/tver/activate", moderator)) == (409, "applicant-missing")
    await appoint("galina", "coordinator", "tver")
    await registry.done("POST", "/cities/tver/activate", moderator)
    people = (await registry.call("GET", "/cities/tver/people", moderator)).json()["items"]
    assert [(one["role"], one["email"]) for one in people] == [("coordinator", "galina@city.example")]


async def test_a_city_that_leaves_owes_no_report(registry, izhevsk, tver, moderator, publish, pass_until, names):
    practice = await publish("boris", city="tver")
    adoption = {"practice": practice, "city": "izhevsk", "indicator": "Доля детей с 220 баллами"}
    made = await registry.done("POST", "/adoptions", "anna", {**adoption, "baseline": 8, "baseline_year": 2025})
    await pass_until("2027-03-28T00:00:00+00:00")
    assert (await registry.call("GET", f"/adoptions/{made}")).json()["due"] == 6
    await registry.done("POST", "/cities/izhevsk/withdraw", moderator)
    shown = (await registry.call("GET", f"/adoptions/{made}")).json()
    assert (shown["due"], shown["version"]) == (None, 3)
    assert await names("adoption", made) == ["PracticeAdopted", "MeasurementDue", "MeasurementWaived"]
