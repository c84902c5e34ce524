"""Back up, wipe, restore, reconcile: the very commands of docs/operations.md."""

import asyncio
import re
import socket
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
import uvicorn

from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.pages import run

APPROVE = {"verdict": "approve"}
MODERATOR = "moderator"


command = partial(run, "operations.md")


def store_of(url, folder, service):
    """The kind of store, and the variables of the commands for it."""
    if url.startswith("sqlite"):
        return "sqlite", {"STORE": url.removeprefix("sqlite:///"), "BACKUP": str(folder / f"{service}.db")}
    return "postgresql", {"URL": url, "BACKUP": str(folder / f"{service}.dump")}


def wipe(kind, variables):
    if kind == "sqlite":
        path = Path(variables["STORE"])
        for one in path.parent.iterdir():
            one.unlink()
        return
    with psycopg.connect(variables["URL"], autocommit=True) as admin:
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("CREATE SCHEMA public")


@asynccontextmanager
async def listening(service):
    """A service's gateway on a socket, for curl."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(service.app(), log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve([listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


async def test_a_store_is_backed_up_wiped_restored_and_reconciled_by_the_commands_of_the_runbook(world, tmp_path):
    await world.settle_cities("moskva", "izhevsk", "tver")
    event = await world.announce()
    first = await world.ask(event, "tver", 3)
    await world.quiet()
    kind, variables = store_of(world.urls["requests"], tmp_path, "requests")
    command(f"back-up-{kind}", **variables)  # while it runs
    await world.done("requests", "POST", f"/requests/{first}/decision", "moskva", APPROVE)
    second = await world.ask(event, "izhevsk", 5)
    await world.agreed(event, (3, 0, 0))
    await world.quiet()

    await world.stop("requests")
    wipe(kind, variables)
    command(f"restore-{kind}", **variables)
    await world.start("requests")
    requests = world.services["requests"]
    await eventually(lambda: requests.service.relay.state.behind, "noticed")
    async with listening(requests.service) as gateway:
        said = await asyncio.to_thread(command, "reconcile", OPERATOR_TOKEN="o" * 40, GATEWAY=gateway)
    assert int(re.search(r'"facts":(\d+)', said)[1]) > 0
    await world.done("requests", "POST", f"/requests/{second}/decision", "moskva", APPROVE)
    await world.agreed(event, (8, 0, 0))
    await world.quiet()
    assert all(one.equal for one in await world.services["calendar"].service.inbound.rebuild())


async def test_a_store_that_is_lost_with_its_backups_comes_back_from_the_streams_as_far_as_they_know(world, tmp_path):
    await world.settle_cities("moskva", "izhevsk", "tver")
    event = await world.announce()
    first, second = await world.ask(event, "tver", 3), await world.ask(event, "izhevsk", 5)
    await world.done("requests", "POST", f"/requests/{first}/decision", "moskva", APPROVE)
    await world.agreed(event, (3, 0, 0))
    await world.quiet()
    await lost(world, "requests", tmp_path)
    requests = world.services["requests"]
    await world.done("requests", "POST", f"/requests/{second}/decision", "moskva", APPROVE)
    await world.agreed(event, (8, 0, 0))
    await world.quiet()
    async with requests.service.works.database.read() as tx:
        assert await requests.service.parts.sweeps["seats_that_nobody_counted"](tx) == 0
    assert all(one.equal for one in await world.services["calendar"].service.inbound.rebuild())


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_registrys_store_that_is_lost_with_its_backups_knows_again_who_acts_for_whom(world, tmp_path):
    await world.settle_cities("moskva", "tver")
    organisation = {"city": "tver", "name": "Школа № 1", "kind": "school"}
    await world.done("registry", "POST", "/organisations", "tver", organisation)
    await world.quiet()
    paths = ("/cities", "/organisations?city=tver", "/cities/tver/people")
    before = [await world.see("registry", path, MODERATOR) for path in paths]
    await lost(world, "registry", tmp_path)
    assert [await world.see("registry", path, MODERATOR) for path in paths] == before
    await world.done("registry", "POST", "/organisations", "tver", {**organisation, "name": "Школа № 2"})
    await world.done("registry", "POST", "/invitations", MODERATOR, {"role": "moderator", "email": "new@city.example"})
    await world.quiet()
    for name in ("calendar", "requests", "notify"):
        assert all(one.equal for one in await world.services[name].service.inbound.rebuild())


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_calendars_store_that_is_lost_with_its_backups_has_its_events_and_their_seats(world, tmp_path):
    await world.settle_cities("moskva", "tver")
    event = await world.announce(summary="Два дня")
    request = await world.ask(event, "tver", 3)
    await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", APPROVE)
    await world.agreed(event, (3, 0, 0))
    await world.quiet()
    before = await world.see("calendar", f"/events/{event}")
    await lost(world, "calendar", tmp_path)
    await world.agreed(event, (3, 0, 0))
    assert await world.see("calendar", f"/events/{event}") == {**before, "summary": ""}
    await world.announce()
    await world.done("calendar", "POST", f"/events/{event}/cancel", "moskva", {"reason": "force-majeure"})
    await world.agreed(event, (0, 0, 0))
    await world.quiet()
    assert all(one.equal for one in await world.services["requests"].service.inbound.rebuild())


async def test_notifys_store_that_is_lost_with_its_backups_mails_nobody_what_they_know(world, tmp_path):
    await world.settle_cities("moskva", "tver")
    event = await world.announce()
    await world.hears("tver", event, "event-announced")
    await world.mailed("tver", 1, "Новое мероприятие")
    world.clock.advance(timedelta(minutes=1))
    since, known = world.clock.now(), len(world.smtp.mails)
    request = await world.ask(event, "tver", 3)
    kind, variables = store_of(world.urls["notify"], tmp_path, "notify")
    port, world.smtp.port = world.smtp.port, 1
    await lost(world, "notify", tmp_path)
    await world.hears("moskva", event, "request-submitted")
    await world.hears("tver", event, "event-announced")
    await world.quiet()
    await world.stop("notify")
    command(f"told-before-{kind}", LOST=f"{since:%Y-%m-%d %H:%M:%S}+00", **variables)
    world.smtp.port = port
    await world.start("notify")
    await world.mailed("moskva", 1, "Запрос на участие")
    await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", APPROVE)
    await world.mailed("tver", 1, "Запрос одобрен")
    assert {mail["Message-ID"] for mail in world.smtp.mails[known:]} == {
        mail["Message-ID"] for mail in (*world.mails("moskva", "Запрос на"), *world.mails("tver", "Запрос одобрен"))
    }
    assert len(world.smtp.mails) == known + 2


async def lost(world, name, folder):
    """A store is lost with its backups, and the service begins with an empty one."""
    await world.stop(name)
    wipe(*store_of(world.urls[name], folder, name))
    await world.start(name)
    service = world.services[name].service
    if name != "notify":
        await eventually(lambda: service.relay.state.behind, "noticed")
    async with listening(service) as gateway:
        await asyncio.to_thread(command, "reconcile", OPERATOR_TOKEN="o" * 40, GATEWAY=gateway)
    await eventually(lambda: service.inbound.caught_up and not any(service.inbound.lag.values()), "level")
