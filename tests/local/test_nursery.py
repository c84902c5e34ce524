"""Children of the nursery: as processes of their own, told apart, missed when they end."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from vzaimo.kit.testing import eventually
from vzaimo.local.children import GONE, Children

TOY = """
import atexit, os, signal, sys, time

def main():
    atexit.register(lambda: print("farewell"))
    print(sys.argv[1:], os.environ, os.getsid(0) == os.getpid())
    if sys.argv[1] == "sleep":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        print("asleep")
        time.sleep(60)
    raise SystemExit(int(sys.argv[1]))
"""


@pytest.fixture
async def children(tmp_path, monkeypatch):
    (tmp_path / "toy.py").write_text(TOY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = Children(tmp_path / "nursery.log", ["toy"])
    yield made
    await made.close()


@pytest.fixture
def bear(children, tmp_path):
    async def bear(*arguments, name="vzaimo.toy"):
        log = tmp_path / f"{arguments[0]}.log"
        log.touch()
        return await children.bear(name, "toy", arguments, {"SAID": "только это"}, log), log

    return bear


def called(pid):
    return Path(f"/proc/{pid}/comm").read_text().strip()


async def test_a_child_lives_as_a_process_of_its_own(bear):
    child, log = await bear("3", "more")
    assert await child.wait() == 3
    assert log.read_text() == "['3', 'more'] environ({'SAID': 'только это'}) True\nfarewell\n"
    with pytest.raises(ProcessLookupError):
        child.terminate()


async def test_children_are_told_apart_and_end_as_they_are_told(bear):
    asleep, log = await bear("sleep", name="vzaimo.calendar")
    other, _ = await bear("0")
    await eventually(lambda: "asleep" in log.read_text(), "it sleeps")
    assert called(asleep.pid) == "vzaimo.calendar"
    assert await other.wait() == 0
    asleep.terminate()
    assert await asleep.wait() == 7
    killed, _ = await bear("sleep")
    killed.kill()
    assert await killed.wait() == -signal.SIGKILL


async def test_when_the_nursery_is_gone_so_are_its_children_and_there_is_another(bear, children):
    child, log = await bear("sleep")
    await eventually(lambda: "asleep" in log.read_text(), "it sleeps")
    first = children._nursery
    first.kill()
    assert await child.wait() == GONE
    await eventually(lambda: "farewell" in log.read_text(), "the child was asked to end")
    again, _ = await bear("4")
    assert await again.wait() == 4
    assert children._nursery is not first


async def test_a_child_that_nobody_waits_for_is_asked_to_end(bear, children):
    await (await bear("0"))[0].wait()
    os.kill(children._nursery.pid, signal.SIGSTOP)  # so that nobody is born meanwhile
    waiting = asyncio.create_task(bear("sleep"))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    os.kill(children._nursery.pid, signal.SIGCONT)
    await eventually(lambda: children._ended == {} and children._born == {}, "it was born and has ended")
