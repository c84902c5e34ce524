"""The programs of docs/subscribing.md, word for word, on a bus with the permissions of deploy/nats."""

import ast
import asyncio
import contextlib
import json
import os
import re
import socket
import sys
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from nats.errors import Error as NatsError
from typer.testing import CliRunner

from vzaimo.contracts.event import Audience, parse
from vzaimo.contracts.schemas import every_fact, path_of
from vzaimo.kit.bus import Access, connect, ensure_stream
from vzaimo.kit.http.schemas import schema_routes
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.pages import DOCS, Program, blocks
from vzaimo.local.bus.permissions import inbox, services
from vzaimo.local.cli import app

TEXT = (DOCS / "subscribing.md").read_text(encoding="utf-8")
PAGE = blocks("subscribing.md")
TESTS = Path(__file__).parents[1]
GOLDEN = TESTS / "contracts" / "golden"


def sample(name):
    return (GOLDEN / name).read_bytes()


class Facts:
    """Facts on a bus that asks everybody who they are, each published by its owner."""

    def __init__(self, bus):
        self._bus = bus
        self._owners = {}
        self.published = []

    async def begin(self):
        for name, parts in services().items():
            access = Access(self._bus.url, name, self._bus.passwords[name], inbox_prefix=inbox(name))
            self._owners[name] = await connect(access, f"test-{name}")
            for stream in parts.streams:
                await ensure_stream(self._owners[name].jetstream(), stream)

    async def end(self):
        for one in self._owners.values():
            await one.close()

    async def publish(self, subject, body, *, readable=True):
        owner = self._owners[subject.partition(".")[0]]

        async def acknowledged():
            with contextlib.suppress(NatsError):  # a server that was killed is away for a while
                return await owner.jetstream().publish(subject, body, timeout=2)

        await eventually(acknowledged, subject)
        if readable:
            self.published.append((subject, body))

    async def moved(self, version, *, fact="event_rescheduled", **more):
        """One event of Moscow, at some version."""
        event = json.loads(sample("calendar/EventRescheduled.v1.json"))
        event["type"] = f"city.vzaimo.calendar.{''.join(word.title() for word in fact.split('_'))}.v1"
        event["data"] |= {"aggregate_version": version, **more}
        await self.publish(f"calendar.pub.event.{fact}.v1.moskva.-.{event['subject']}", json.dumps(event).encode())


@pytest.fixture
async def facts(guarded_bus):
    made = Facts(guarded_bus)
    await made.begin()
    yield made
    await made.end()


@pytest.fixture
def vzaimo_bus(guarded_bus):
    """Runs a command of the operator's; returns the second words of its lines by the first ones."""

    async def run(*command):
        told = ["--url", guarded_bus.url, "--password", guarded_bus.passwords["operator"]]
        done = await asyncio.to_thread(CliRunner().invoke, app, ["bus", *command, *told])
        assert done.exit_code == 0, done.output
        said = [line.split() for line in done.stdout.splitlines()]
        return {key: [words[1] for words in said if words[0] == key] for key in ("password", "consumer")}

    return run


@pytest.fixture
async def consumers(guarded_bus, facts, vzaimo_bus):
    """Izhevsk may read; these are its consumers, as the operator hands them over."""
    said = await vzaimo_bus("grant", "izhevsk", "--folder", str(guarded_bus.secrets))
    (guarded_bus.passwords["izhevsk"],) = said["password"]
    await guarded_bus.reload()
    await eventually(lambda: guarded_bus.lets_in("izhevsk"), "let in")
    return said["consumer"]


@pytest.mark.parametrize("language", ["node", "python"])
async def test_a_subscriber_knows_the_newest_state_of_all_that_it_may_see(
    language, subscriber, guarded_bus, facts, consumers, vzaimo_bus
):
    for fact in every_fact():
        body = sample(path_of(fact))
        await facts.publish(parse(body).data.subject, body)
    program = subscriber(language, "izhevsk", consumers, guarded_bus)
    await program.start()
    await eventually(lambda: program.said, "its first word")
    await program.kill()

    await facts.moved(7, added_later={"x": 1})
    await facts.moved(6)
    await facts.moved(8, fact="event_moved_to_the_moon")
    newer, broken = (f"calendar.pub.event.event_cancelled.{what}.moskva.-.x" for what in ("v2", "v1"))
    await facts.publish(newer, sample("calendar/EventCancelled.v1.json"), readable=False)
    await facts.publish(broken, b'{"type": "city.vzaimo.calendar.EventCancelled.v1", "data": 1}', readable=False)
    # What it had in hand would come again after a minute; now all of it does.
    await vzaimo_bus("consumers", "izhevsk", "--from", "start")
    await program.start()
    await program.knows(facts.published)
    assert program.aside() == {newer, broken}

    await vzaimo_bus("consumers", "izhevsk", "--from", "last")
    await facts.moved(9)
    await program.knows(facts.published)
    guarded_bus.kill()
    guarded_bus.start()
    await facts.moved(10)
    await program.knows(facts.published)


async def test_a_subscriber_that_is_let_in_no_longer_ends(subscriber, guarded_bus, consumers, vzaimo_bus):
    programs = [subscriber(language, "izhevsk", consumers, guarded_bus) for language in ("node", "python")]
    for program in programs:
        await program.start()
    await vzaimo_bus("revoke", "izhevsk", "--folder", str(guarded_bus.secrets))
    await guarded_bus.reload()
    for program in programs:
        try:
            assert await asyncio.wait_for(program.ended(), 20) == 1, program.said
        except TimeoutError:
            raise AssertionError(f"it goes on: {program.said}") from None


