"""Log lines: as text for people, or as JSON for programs that collect them. Neither has what was asked."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from guideqa.settings import LogFormat

FIELDS = "fields"  # the attribute of a log record that holds what JSON shows by itself
_NOISY = ("chromadb", "httpx", "httpcore", "asyncio", "mcp")


def start_logging(form: LogFormat) -> None:
    """Log to stderr in this form."""
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form is LogFormat.JSON else text)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        content = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            content["exception"] = self.formatException(record.exc_info)
        return json.dumps(content, ensure_ascii=False)
