"""What Docker is sent to build an image of: by the rules of .dockerignore, as Docker's own library reads them."""

import re
import subprocess
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

ROOT = Path(__file__).parents[2]
RULES = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
JUNK = (
    ".git/config",
    ".venv/bin/python",
    ".boot/bin/uv",
    ".env",
    "deploy/secrets/registry.env",
    "deploy/nats/secrets/passwords.conf",
    "server.key",
    "var/registry/store.db",
    "node_modules/x/index.js",
    "tests/node/node_modules/x/index.js",
    ".mypy_cache/x.json",
    "shared/src/vzaimo/kit/__pycache__/ids.cpython-311.pyc",
    "services/registry/vzaimo_registry.egg-info/PKG-INFO",
    "services/registry/.env",
    "portal/server.key",
    "services/calendar/.venv/bin/python",
    "services/requests/store.db",
    "shared/.hypothesis/x",
)
"""What lies about where people work, also where images are made of."""


@pytest.fixture
def sent(tmp_path):
    """A checkout of this very tree with junk in it, as far as it is sent."""
    listed = subprocess.run(("git", "ls-files", "-z"), cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in (*filter(None, listed.split("\0")), *JUNK):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    rules = [one for one in RULES if one and not one.startswith("#")]
    found = exclude_paths(str(tmp_path), rules, dockerfile="deploy/Dockerfile")
    files = {one for one in found if (tmp_path / one).is_file()}
    return files, set(filter(None, listed.split("\0")))


def test_all_that_images_are_made_of_is_sent_and_no_secret_or_junk(sent):
    files, ours = sent
    assert files & set(JUNK) == set()
    assert files <= ours
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    wanted = [
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE) for name in line.split()
    ]
    assert len(wanted) > 8
    for name in wanted:
        needed = {one for one in ours if one == name or one.startswith(f"{name}/")}
        assert needed, name
        assert needed <= files, name
