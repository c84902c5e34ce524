"""A served feed as other people's programs read it: ical.js in Node, and khal."""

import asyncio
import json
import os
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

KHAL_CONFIG = """
[calendars]
[[feed]]
path = {folder}/items
[sqlite]
path = {folder}/khal.db
[locale]
local_timezone = Europe/Moscow
default_timezone = Europe/Moscow
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
"""


async def run(folder, *command):
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return out.decode()


@pytest.fixture
def ical_js(node):
    """Reads a file with ical.js."""
    shutil.copy(Path(__file__).with_name("reader.mjs"), node)

    async def read(path):
        return json.loads(await run(node, "node", "reader.mjs", str(path)))

    return read


@pytest.fixture
def khal(tmp_path):
    """Takes a file into a calendar of khal's, and says what is in it."""
    folder = tmp_path / "khal"
    (folder / "items").mkdir(parents=True)
    (folder / "config").write_text(KHAL_CONFIG.format(folder=folder))
    command = (str(Path(sys.executable).with_name("khal")), "-c", "config")
    form = "{uid}|{start-long}|{end-long}|{title}|{status}"

    async def read(path):
        await run(folder, *command, "import", "--batch", "-a", "feed", str(path))
        listed = await run(folder, *command, "list", "--day-format", "", "--format", form, "2026-10-01", "30d")
        return [line.strip().split("|") for line in listed.splitlines() if line.strip()]

    return read


@pytest.fixture
def reschedule(calendar):
    """Put an event off by some days: the same hours, by the venue's clock."""

    async def put_off(event_id, days):
        written = (await calendar.call("GET", f"/plans/{event_id}", "anna")).json()["plan"]

        def later(text):
            return (datetime.fromisoformat(text) + timedelta(days=days)).isoformat()

        sessions = [{**one, "starts": later(one["starts"]), "ends": later(one["ends"])} for one in written["sessions"]]
        schedule = {name: written[name] for name in ("mode", "timezone", "deadlines")} | {"sessions": sessions}
        await calendar.done("POST", f"/events/{event_id}/reschedule", "anna", schedule)

    return put_off


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_other_programs_show_an_event_its_new_time_and_its_end(
    calendar, plan, announce, reschedule, ical_js, khal, tmp_path
):
    session = {**plan["sessions"][0], "starts": "2026-10-23T10:00", "ends": "2026-10-23T12:00"}
    event = await announce({**plan, "title": "Визит", "timezone": "Europe/Berlin", "sessions": [session]})
    file = tmp_path / "feed.ics"

    async def read():
        file.write_bytes((await calendar.call("GET", "/feeds/events.ics")).content)
        (shown,), (listed,) = await ical_js(file), await khal(file)
        assert shown["uid"] == listed[0]
        return shown, listed[1:]

    first, listed = await read()
    assert (first["starts"], first["sequence"]) == ("2026-10-23T08:00:00.000Z", 0)
    assert listed == ["2026-10-23 11:00", "2026-10-23 13:00", "Визит", "CONFIRMED"]
    await reschedule(event, 3)
    moved, listed = await read()
    # Berlin's clocks went back in between: the same hour there is an hour later elsewhere.
    assert (moved["starts"], moved["sequence"]) == ("2026-10-26T09:00:00.000Z", 1)
    assert listed == ["2026-10-26 12:00", "2026-10-26 14:00", "Визит", "CONFIRMED"]
    await calendar.done("POST", f"/events/{event}/cancel", "anna", {"reason": "host-unavailable"})
    off, listed = await read()
    assert (off["status"], off["sequence"], off["summary"]) == ("CANCELLED", 2, "Отменено: Визит")
    assert listed == ["2026-10-26 12:00", "2026-10-26 14:00", "Отменено: Визит", "CANCELLED"]
    assert first["uid"] == moved["uid"] == off["uid"]
