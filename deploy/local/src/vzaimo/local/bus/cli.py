"""``vzaimo bus``: users of NATS, what cities may read, and messages that are nobody's.

What knows the services is imported where it is needed: it takes a second, which no other command should wait for.
"""

import asyncio
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from nats.errors import Error as NatsError

from vzaimo.kit.bus import Access

PATIENCE = 10.0
"""Seconds that the bus has to answer."""
_CITY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

app = typer.Typer(help="Users of NATS, what cities may read, and messages that are nobody's.", no_args_is_help=True)
Folder = Annotated[Path, typer.Option("--folder", envvar="VZAIMO_BUS_SECRETS", help="Where passwords and cities are.")]
Url = Annotated[str, typer.Option("--url", envvar="VZAIMO_NATS_URL", help="The bus.")]
Password = Annotated[str, typer.Option(envvar="VZAIMO_NATS_PASSWORD", prompt=True, hide_input=True)]
Authority = Annotated[str | None, typer.Option("--tls-ca", envvar="VZAIMO_NATS_TLS_CA")]
USUAL_FOLDER, USUAL_URL = Path("deploy/secrets/bus"), "nats://127.0.0.1:4222"
RELOAD = "Now let the servers read it: nats-server --signal reload=<pid>, or see docs/operations.md."


@app.command()
def accounts() -> None:
    """Print accounts.conf."""
    from vzaimo.local.bus import files

    typer.echo(files.accounts(), nl=False)


@app.command()
def passwords(names: Annotated[list[str] | None, typer.Argument()] = None, folder: Folder = USUAL_FOLDER) -> None:
    """Make new passwords for these users; without names, for those that have none. They are shown once."""
    from vzaimo.local.bus import files

    for name, password in files.renew(folder, names or []).items():
        typer.echo(f"{name} {password}")
    typer.echo(RELOAD, err=True)


@app.command()
def grant(
    city: str, password: Password, folder: Folder = USUAL_FOLDER, url: Url = USUAL_URL, tls_ca: Authority = None
) -> None:
    """Let a city read public facts and its own. Its password is shown once; a second grant makes a new one."""
    from vzaimo.local.bus import cities, files, permissions

    _run(cities.prepare(_access(url, password, tls_ca), _slug(city)))
    made = files.admit(folder, city)
    typer.echo(f"user          {city}\npassword      {made}")
    typer.echo(f"inbox prefix  {permissions.inbox(city)}\nAPI prefix    {permissions.CITY_API}")
    _list_consumers(city)
    typer.echo(RELOAD, err=True)


@app.command()
def consumers(
    city: str,
    password: Password,
    start: Annotated[
        str, typer.Option("--from", help="start, last (the newest of each subject) or 2026-10-01T00:00:00+03:00.")
    ] = "start",
    url: Url = USUAL_URL,
    tls_ca: Authority = None,
) -> None:
    """Make a city's consumers anew: it reads from there on, whatever it has read before."""
    from vzaimo.local.bus import cities

    try:
        place = cities.Place.named(start)
    except ValueError:
        raise SystemExit(
            f"{start} is not start, last, or a moment with its offset: 2026-10-01T00:00:00+03:00"
        ) from None
    access = _access(url, password, tls_ca)

    async def renew() -> None:
        await cities.clear(access, city)
        await cities.prepare(access, city, place)

    _slug(city)
    _run(renew())
    _list_consumers(city)


@app.command()
def revoke(
    city: str, password: Password, folder: Folder = USUAL_FOLDER, url: Url = USUAL_URL, tls_ca: Authority = None
) -> None:
    """Let a city read no longer."""
    from vzaimo.local.bus import cities, files

    known = files.expel(folder, city)
    _run(cities.clear(_access(url, password, tls_ca), city))
    typer.echo(f"{city} may read no longer" if known else f"{city} was not granted anything")
    typer.echo(RELOAD, err=True)


@app.command()
def message(stream: str, seq: int, password: Password, url: Url = USUAL_URL, tls_ca: Authority = None) -> None:
    """Show whose a message of a stream is: its subject, id, moment and length; not what it says."""
    from vzaimo.local.bus import strays

    _run(strays.show(_access(url, password, tls_ca), stream, seq))


@app.command()
def drop(stream: str, seq: int, password: Password, url: Url = USUAL_URL, tls_ca: Authority = None) -> None:
    """Take a message out of a stream: one that is no fact of the service whose stream it is."""
    from vzaimo.local.bus import strays

    _run(strays.drop(_access(url, password, tls_ca), stream, seq))


def _slug(city: str) -> str:
    if not _CITY.fullmatch(city):
        raise SystemExit(f"{city} is no city's slug: small letters, digits and single hyphens")
    return city


def _list_consumers(city: str) -> None:
    from vzaimo.local.bus.permissions import durables

    for one in durables(city):
        typer.echo(f"consumer      {one.stream}/{one.name}  ({one.filter})")


def _access(url: str, password: str, tls_ca: str | None) -> Access:
    from vzaimo.local.bus.permissions import OPERATOR, inbox

    return Access(url, OPERATOR, password, inbox_prefix=inbox(OPERATOR), tls_ca=tls_ca)


def _run(work: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(PATIENCE):
            await work

    try:
        asyncio.run(bounded())
    except TimeoutError:
        raise SystemExit("The bus does not answer, or does not accept the operator's password.") from None
    except NatsError as error:
        raise SystemExit(f"The bus refuses: {error}. Have the services made their streams?") from None
