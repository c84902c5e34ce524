"""Registry as its people use it: over HTTP, on both stores, with a real bus and real mails."""

import asyncio
from datetime import timedelta

import nats
from sqlalchemy import select

from vzaimo.kit.tables import OutboxRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.registry.store import CITY

OUTBOX = table_of(OutboxRow)


async def test_a_city_comes_from_an_application_to_taking_part(registry, izhevsk):
    city = (await registry.call("GET", "/cities/izhevsk")).json()
    assert (city["status"], city["agreement"]["number"], city["version"]) == ("active", "17/2026", 4)
    me = (await registry.call("GET", "/me", "anna")).json()
    assert [(role["role"], role["city"]) for role in me["roles"]] == [("coordinator", "izhevsk")]
    told = [event.name for event in await registry.facts() if event.data.aggregate == "city"]
    assert told == ["CityApplied", "CityUpdated", "AgreementSigned", "CityActivated"]


async def test_its_facts_are_on_the_bus_and_contact_data_in_a_stream_of_their_own(registry, izhevsk, nats_server):
    await eventually(lambda: registry.service.relay.drained(5), "published")
    client = await nats.connect(nats_server.url)
    js = client.jetstream()
    subjects = set()
    for stream in ("REGISTRY", "CONTACTS"):
        info = await js.stream_info(stream)
        for seq in range(1, info.state.last_seq + 1):
            message = await js.get_msg(stream, seq)
            subjects.add((stream, ".".join(message.subject.split(".")[:4])))
            if stream == "REGISTRY":
                assert b"@" not in message.data
    await client.close()
    assert ("REGISTRY", "registry.pub.city.city_activated") in subjects
    assert ("REGISTRY", "registry.int.role.role_granted") in subjects
    assert {subject for stream, subject in subjects if stream == "CONTACTS"} == {"registry.int.contact.contact"}


async def test_steps_out_of_order_are_refused_and_change_nothing(registry, moderator, apply, kind):
    await apply("tver", "boris", timezone="Europe/Moscow")
    assert kind(await registry.call("POST", "/cities/tver/activate", moderator)) == (409, "wrong-city-status")
    await registry.done("POST", "/cities/tver/admit", moderator)
    assert kind(await registry.call("POST", "/cities/tver/admit", moderator)) == (409, "wrong-city-status")
    assert kind(await registry.call("POST", "/cities/tver/activate", moderator)) == (409, "agreement-missing")
    late = {"number": "1", "signed_on": "2026-09-28"}
    assert kind(await registry.call("PUT", "/cities/tver/agreement", moderator, late)) == (
        422,
        "agreement-dates-wrong",
    )
    assert (await registry.call("GET", "/cities/tver")).json()["version"] == 2


async def test_an_application_is_checked(registry, moderator, apply, kind):
    assert kind(await apply("tver", "boris", timezone="Europe/Tver")) == (422, "unknown-timezone")
    assert kind(await apply("tver", "boris", latitude=91)) == (422, "invalid-request")
    assert kind(await apply("Tver!", "boris")) == (422, "invalid-request")
    assert (await apply("tver", "boris")).status_code == 201
    assert kind(await apply("tver", "viktor")) == (409, "city-exists")
    assert kind(await registry.call("GET", "/cities/nowhere")) == (404, "unknown-city")


async def test_what_is_not_there_is_not_found(registry):
    nothing = "00000000-0000-0000-0000-000000000000"
    for path in (
        "/cities/x",
        "/topics/x",
        *(f"/{one}/{nothing}" for one in ("organisations", "practices", "adoptions")),
    ):
        assert (await registry.call("GET", path)).status_code == 404, path


