"""Logs as JSON lines with the trace's id, or for people; every library writes through the same end."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from vzaimo.kit.personal import without_people
from vzaimo.kit.telemetry import present_trace_id

Event = MutableMapping[str, Any]


def start(service: str, level: str, form: Literal["json", "console"]) -> None:
    """Send all logging of this process to stdout, a line an event."""

    def where(_logger: Any, _method: str, event: Event) -> Event:
        event["service"] = service
        event.pop("color_message", None)  # uvicorn's, for terminals
        if "trace_id" not in event and (trace := present_trace_id()):
            event["trace_id"] = trace
        return event

    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        where,
        structlog.processors.format_exc_info,
        _without_people,
    ]
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "faststream", "nats", "nats.aio.client"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    for name in ("alembic", "httpx2", "pymorphy3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # nats-py logs each lost connection with a traceback; our callbacks say it in a line.
    logging.getLogger("nats.aio.client").setLevel(logging.CRITICAL)


def _without_people(_logger: Any, _method: str, event: Event) -> Event:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = without_people(value)
    return event
