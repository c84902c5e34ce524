"""The servers that the gateways are compared with: the same uvicorn, FastAPI, and the bare work."""

import asyncio
import json
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import uvicorn
from fastapi import FastAPI, Request, Response

from vzaimo.kit.ids import new_id

ROW = "INSERT INTO event (id, host, status, plan, created_at, version) VALUES ({0}, {0}, {0}, {0}, {0}, {0})"
FACT = "INSERT INTO outbox (event_id, subject, body, created_at) VALUES ({0}, {0}, {0}, {0})"


def transaction(kind, url):
    """A domain row and an outbox row in one transaction on the raw driver."""
    app = _app()
    tables = (
        "CREATE TABLE event (id TEXT PRIMARY KEY, host TEXT, status TEXT, plan TEXT, created_at TEXT, version INTEGER)",
        "CREATE TABLE outbox (id {} PRIMARY KEY, event_id TEXT UNIQUE, subject TEXT, body TEXT, created_at TEXT)",
    )
    if kind == "sqlite":
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        store = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("PRAGMA synchronous=FULL")
        store.execute(tables[0])
        store.execute(tables[1].format("INTEGER"))

        @app.post("/")
        async def write(request: Request) -> Response:
            row, fact = _values(await request.body())
            store.execute("BEGIN IMMEDIATE")
            store.execute(ROW.format("?"), row)
            store.execute(FACT.format("?"), fact)
            store.execute("COMMIT")
            return Response(b'{"ok":true}', 201, media_type="application/json")
    else:
        pool: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()

        @app.post("/")
        async def write_there(request: Request) -> Response:
            row, fact = _values(await request.body())
            connection = await pool.get()
            async with connection.transaction():
                await connection.execute(ROW.format("%s"), row)
                await connection.execute(FACT.format("%s"), fact)
            pool.put_nowait(connection)
            return Response(b'{"ok":true}', 201, media_type="application/json")

        async def start() -> None:
            for _ in range(16):
                pool.put_nowait(await psycopg.AsyncConnection.connect(url, autocommit=True))
            connection = await pool.get()
            await connection.execute(tables[0])
            await connection.execute(tables[1].format("BIGSERIAL"))
            pool.put_nowait(connection)

        app.router.add_event_handler("startup", start)
    return app


def static(path):
    """One page, as it is."""
    app = _app()
    page = Path(path).read_bytes()

    @app.get("/")
    async def read() -> Response:
        return Response(page, media_type="application/json")

    return app


def _app():
    app = FastAPI(openapi_url=None)

    @app.get("/readyz")
    async def ready() -> dict[str, bool]:
        return {"ok": True}

    return app


def _values(body):
    plan = json.loads(body)
    now = datetime.now(UTC).isoformat()
    fact = (str(new_id()), "calendar.pub.event.event_announced.v1.moskva.-.x", body.decode() * 3, now)
    return (str(new_id()), plan["host"], "draft", body.decode(), now, 1), fact


if __name__ == "__main__":
    port, which, *arguments = sys.argv[1:]
    made = {"transaction": transaction, "static": static}[which](*arguments)
    uvicorn.run(made, port=int(port), log_level="warning", access_log=False)
