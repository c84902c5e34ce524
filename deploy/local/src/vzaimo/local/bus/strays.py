"""A message in a service's stream that the service has not published: looked at, and taken out, by the operator."""

import typer

from vzaimo.kit.bus import Access, connect


async def show(access: Access, stream: str, seq: int) -> None:
    """Print whose it is. What it says may be anybody's data, and is not shown."""
    client = await connect(access, "vzaimo-bus")
    try:
        found = await client.jetstream().get_msg(stream, seq)
    finally:
        await client.close()
    headers = found.headers or {}
    typer.echo(f"subject  {found.subject}\nid       {headers.get('Nats-Msg-Id', '–')}")
    typer.echo(f"at       {found.time}\nbytes    {len(found.data or b'')}")


async def drop(access: Access, stream: str, seq: int) -> None:
    """Delete it. The sequence stays empty, which the service's relay takes for what it is."""
    client = await connect(access, "vzaimo-bus")
    try:
        await client.jetstream().delete_msg(stream, seq)
    finally:
        await client.close()
    typer.echo(f"{stream} holds nothing at {seq} any longer")