async def test_of_those_who_apply_for_one_city_at_once_one_does(registry, moderator, apply, kind):
    answers = await asyncio.gather(*(apply("perm", f"person-{number}") for number in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert {kind(answer) for answer in answers if answer.status_code == 409} == {(409, "city-exists")}


async def test_a_client_that_is_registered_at_once_has_one_role(registry, izhevsk):
    body = {"client_id": "robot", "scopes": ["read"], "expires_at": "2027-01-01T00:00:00Z"}
    answers = await asyncio.gather(*(registry.call("POST", "/cities/izhevsk/clients", "anna", body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_a_client_whose_time_is_over_before_it_begins_is_refused_by_the_field(registry, izhevsk, clock, kind):
    body = {"client_id": "robot", "scopes": ["read"], "expires_at": clock.now().isoformat()}
    answer = await registry.call("POST", "/cities/izhevsk/clients", "anna", body)
    assert kind(answer) == (422, "expiry-passed")
    assert "expires_at" in answer.json()["detail"]
    assert [event.data.role.role for event in await registry.facts("RoleGranted")] == ["moderator", "coordinator"]


async def test_a_place_is_in_a_city_that_there_is(registry, moderator, apply, kind):
    place = {"city": "nowhere", "name": "Школа", "kind": "school"}
    assert kind(await registry.call("POST", "/organisations", moderator, place)) == (404, "unknown-city")
    await apply("tver", "boris")
    await registry.done("POST", "/organisations", moderator, {**place, "city": "tver"})
    await registry.done("POST", "/cities/tver/decline", moderator)
    assert kind(await registry.call("POST", "/organisations", moderator, {**place, "city": "tver"})) == (
        404,
        "unknown-city",
    )


async def test_what_a_store_cannot_keep_is_refused_by_its_field(registry, moderator, izhevsk):
    place = {"city": "izhevsk", "name": "Школа", "kind": "school"}
    place = await registry.done("POST", "/organisations", "anna", place)
    agreement = {"number": "1", "signed_on": "2026-09-20"}
    client = {"client_id": "robot", "scopes": ["read"]}
    wrong = [
        ("PATCH", "/cities/izhevsk", "anna", {}, {"name": None, "region": None, "timezone": None, "authority": "\0"}),
        ("PATCH", f"/organisations/{place}", "anna", {}, {"name": None, "kind": None, "address": "\0"}),
        ("PUT", "/cities/izhevsk/agreement", moderator, agreement, {"valid_until": "9999-12-31"}),
        ("POST", "/cities/izhevsk/clients", "anna", client, {"expires_at": "9999-12-31T23:59:59-12:00"}),
    ]
    for method, path, who, usual, fields in wrong:
        for field, value in fields.items():
            answer = await registry.call(method, path, who, {**usual, field: value})
            assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
    assert (await registry.call("PATCH", "/cities/izhevsk", "anna", {"authority": None})).is_success


async def test_a_city_that_is_declined_stays_out(registry, moderator, apply, kind):
    await apply("tver", "boris")
    await registry.done("POST", "/cities/tver/decline", moderator)
    assert (await registry.call("GET", "/cities/tver")).json()["status"] == "withdrawn"
    assert kind(await registry.call("POST", "/cities/tver/admit", moderator)) == (409, "wrong-city-status")


async def test_an_invitation_works_once_for_the_invited_mailbox_within_seven_days(
    registry, izhevsk, secret_in, clock, kind
):
    await registry.done(
        "POST", "/invitations", "anna", {"role": "viewer", "city": izhevsk, "email": "vera@city.example"}
    )
    secret = await secret_in("vera@city.example")
    body = {"secret": secret, "name": "Вера"}
    assert kind(await registry.call("POST", "/invitations/accept", "other", body)) == (403, "email-mismatch")
    forged = {**body, "secret": secret[:-4] + "AAAA"}
    assert kind(await registry.call("POST", "/invitations/accept", "vera", forged)) == (404, "unknown-invitation")
    await registry.done("POST", "/invitations/accept", "vera", body)
    assert kind(await registry.call("POST", "/invitations/accept", "vera", body)) == (410, "invitation-used")
    again = await registry.done(
        "POST", "/invitations", "anna", {"role": "viewer", "city": izhevsk, "email": "oleg@city.example"}
    )
    late = {"secret": await secret_in("oleg@city.example"), "name": "Олег"}
    clock.advance(timedelta(days=7))
    assert kind(await registry.call("POST", "/invitations/accept", "oleg", late)) == (410, "invitation-expired")
    await registry.done("DELETE", f"/invitations/{again}", "anna")
    assert kind(await registry.call("POST", "/invitations/accept", "oleg", late)) == (410, "invitation-revoked")


async def test_an_invitation_waits_for_a_mail_server_that_says_later(registry, izhevsk, smtp_sink, clock, secret_in):
    smtp_sink.answer = "451 later"
    await registry.done(
        "POST", "/invitations", "anna", {"role": "viewer", "city": izhevsk, "email": "vera@city.example"}
    )
    await asyncio.sleep(1.2)
    smtp_sink.answer = "250 OK"
    clock.advance(timedelta(minutes=5))
    await secret_in("vera@city.example")
    ids = [mail["Message-ID"] for mail in smtp_sink.mails if mail["To"] == "vera@city.example"]
    assert len(ids) == 1
    shown = (await registry.call("GET", "/invitations", "anna")).json()["items"]
    await eventually(lambda: _mailed(registry), "noted as sent")
    assert "secret" not in str(shown)


async def _mailed(registry):
    items = (await registry.call("GET", "/invitations", "anna")).json()["items"]
    return items[-1]["mail_sent_at"]


async def test_the_last_coordinator_and_the_last_moderator_stay(registry, izhevsk, moderator, secret_in, kind):
    people = (await registry.call("GET", "/cities/izhevsk/people", "anna")).json()["items"]
    assert [(one["role"], one["name"]) for one in people] == [("coordinator", "Заявитель")]
    assert kind(await registry.call("DELETE", f"/roles/{people[0]['id']}", "anna")) == (409, "last-coordinator")
    # A suspended city still answers for what it has begun: somebody must be there to do it.
    await registry.done("POST", "/cities/izhevsk/suspend", moderator, {"reason": "fees-unpaid"})
    assert kind(await registry.call("DELETE", f"/roles/{people[0]['id']}", moderator)) == (409, "last-coordinator")
    await registry.done("POST", "/cities/izhevsk/reinstate", moderator)
    own = (await registry.call("GET", "/me", moderator)).json()["roles"][0]["id"]
    assert kind(await registry.call("DELETE", f"/roles/{own}", moderator)) == (409, "last-moderator")
    invitation = {"role": "coordinator", "city": izhevsk, "email": "vera@city.example"}
    await registry.done("POST", "/invitations", "anna", invitation)
    body = {"secret": await secret_in("vera@city.example"), "name": "Вера"}
    await registry.done("POST", "/invitations/accept", "vera", body)
    await registry.done("DELETE", f"/roles/{people[0]['id']}", "vera")
    assert kind(await registry.call("GET", "/me", "anna")) == (403, "actor-not-yet-known")


async def test_two_coordinators_who_remove_each_other_at_once_leave_one(registry, izhevsk, secret_in):
    invitation = {"role": "coordinator", "city": izhevsk, "email": "vera@city.example"}
    await registry.done("POST", "/invitations", "anna", invitation)
    body = {"secret": await secret_in("vera@city.example"), "name": "Вера"}
    veras = await registry.done("POST", "/invitations/accept", "vera", body)
    annas = (await registry.call("GET", "/me", "anna")).json()["roles"][0]["id"]
    answers = await asyncio.gather(
        registry.call("DELETE", f"/roles/{veras}", "anna"), registry.call("DELETE", f"/roles/{annas}", "vera")
    )
    assert sum(answer.is_success for answer in answers) == 1


async def test_a_practice_is_reviewed_before_others_see_it(registry, izhevsk, moderator, practice_body, kind):
    practice = await registry.done("POST", "/practices", "anna", practice_body)
    assert kind(await registry.call("GET", f"/practices/{practice}")) == (404, "unknown-practice")
    await registry.done("POST", f"/practices/{practice}/submit", "anna")
    await registry.done("POST", f"/practices/{practice}/return", moderator, {"remark": "Уточните 2018 год."})
    own = await registry.call("GET", f"/practices/{practice}", "anna")
    assert (own.json()["status"], own.json()["remark"]) == ("draft", "Уточните 2018 год.")
    await registry.done("PUT", f"/practices/{practice}", "anna", practice_body)
    await registry.done("POST", f"/practices/{practice}/submit", "anna")
    await registry.done("POST", f"/practices/{practice}/publish", moderator)
    shown = (await registry.call("GET", "/practices?topic=complexes")).json()["items"]
    assert [(one["id"], one["review_round"]) for one in shown] == [(practice, 2)]
    told = [event for event in await registry.facts() if event.data.aggregate == "practice"]
    assert [event.name for event in told] == [
        "PracticeSubmitted",
        "PracticeReturned",
        "PracticeSubmitted",
        "PracticeAnnounced",
    ]
    assert "Уточните" not in "".join(event.model_dump_json() for event in told)


async def test_a_practice_that_lacks_something_is_told_what(registry, izhevsk, practice_body, kind):
    poor = {
        **practice_body,
        "does_not_apply": "",
        "indicators": [{**practice_body["indicators"][0], "baseline_year": None}],
    }
    practice = await registry.done("POST", "/practices", "anna", poor)
    answer = await registry.call("POST", f"/practices/{practice}/submit", "anna")
    assert kind(answer) == (422, "practice-incomplete")
    assert answer.json()["missing"] == ["does_not_apply", "indicators.0.baseline_year"]
    unknown = {**practice_body, "topics": ["nowhere"]}
    assert kind(await registry.call("POST", "/practices", "anna", unknown)) == (422, "unknown-topic")


async def test_an_applicant_city_may_draft_but_not_submit(registry, moderator, apply, practice_body, izhevsk, kind):
    await registry.done("POST", "/practices", "anna", practice_body)
    await apply("tver", "boris")
    draft = await registry.call("POST", "/practices", "boris", {**practice_body, "city": "tver"})
    assert kind(draft) == (403, "actor-not-yet-known")


async def test_an_older_copy_of_the_store_takes_its_state_back_from_the_stream(registry, izhevsk):
    service = registry.service
    await service.relay.drained(5)
    before = (await registry.call("GET", "/cities/izhevsk")).json()
    async with service.works.database.begin() as tx:
        lost = select(OUTBOX.c.id).where(OUTBOX.c.event_type.contains("CityActivated"))
        await tx.execute(OUTBOX.delete().where(OUTBOX.c.id.in_(lost)))
        await tx.execute(CITY.update().values(status="agreement_pending", version=3))
    service.relay.heal_again()
    refused = await eventually(lambda: _refused(registry), "commands are refused")
    assert refused.json()["reason"] == "store-restored"
    assert await service.reconcile() > 0
    await eventually(lambda: _taken(registry), "commands are taken again")
    assert (await registry.call("GET", "/cities/izhevsk")).json() == before


async def _refused(registry):
    answer = await registry.call("PATCH", "/cities/nowhere", "anna", {"name": "Ижевск"})
    return answer if answer.status_code == 503 else None


async def _taken(registry):
    answer = await registry.call("PATCH", "/cities/nowhere", "anna", {"name": "Ижевск"})
    return answer.status_code == 404
