"""One JSON object to a URL of the operator's."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from app.errors import NotReady
from app.wire import left_behind

PATIENCE_SECONDS = 10


class _StayHere(HTTPRedirectHandler):
    """A redirect would carry what is told to somewhere else, as a GET."""

    def redirect_request(self, *_args: Any) -> None:
        return None


def post(url: str, told: Mapping[str, str]) -> None:
    """POST it and forget the answer. Raises NotReady, without the URL: it may be a secret."""
    try:
        # The time-out of a socket is one for each byte.
        left_behind.begun(lambda: _post(url, told), "webhook").result(PATIENCE_SECONDS)
    except TimeoutError as e:
        raise NotReady("The webhook cannot be reached: TimeoutError.") from e


def _post(url: str, told: Mapping[str, str]) -> None:
    head = {"Content-Type": "application/json", "User-Agent": "Paperboy"}
    # The settings take http and https only.
    request = Request(url, json.dumps(told).encode(), head, method="POST")  # noqa: S310
    try:
        with build_opener(_StayHere).open(request, timeout=PATIENCE_SECONDS):
            pass
    except HTTPError as e:
        e.close()
        raise NotReady(f"The webhook answers {e.code}.") from e
    except (OSError, HTTPException, ValueError) as e:
        raise NotReady(f"The webhook cannot be reached: {type(e).__name__}.") from e
