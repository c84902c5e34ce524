"""Flow I: copies built anew from the streams equal the live ones; a removed coordinator stays removed."""

import nats
import pytest
from sqlalchemy import select

from vzaimo.contracts.event import envelope, parse
from vzaimo.kit.ids import new_id
from vzaimo.kit.roles import RoleRow, person_ref
from vzaimo.kit.tables import table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.tokens import ISSUER

ROLE = table_of(RoleRow)
OTHERS = ("calendar", "requests", "notify")


async def season(world):
    await world.settle_cities("moskva", "izhevsk", "tver")
    event = await world.announce()
    for city in ("izhevsk", "tver"):
        request = await world.ask(event, city, 40)
        await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", {"verdict": "approve"})
    await world.done("requests", "POST", f"/requests/{request}/withdraw", "tver")
    await world.quiet()
    return event


async def test_flow_I_copies_rebuilt_from_the_streams_equal_the_live_ones(world):
    await season(world)
    for name in OTHERS:
        compared = await world.services[name].service.inbound.rebuild()
        assert all(one.equal for one in compared), f"{name}: {compared}"
        assert sum(one.rows for one in compared) > 5


@pytest.mark.parametrize("times", [1, 3])
async def test_flow_I_a_removed_coordinator_stays_removed_when_the_older_appointment_arrives_late(world, times):
    await season(world)
    invitation = {"role": "coordinator", "city": "tver", "email": "vera@city.example"}
    await world.done("registry", "POST", "/invitations", "tver", invitation)
    (mail,) = await eventually(lambda: world.mails("vera"), "the invitation")
    secret = mail.get_content().split("secret=")[1].split()[0]
    role = await world.done("registry", "POST", "/invitations/accept", "vera", {"secret": secret, "name": "Вера"})
    await world.done("registry", "DELETE", f"/roles/{role}", "tver")
    await world.quiet()
    facts = [one for one in await world.services["registry"].facts() if one.subject == role]
    assert [one.name for one in facts] == ["RoleGranted", "RoleEnded"]
    client = await nats.connect(world.nats.url)
    for _ in range(times):
        again = envelope(facts[0].data, event_id=new_id(), time=facts[0].time)
        body = again.model_dump_json(exclude_none=True).encode()
        await client.jetstream().publish(facts[0].data.subject, body, headers={"Nats-Msg-Id": str(again.id)})
    await client.close()
    await world.quiet()
    for name in OTHERS:
        async with world.services[name].service.works.database.read() as tx:
            rows = await tx.all(select(ROLE).where(ROLE.c.person == person_ref(ISSUER, "vera")))
        assert [row.ended_at is None for row in rows] == [False]
        answer = await world.call(name, "GET", "/inbox" if name == "notify" else "/requests", "vera")
        assert answer.status_code in {403, 404}


async def test_no_person_and_no_word_of_a_person_is_on_the_bus(world):
    await season(world)
    client = await nats.connect(world.nats.url)
    js = client.jetstream()
    for stream in ("REGISTRY", "CALENDAR", "REQUESTS", "NOTIFY"):
        info = await js.stream_info(stream)
        for seq in range(1, info.state.last_seq + 1):
            message = await js.get_msg(stream, seq)
            assert b"@" not in message.data
            text = parse(message.data).model_dump_json()
            assert "Участник" not in text
            assert "К Тверь" not in text
    await client.close()