async def test_consumers_begin_where_the_operator_says(guarded_bus, facts, consumers, vzaimo_bus):
    for version in (1, 2, 3):
        await facts.moved(version)
    operator = await guarded_bus.connect("operator")

    async def waiting():
        return (await operator.jetstream().consumer_info("CALENDAR", "city-izhevsk-public")).num_pending

    assert await waiting() == 3
    moments = {"last": 1, "start": 3, "2100-01-01T00:00:00+03:00": 0, "2026-01-01T00:00:00Z": 3}
    for moment, count in moments.items():
        assert (await vzaimo_bus("consumers", "izhevsk", "--from", moment))["consumer"] == consumers
        assert await waiting() == count
    await operator.close()


@pytest.mark.parametrize("wrong", [("izhevsk", "--from", "yesterday"), ("izhevsk", "--from", "2026-10-01"), ("Иж",)])
def test_a_place_or_a_city_that_is_none_is_refused_before_anything_is_done(wrong):
    done = CliRunner().invoke(app, ["bus", "consumers", *wrong, "--password", "x", "--url", "nats://127.0.0.1:1"])
    assert (done.exit_code, "is n" in done.output) == (1, True)


async def test_on_a_bus_that_asks_nobody_the_same_program_needs_no_password(nats_server, foreign, subscriber):
    """What the page says for one's own machine, where `make up` runs."""
    told = ["consumers", "izhevsk", "--from", "last", "--password", "", "--url", nats_server.url]
    done = await asyncio.to_thread(CliRunner().invoke, app, ["bus", *told])
    assert done.exit_code == 0, done.output
    places = [line.split()[1] for line in done.stdout.splitlines()]
    program = subscriber("python", "izhevsk", places, nats_server)
    await foreign.city("izhevsk")
    await program.start()
    await eventually(lambda: program.states().keys() == {"registry/city/izhevsk"}, "its state")


async def test_schemas_are_fetched_from_the_gateways(tmp_path):
    gateway = FastAPI()
    gateway.include_router(schema_routes("calendar"), prefix="/v1")
    (tmp_path / "fetch_schemas.py").write_text(PAGE["fetch_schemas.py"], encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(gateway, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve([listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        program = Program(tmp_path, (sys.executable, "fetch_schemas.py", url), os.environ)
        await program.start()
        assert await program.ended() == 0, program.said
        server.should_exit = True
        await serving
    fetched = {path.name: path.read_bytes() for path in (tmp_path / "schemas" / "calendar").iterdir()}
    assert fetched == {path.name: path.read_bytes() for path in (DOCS / "schemas" / "calendar").iterdir()}


def test_typed_facts_are_told_by_their_state():
    program = {}
    exec(compile(PAGE["typed.py"], "typed.py", "exec"), program)  # noqa: S102 - a block of our own page
    title = json.loads(sample("calendar/EventCancelled.v1.json"))["data"]["event"]["title"]
    assert program["told"](sample("calendar/EventCancelled.v1.json")) == f"{title}: cancelled, 04.10.2026"
    assert program["told"](sample("registry/TopicChanged.v1.json")) is None
    assert program["told"](sample("calendar/EventCancelled.v1.json").replace(b".v1", b".v2")) is None


@pytest.mark.parametrize("name", ["fetch_schemas.py", "subscriber.py"])
def test_another_team_needs_nothing_of_ours(name):
    found = [node for node in ast.walk(ast.parse(PAGE[name])) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {one.name for node in found for one in node.names if isinstance(node, ast.Import)}
    modules |= {node.module for node in found if isinstance(node, ast.ImportFrom)}
    roots = {one.partition(".")[0] for one in modules}
    assert roots - sys.stdlib_module_names <= {"nats", "jsonschema"}


def test_the_page_names_the_packages_that_the_tests_have():
    wanted = json.loads((TESTS / "node" / "package.json").read_text())["dependencies"]
    named = dict(re.findall(r"(@?[a-z/-]+)@(\d[\d.]*)", TEXT.partition("npm install ")[2].partition("`")[0]))
    assert len(named) == 4
    assert named.items() <= wanted.items()
    imported = set(re.findall(r'from "(@?[a-z/-]+?)(?:/dist.*)?";', PAGE["subscriber.mjs"]))
    assert {one for one in imported if not one.startswith("node")} == named.keys()


def test_the_page_says_who_reads_which_fact():
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TEXT.splitlines() if line.startswith("| `")]
    told = {row[0].strip("`"): row[1:4] for row in rows if "/" in row[0]}
    meant = {}
    for fact in every_fact():
        if fact.audience is not Audience.INTERNAL:
            (state,) = fact.model_fields.keys() - {"aggregate_version"}
            row = meant.setdefault(f"{fact.service}/{fact.aggregate}", [f"`{state}`", set(), set()])
            row[1 if fact.audience is Audience.PUBLIC else 2].add(fact.__name__)
    said = {key: [state, *(set(re.findall(r"\w+", one)) for one in cells)] for key, (state, *cells) in told.items()}
    assert said == meant
