"""The subscriber of docs/subscribing.md, word for word, in Node."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from vzaimo.kit.testing import eventually

PAGE = Path(__file__).parents[2] / "docs" / "subscribing.md"
PACKAGES = ("@nats-io/transport-node@3.4.0", "@nats-io/jetstream@3.4.0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page's program, with its packages from npm."""
    if shutil.which("npm") is None:
        raise RuntimeError("npm is missing: install nodejs and npm")
    made = tmp_path_factory.mktemp("node")
    (program,) = re.findall(r"```js\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (made / "subscriber.mjs").write_text(program, encoding="utf-8")
    return made


async def run(folder, *command):
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()


@pytest.mark.parametrize("urls", ["sqlite"], indirect=True)
async def test_a_subscriber_in_another_language_reads_announcements_and_approvals(world, folder):
    await run(folder, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *PACKAGES)
    await world.settle_cities("moskva", "izhevsk")
    event = await world.announce()
    out = folder / "out.txt"
    with out.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "node", "subscriber.mjs", world.nats.url, cwd=folder, stdout=log, stderr=log
        )
    try:
        request = await world.ask(event, "izhevsk", 30)
        await world.done("requests", "POST", f"/requests/{request}/decision", "moskva", {"verdict": "approve"})
        await eventually(lambda: out.read_text().count("\n") == 2, "two lines")
    finally:
        process.kill()
        await process.wait()
    assert sorted(out.read_text().splitlines()) == [
        "EventAnnounced Образовательная среда московской школы",
        "RequestApproved izhevsk: 30 of 30",
    ]
