"""Who may come to NATS: ``accounts.conf``, and in a folder that is kept secret, passwords and cities."""

import json
import secrets
from pathlib import Path

import bcrypt

from vzaimo.local.bus.permissions import (
    API,
    CITY_API,
    MAIN,
    OPERATOR,
    Permissions,
    durables,
    of_city,
    of_service,
    services,
)

COST = 6
"""Of bcrypt: the passwords are 256 bits of chance, which no hash has to slow down; connecting again should be cheap."""
MOST_CONNECTIONS = 16
"""Of one city."""

_HEAD = """\
# Accounts, users and their permissions. Written by `make bus` from what the services own and read: do not edit.
# secrets/passwords.conf and secrets/cities.conf are written by `vzaimo bus passwords|grant|revoke` and are kept secret.
include ./secrets/passwords.conf
"""


def accounts() -> str:
    """The text of ``accounts.conf``."""
    lines = [_HEAD, "accounts: {", f"  {MAIN}: {{", "    jetstream: enabled", "    users: ["]
    lines += [f"      {{user: {OPERATOR}, password: ${_variable(OPERATOR)}}}"]
    for name, parts in services().items():
        lines += [f"      {{user: {name}, password: ${_variable(name)}, permissions: {{"]
        lines += _listed(of_service(parts))
        lines += ["      }}"]
    lines += [
        "    ]",
        "    # What cities import, each into an account of its own: within one, an answer may be sent anywhere.",
        "    exports: [",
        f'      {{service: "{API}.CONSUMER.MSG.NEXT.*.*", response_type: stream}}',
        f'      {{service: "{API}.CONSUMER.INFO.*.*"}}',
        '      {service: "$JS.ACK.*.*.>"}',
        "    ]",
        "  }",
        "  include ./secrets/cities.conf",
        "}",
    ]
    return "\n".join(lines) + "\n"


def renew(folder: Path, names: list[str]) -> dict[str, str]:
    """Make passwords for these users, or for those that have none; write the hashes, return the passwords."""
    users = [OPERATOR, *services()]
    if unknown := sorted(set(names) - set(users)):
        raise SystemExit(f"There is no user {', '.join(unknown)}: choose from {', '.join(users)}.")
    path = folder / "passwords.conf"
    lines = dict(line.split(": ", 1) for line in _lines(path))
    made = {name: secrets.token_urlsafe(32) for name in names or users if names or _variable(name) not in lines}
    lines |= {_variable(name): f'"{_hash(password)}"' for name, password in made.items()}
    _write(path, [f"{name}: {value}" for name, value in sorted(lines.items())])
    if not (folder / "cities.conf").exists():
        _write(folder / "cities.conf", [])
    return made


def admit(folder: Path, city: str) -> str:
    """Give a city an account of its own, or a new password; return the password."""
    password = secrets.token_urlsafe(32)
    lines = [line for line in _lines(folder / "cities.conf") if not line.startswith(f"city-{city}: ")]
    _write(folder / "cities.conf", sorted([*lines, f"city-{city}: {json.dumps(_account(city, password))}"]))
    return password


def expel(folder: Path, city: str) -> bool:
    """Take a city's account away; whether there was one."""
    before = _lines(folder / "cities.conf")
    after = [line for line in before if not line.startswith(f"city-{city}: ")]
    _write(folder / "cities.conf", after)
    return before != after


def _account(city: str, password: str) -> dict[str, object]:
    allowed = of_city(city)
    imports: list[dict[str, object]] = []
    for one in durables(city):
        for act in ("MSG.NEXT", "INFO"):
            end = f"CONSUMER.{act}.{one.stream}.{one.name}"
            imports.append({"service": {"account": MAIN, "subject": f"{API}.{end}"}, "to": f"{CITY_API}.{end}"})
        imports.append({"service": {"account": MAIN, "subject": f"$JS.ACK.{one.stream}.{one.name}.>"}})
    permissions = {"publish": list(allowed.publish), "subscribe": list(allowed.subscribe)}
    return {
        "limits": {"max_connections": MOST_CONNECTIONS},
        "imports": imports,
        "users": [{"user": city, "password": _hash(password), "permissions": permissions}],
    }


def _listed(allowed: Permissions) -> list[str]:
    lines: list[str] = []
    for what, subjects in (("publish", allowed.publish), ("subscribe", allowed.subscribe)):
        lines += [f"        {what}: [", *(f'          "{subject}"' for subject in subjects), "        ]"]
    return lines


def _variable(user: str) -> str:
    return f"{user.upper()}_PASSWORD"


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST, b"2a")).decode()


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _write(path: Path, lines: list[str]) -> None:
    """At once and for our eyes alone: a server that reloads meanwhile sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    fresh.replace(path)
