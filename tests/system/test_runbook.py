"""Back up, wipe, restore, reconcile: the very commands of docs/operations.md."""

import asyncio
import re
import socket
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import psycopg
import uvicorn

from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.pages import run

APPROVE = {"verdict": "approve"}


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
    await world.stop("requests")
    wipe(*store_of(world.urls["requests"], tmp_path, "requests"))
    await world.start("requests")
    requests = world.services["requests"]
    await eventually(lambda: requests.service.relay.state.behind, "noticed")
    async with listening(requests.service) as gateway:
        await asyncio.to_thread(command, "reconcile", OPERATOR_TOKEN="o" * 40, GATEWAY=gateway)
    await eventually(
        lambda: requests.service.inbound.caught_up and not any(requests.service.inbound.lag.values()), "level"
    )
    await world.done("requests", "POST", f"/requests/{second}/decision", "moskva", APPROVE)
    await world.agreed(event, (8, 0, 0))
    await world.quiet()
    async with requests.service.works.database.read() as tx:
        assert await requests.service.parts.sweeps["seats_that_nobody_counted"](tx) == 0
    assert all(one.equal for one in await world.services["calendar"].service.inbound.rebuild())
