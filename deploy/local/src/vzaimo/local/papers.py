"""What each service says of itself, as files: ``python -m vzaimo.local.papers docs`` writes OpenAPI and AsyncAPI."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vzaimo.calendar import main as calendar
from vzaimo.contracts.schemas import every_fact, path_of
from vzaimo.kit.asyncapi import asyncapi
from vzaimo.kit.service import Parts, opened
from vzaimo.kit.settings import Settings
from vzaimo.notify import main as notify
from vzaimo.notify.settings import NotifySettings
from vzaimo.registry import main as registry
from vzaimo.registry.settings import RegistrySettings
from vzaimo.requests import main as requests

VERSION = "1"


def services(folder: str) -> Iterator[tuple[Parts, Settings]]:
    """The four, over stores in a folder that nobody keeps; they are drawn, not run."""
    issuer = {"issuer": "https://issuer.example", "jwks": "https://issuer.example/certs"}
    told = {"nats_url": "nats://nats:4222", "http_port": 0, **issuer}
    mail = {"smtp_host": "smtp", "portal_url": "https://portal.example"}

    def url(name: str) -> dict[str, str]:
        return {"database_url": f"sqlite:///{folder}/{name}.db"}

    to_registry = RegistrySettings.model_validate({**told, **mail, **url("registry"), "invitation_key": "k" * 32})
    to_notify = NotifySettings.model_validate({**told, **mail, **url("notify")})
    yield registry.parts(to_registry), to_registry
    yield calendar.parts(), Settings.model_validate({**told, **url("calendar")})
    yield requests.parts(), Settings.model_validate({**told, **url("requests")})
    yield notify.parts(to_notify), to_notify


async def drawn(samples: Path) -> dict[str, str]:
    """Every paper by its path below ``docs``, with the golden samples of facts as examples."""
    examples = {fact.event_type: json.loads((samples / path_of(fact)).read_bytes()) for fact in every_fact()}
    papers = {}
    with tempfile.TemporaryDirectory() as folder:
        for parts, settings in services(folder):
            async with opened(parts, settings) as service:
                openapi = {**service.app().openapi(), "servers": [{"url": "/"}]}
            openapi["info"]["version"] = VERSION
            papers[f"openapi/{parts.name}.json"] = _json(openapi)
            papers[f"asyncapi/{parts.name}.json"] = asyncapi(
                parts.name, parts.title, VERSION, parts.subscriptions, examples
            )
    return papers


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(folder: Path) -> None:
    """Write them all."""
    samples = folder.parent / "tests" / "contracts" / "golden"
    for name, text in asyncio.run(drawn(samples)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{folder / name}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
