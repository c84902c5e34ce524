"""The servers that the gateways are compared with: the same uvicorn, FastAPI, and the bare work."""

import json
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg_pool
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
        pool = psycopg_pool.AsyncConnectionPool(url, min_size=4, max_size=20, open=False)

        @app.post("/")
        async def write_there(request: Request) -> Response:
            row, fact = _values(await request.body())
            async with pool.connection() as connection:
                await connection.execute(ROW.format("%s"), row)
                await connection.execute(FACT.format("%s"), fact)
            return Response(b'{"ok":true}', 201, media_type="application/json")

        @app.get("/open")
        async def opened() -> dict[str, bool]:
            return {"ok": True}

        async def start() -> None:
            await pool.open()
            async with pool.connection() as connection:
                await connection.execute(tables[0])
                await connection.execute(tables[1].format("BIGSERIAL"))

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
