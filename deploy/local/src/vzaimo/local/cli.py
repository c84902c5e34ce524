"""The ``vzaimo`` command. It talks to services, never to their files."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer
from nats.aio.client import Client as Nats
from nats.js.api import DeliverPolicy
from rich.console import Console
from rich.table import Table

from vzaimo.contracts import calendar, notify, registry, requests
from vzaimo.contracts.event import UnknownFact, parse
from vzaimo.local import ground as grounds
from vzaimo.local import sequel
from vzaimo.local.bus.cli import app as bus
from vzaimo.local.client import Refused, client
from vzaimo.local.ground import SERVICES, USUAL_FOLDER, Ground
from vzaimo.local.status import rows
from vzaimo.local.story import SEATS, play
from vzaimo.local.up import up as run_up

app = typer.Typer(help="Vzaimo on one machine.", no_args_is_help=True, add_completion=False)
app.add_typer(bus, name="bus")
Var = Annotated[Path, typer.Option("--var", envvar="VZAIMO_VAR", help="The folder of the set.")]
STREAMS = tuple(one.__name__.rpartition(".")[2].upper() for one in (registry, calendar, requests, notify))


@app.command()
def up(
    var: Var = USUAL_FOLDER,
    port: Annotated[int | None, typer.Option(help="The first of the ports.")] = None,
    *,
    demo: Annotated[bool, typer.Option(help="Fill the demo in.")] = True,
    story: Annotated[bool, typer.Option(help="Play the visit, once, so that there is something to see.")] = True,
) -> None:
    """Start everything, and keep it running."""
    ground = grounds.prepared(var, port)
    typer.echo(f"→ bus, desk and services in {var} (ready in a few seconds)")
    asyncio.run(run_up(ground, _say, demo=demo, story=story))


@app.command()
def demo(var: Var = USUAL_FOLDER) -> None:
    """Play the real visit against the running set, and what follows it."""
    if _run(_demo(grounds.known(var))) != SEATS:
        raise SystemExit("The seats granted are not what they must be.")


@app.command()
def token(
    who: Annotated[str, typer.Option("--as", help="A city's slug, or moderator.")], var: Var = USUAL_FOLDER
) -> None:
    """Print an access token of a demo person."""
    typer.echo(_run(_token(grounds.known(var), who)))


@app.command()
def status(var: Var = USUAL_FOLDER) -> None:
    """Show the services, what waits, and what was given up."""
    table = Table("service", "state", "outbox", "lag", "parked", "dead", "impossible", "detail")
    found = _run(rows(grounds.known(var)))
    for row in found:
        numbers = (row.outbox, row.lag, row.parked, row.dead, row.impossible)
        table.add_row(row.service, row.state, *("?" if one < 0 else str(one) for one in numbers), row.detail)
    Console().print(table)
    if any(row.state != "ready" for row in found):
        raise SystemExit(1)


@app.command()
def tail(
    var: Var = USUAL_FOLDER,
    *,
    history: Annotated[bool, typer.Option("--all", help="From the first fact on.")] = False,
    limit: Annotated[int, typer.Option(help="Stop after so many facts; 0 = never.")] = 0,
) -> None:
    """Print facts as they happen."""
    _run(_tail(grounds.known(var), limit, history=history))


@app.command()
def mail(var: Var = USUAL_FOLDER, to: Annotated[str | None, typer.Option(help="A demo person.")] = None) -> None:
    """List the mails at the desk, the newest first."""
    for one in _run(_mails(grounds.known(var), to)):
        typer.echo(f"{one['no']:>5}  {one['to']:<40}  {one['subject']}")


@app.command()
def reconcile(service: str, var: Var = USUAL_FOLDER) -> None:
    """After a store was restored: take back what only the streams know."""
    answer = _run(_operate(grounds.known(var), service, "/reconcile"))
    typer.echo(f"{service}: {answer['facts']} facts came back; what it had handled since is handled again")


@app.command()
def rebuild(service: str, var: Var = USUAL_FOLDER) -> None:
    """Build a service's copies anew from the streams, compare, and put them in place."""
    table = Table("copy", "rows", "missing", "older", "different")
    for one in _run(_operate(grounds.known(var), service, "/rebuild")):
        table.add_row(one["copy_of"], *(str(one[name]) for name in ("rows", "missing", "older", "different")))
    Console().print(table)


@app.command()
def replay(
    service: str,
    consumer: Annotated[str, typer.Argument(help="Such as notify-request.")],
    since: Annotated[str | None, typer.Option(help="2026-10-04T10:00:00Z; usually from the start.")] = None,
    var: Var = USUAL_FOLDER,
) -> None:
    """Feed a consumer its facts again; what it has handled has no effect a second time."""
    query = {"consumer": consumer, **({"since": since} if since else {})}
    answer = _run(_operate(grounds.known(var), service, "/replay", query=query))
    typer.echo(f"{consumer} takes {answer['facts']} facts again")


