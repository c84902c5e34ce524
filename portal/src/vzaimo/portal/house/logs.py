"""Logs as JSON lines with the names that the services' lines have, so that one place can gather and search them all."""

import json
import logging
import sys
from datetime import UTC, datetime

from vzaimo.kit.personal import without_people


class Line(logging.Formatter):
    """An event on one line, its traceback within it."""

    def format(self, record: logging.LogRecord) -> str:
        """As JSON."""
        said = {
            "event": without_people(record.getMessage()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "service": "portal",
        }
        if record.exc_info:
            said["exception"] = without_people(self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False)


def start(level: str) -> None:
    """Send all logging of this process to stdout, a line an event."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Line())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
