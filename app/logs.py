"""How the service logs: a line a fact, for people on a terminal and as JSON elsewhere."""

import logging
import sys
from collections.abc import MutableMapping
from datetime import date
from typing import Any

import structlog

_CHATTY = ("alembic", "apscheduler", "httpcore2", "httpx2", "mail.log", "procrastinate", "uvicorn")


def configure(level: str, form: str) -> None:
    """Send our own and every library's log lines to standard error.

    level: DEBUG … ERROR. form: "json", "console", or "" to let a terminal decide.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _told_plainly,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _renderer(form),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    # They report each tick, job and step, which is nothing an operator asks for; and whom we ask,
    # with the whole address, in which a feed may have its key.
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.root.level))
    # A tick that finds the last one still at work says so each time; it is as it should be.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)


def _renderer(form: str) -> structlog.types.Processor:
    if form == "console" or (not form and sys.stderr.isatty()):
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer()


def _told_plainly(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    # A server's reply or a file's name must not forge a second line; and a moment is read by people
    # and programs, where both renderers would write the call that makes it in Python.
    for key, value in event.items():
        if isinstance(value, date):
            event[key] = value.isoformat()
        if isinstance(value, str) and key != "exception":
            event[key] = value.replace("\r", "\\r").replace("\n", "\\n")
    return event
