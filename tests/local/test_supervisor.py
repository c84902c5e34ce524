"""Programs are started again when they die, and stopped: forked from the nursery, or each by itself."""

import os
import signal

import pytest

from vzaimo.kit.testing import eventually
from vzaimo.local import supervisor as module
from vzaimo.local.children import Children
from vzaimo.local.supervisor import Program, Supervisor

TOY = """
import sys, time

def main():
    print("here", sys.argv[1:], flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("forks", [True, False])
async def test_a_program_is_started_again_and_stopped(tmp_path, monkeypatch, forks):
    (tmp_path / "toy.py").write_text(TOY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(module, "FORKS", forks)
    monkeypatch.setattr(module, "Children", lambda log: Children(log, ["toy"]))
    said = []
    supervisor = Supervisor(tmp_path / "log", said.append)
    log = tmp_path / "log" / "toy.log"

    def lives(times):
        return log.exists() and log.read_text().count("here ['a']") == times

    async def known():
        # It speaks, it may be, before the supervisor has heard that it was born.
        return (await eventually(lambda: supervisor.running.get("toy"), "the supervisor knows it")).pid

    supervisor.start(Program("toy", ("a",), os.environ, "toy"))
    await eventually(lambda: lives(1), "it runs")
    os.kill(await known(), signal.SIGKILL)
    await eventually(lambda: lives(2), "it runs again")
    assert said == [f"toy ended (signal SIGKILL); it is started again in 0.3 s, see {tmp_path / 'log' / 'toy'}.log"]
    pid = await known()
    await supervisor.stop(("toy",))
    await supervisor.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
