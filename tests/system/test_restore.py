"""Backups are never of one instant: an older stream, an older store."""

import shutil

import nats

from vzaimo.kit.testing import eventually

APPROVE = {"verdict": "approve"}
OTHERS = ("calendar", "requests", "notify")


async def streams_hold_every_log(world):
    """Each fact of each log is in its stream, once, and nothing else is."""
    client = await nats.connect(world.nats.url)
    js = client.jetstream()
    for name, service in world.services.items():
        logged = [str(event.id) for event in await service.facts() if event.data.stream == name.upper()]
        info = await js.stream_info(name.upper())
        there = [
            (await js.get_msg(name.upper(), seq)).headers["Nats-Msg-Id"] for seq in range(1, info.state.last_seq + 1)
        ]
        assert sorted(there) == sorted(logged), name
    await client.close()


async def copies_agree(world):
    for name in OTHERS:
        compared = await world.services[name].service.inbound.rebuild()
        assert all(one.equal for one in compared), f"{name}: {compared}"


async def test_an_older_copy_of_the_jetstream_directory_is_put_back_while_the_services_run(world, tmp_path):
    await world.settle_cities("moskva", "izhevsk", "tver")
    event = await world.announce()
    await world.ask(event, "tver", 3)
    await world.quiet()
    world.nats.stop()
    shutil.copytree(world.nats.store_dir, tmp_path / "older")
    world.nats.start()
    requests = [await world.ask(event, "izhevsk", 40)]
    other = await world.announce()
    requests.append(await world.ask(other, "tver", 30))
    for one in requests:
        await world.done("requests", "POST", f"/requests/{one}/decision", "moskva", APPROVE)
    await world.hears("izhevsk", event, "event-announced", "request-approved")
    await world.quiet()
    world.nats.kill()
    shutil.rmtree(world.nats.store_dir)
    shutil.copytree(tmp_path / "older", world.nats.store_dir)
    world.nats.start()
    third = await world.announce()
    await eventually(lambda: _known(world, third), "the third event", patience=40)
    await world.quiet()
    await streams_hold_every_log(world)
    await copies_agree(world)
    await world.agreed(event, (40, 0, 0))
    await world.agreed(other, (30, 0, 0))
    assert sorted(await world.told("izhevsk", event)) == ["event-announced", "request-approved"]
    assert sorted(await world.told("moskva", event)) == ["request-submitted"] * 2


async def _known(world, event):
    return (await world.call("requests", "GET", f"/events/{event}/seats")).is_success


async def test_an_older_copy_of_a_store_is_noticed_refused_and_mended(world, tmp_path, monkeypatch):
    await world.settle_cities("moskva", "izhevsk", "tver")
    event = await world.announce()
    first = await world.ask(event, "tver", 3)
    await world.quiet()
    await world.stop("requests")
    restore = world.backup("requests")
    await world.start("requests")
    await world.done("requests", "POST", f"/requests/{first}/decision", "moskva", APPROVE)
    second = await world.ask(event, "izhevsk", 40)
    await world.done("requests", "POST", f"/requests/{second}/decision", "moskva", {"verdict": "approve", "count": 30})
    later = await world.announce()
    await eventually(lambda: _known(world, later), "the later event")
    await world.quiet()
    assert await world.seats(event) == (33, 0, 0)
    await world.stop("requests")
    restore()
    await world.start("requests")
    requests = world.services["requests"]
    await eventually(lambda: requests.service.relay.state.behind, "noticed")
    ready = await requests.client.get("/readyz")
    assert (ready.status_code, "vzaimo reconcile requests" in ready.text) == (503, True)
    refused = await requests.call("POST", f"/requests/{first}/withdraw", "tver")
    assert (refused.status_code, refused.json()["reason"]) == (503, "store-restored")
    answer = await requests.client.post("/operator/reconcile", headers={"Authorization": f"Bearer {'o' * 40}"})
    assert answer.json()["facts"] > 5
    await eventually(lambda: _known(world, later), "what happened elsewhere meanwhile")
    await world.quiet()
    assert await world.seats(event) == (33, 0, 0)
    await copies_agree(world)
    await streams_hold_every_log(world)
    await world.done("requests", "POST", f"/requests/{second}/withdraw", "izhevsk")
    await world.agreed(event, (3, 0, 0))
    third = await world.ask(event, "izhevsk", 57)
    await world.done("requests", "POST", f"/requests/{third}/decision", "moskva", APPROVE)
    assert await world.seats(event) == (60, 0, 0)