letters = typer.Typer(help="Facts that a service could not handle.", no_args_is_help=True)
app.add_typer(letters, name="deadletter")


@letters.command(name="list")
def list_letters(service: str, var: Var = USUAL_FOLDER) -> None:
    """List them, a line each."""
    for one in _run(_operate(grounds.known(var), service, "/dead-letters", "GET")):
        typer.echo(f"{one['seq']:>6}  {one['consumer']:<22}  {one['subject']}  {one['reason']}")


@letters.command(name="show")
def show_letter(service: str, seq: int, var: Var = USUAL_FOLDER) -> None:
    """Show one whole."""
    one = _run(_operate(grounds.known(var), service, f"/dead-letters/{seq}", "GET"))
    for name in ("seq", "consumer", "reason", "subject", "traceparent"):
        typer.echo(f"{name}: {one[name]}")
    typer.echo(one["body"])


@letters.command(name="replay")
def replay_letter(service: str, seq: int, var: Var = USUAL_FOLDER) -> None:
    """Handle one again, now."""
    _run(_operate(grounds.known(var), service, f"/dead-letters/{seq}/replay"))
    typer.echo(f"{service} has handled it")


@letters.command(name="drop")
def drop_letter(service: str, seq: int, var: Var = USUAL_FOLDER) -> None:
    """Throw one away."""
    _run(_operate(grounds.known(var), service, f"/dead-letters/{seq}", "DELETE"))
    typer.echo(f"dead letter {seq} is gone")


def _say(line: str) -> None:
    typer.echo(line)


def _run(work: Any) -> Any:
    try:
        return asyncio.run(work)
    except Refused as refused:
        raise SystemExit(f"{refused}") from None
    except httpx2.TransportError:
        raise SystemExit("Nothing answers: is `make up` running?") from None
    except TimeoutError:
        raise SystemExit("What was expected did not happen in time: see `vzaimo status` and var/log") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


async def _demo(ground: Ground) -> int:
    calls = client(ground)
    async with calls.http:
        granted = await play(calls, _say)
        await sequel.play(calls, _say)
    return granted


async def _token(ground: Ground, who: str) -> str:
    calls = client(ground)
    async with calls.http:
        return await calls.token(who)


async def _mails(ground: Ground, to: str | None) -> Any:
    async with httpx2.AsyncClient(timeout=10) as http:
        query = {"to": f"{to}@{grounds.MAIL_DOMAIN}"} if to else {}
        return (await http.get(f"{ground.desk}/mail.json", params=query)).raise_for_status().json()


async def _operate(
    ground: Ground, service: str, path: str, method: str = "POST", query: dict[str, str] | None = None
) -> Any:
    if service not in SERVICES:
        raise SystemExit(f"There is no service {service}: choose from {', '.join(SERVICES)}.")
    headers = {"Authorization": f"Bearer {ground.operator_token}"}
    async with httpx2.AsyncClient(timeout=600) as http:
        answer = await http.request(method, f"{ground.gateway(service)}/operator{path}", params=query, headers=headers)
    if not answer.is_success:
        raise SystemExit(f"{service}: {answer.json().get('detail', answer.text)}")
    return answer.json()


async def _tail(ground: Ground, limit: int, *, history: bool) -> None:
    nats = Nats()
    await nats.connect(ground.nats, connect_timeout=3, allow_reconnect=True, max_reconnect_attempts=-1)
    facts: asyncio.Queue[Any] = asyncio.Queue(1000)
    policy = DeliverPolicy.ALL if history else DeliverPolicy.NEW
    try:
        for stream in STREAMS:
            await nats.jetstream().subscribe(
                "", stream=stream, ordered_consumer=True, deliver_policy=policy, cb=facts.put
            )
        seen = 0
        while not limit or seen < limit:
            message = await facts.get()
            typer.echo(_line(message.subject, message.data))
            seen += 1
    finally:
        await nats.close()


def _line(subject: str, body: bytes) -> str:
    try:
        event = parse(body)
    except (UnknownFact, ValueError):
        return f"{subject}  (no fact that is known here)"
    cities = " → ".join(city for city in event.data.parties if city != "-")
    status = json.loads(body)["data"].get(event.data.aggregate, {}).get("status", "")
    return f"{event.time:%H:%M:%S}  {event.name:<22} v{event.data.aggregate_version:<4} {cities:<24} {status}"


if __name__ == "__main__":
    app()
