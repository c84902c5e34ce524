"""Both servers from containers: ``VZAIMO_TEST_BACKEND=containers`` where a Docker engine answers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vzaimo.kit.testing.nats import NatsServer, free_port

POSTGRES_IMAGE = os.environ.get("VZAIMO_TEST_POSTGRES_IMAGE", "postgres:15")
NATS_IMAGE = os.environ.get("VZAIMO_TEST_NATS_IMAGE", "nats:latest")


def asked_for() -> bool:
    """Whether the run takes its servers from containers."""
    backend = os.environ.get("VZAIMO_TEST_BACKEND", "embedded")
    if backend not in {"embedded", "containers"}:
        raise RuntimeError(f"VZAIMO_TEST_BACKEND is {backend!r}: say embedded or containers")
    return backend == "containers"


@contextmanager
def postgres() -> Iterator[str]:
    """The URI of a PostgreSQL in a container."""
    from testcontainers.community.postgres import PostgresContainer

    with PostgresContainer(POSTGRES_IMAGE, driver=None) as container:
        yield container.get_connection_url()


def nats(folder: Path) -> NatsServer:
    """A nats-server in a container over a folder of the host."""
    return _ContainedNats(folder)


class _ContainedNats(NatsServer):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, port=free_port())
        self._container: Any = None

    def start(self) -> None:
        from testcontainers.core.container import DockerContainer
        from testcontainers.core.wait_strategies import LogMessageWaitStrategy

        self.store_dir.mkdir(exist_ok=True)
        self._container = (
            DockerContainer(NATS_IMAGE)
            .with_bind_ports(4222, self.port)
            .with_volume_mapping(str(self.store_dir), "/data", "rw")
            .with_command("-js -sd /data")
            .waiting_for(LogMessageWaitStrategy("Server is ready"))
        )
        self._container.start()

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()
        self.stop()

    def stop(self) -> None:
        if self._container is not None:
            self._container.stop()
            self._container = None

    def freeze(self) -> None:
        self._container.get_wrapped_container().pause()

    def thaw(self) -> None:
        self._container.get_wrapped_container().unpause()
