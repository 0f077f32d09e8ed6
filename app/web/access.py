"""Tokens out of the access log: whoever reads logs shall not be able to act for our readers."""

import logging
import re

from app.web import gate

_TOKEN = re.compile(rf"/({'|'.join(gate.WITH_TOKEN)})/[^/?#\s]+")


def without_tokens(text: str) -> str:
    """Write "/letters/…" for "/letters/AbC.dEf"."""
    return _TOKEN.sub(r"/\1/…", text)


class WithoutTokens(logging.Filter):
    """Rewrites a record's arguments, so that every format and handler sees the short path."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                without_tokens(arg) if isinstance(arg, str) else arg for arg in record.args
            )
        return True


def hide_tokens() -> None:
    """Make uvicorn's access log leave tokens out; the second time changes nothing."""
    log = logging.getLogger("uvicorn.access")
    if not any(isinstance(each, WithoutTokens) for each in log.filters):
        log.addFilter(WithoutTokens())
