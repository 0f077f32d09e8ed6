"""One JSON object to a URL of the operator's."""

import json
import threading
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from app.errors import NotReady

PATIENCE_SECONDS = 10


class _StayHere(HTTPRedirectHandler):
    """A redirect would carry what is told to somewhere else, as a GET."""

    def redirect_request(self, *_args: Any) -> None:
        return None


def post(url: str, told: Mapping[str, str]) -> None:
    """POST it and forget the answer. Raises NotReady, without the URL: it may be a secret."""
    failed: list[NotReady] = []

    def try_to() -> None:
        try:
            _post(url, told)
        except NotReady as e:
            failed.append(e)

    # The time-out of a socket is one for each byte. Not joined at the end: nobody waits for it.
    posting = threading.Thread(target=try_to, name="webhook", daemon=True)
    posting.start()
    posting.join(PATIENCE_SECONDS)
    if posting.is_alive():
        raise NotReady("The webhook cannot be reached: TimeoutError.")
    if failed:
        raise failed[0]


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
