"""What holds for every request and answer: HEAD, the longest body, and the protecting headers."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The longest form of ours, with 100 interests and 50 papers in it, is a quarter of this.
MAX_BODY = 64 * 1024
# A file of references may come with these: a thousand entries with their abstracts.
MAX_UPLOAD = 1024 * 1024
WITH_FILE = ("/subscribe", "/subscribe/preview")
# First parts of the paths that carry a token.
WITH_TOKEN = (
    *("confirm", "erase", "feedback", "feeds", "letters", "move", "preferences", "unsubscribe"),
)

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A letter brings its styles with it, inside its tags; it has no script and no form.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Pages without a token that are nobody's business all the same.
HIDDEN = ("operator",)
PRIVATE = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}
KEPT = {"Cache-Control": "public, max-age=86400"}


class Gate:
    """ASGI middleware around all routes. root: the path of BASE_URL, "" for most."""

    def __init__(self, app: ASGIApp, root: str = "") -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        # No path of ours holds a line end, and Starlette's patterns stop at one.
        path = below(self._root, scope["path"]).replace("\n", "\N{REPLACEMENT CHARACTER}")
        headers = headers_for(path)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), headers)
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        # FastAPI would answer HEAD with 405, and link scanners ask with HEAD first. Some proxies
        # take the root off the path; the files below /static are found only with it.
        method = "GET" if is_head else scope["method"]
        asked = {**scope, "method": method, "path": self._root + path}
        most = longest(path, Headers(scope=scope).get("content-type", ""))
        await self._app(asked, _limited(receive, most), answer)


def below(root: str, path: str) -> str:
    """The path without the root, whether a proxy took it off already or not."""
    is_below = path == root or path.startswith(f"{root}/")
    return path.removeprefix(root) if root and is_below else path


def headers_for(path: str) -> dict[str, str]:
    """The headers of every answer from a path, unless its route set others."""
    first = path.strip("/").partition("/")[0]
    if first == "static":
        return ALWAYS | KEPT
    return ALWAYS | PRIVATE if first in (*WITH_TOKEN, *HIDDEN) else ALWAYS


def _add(present: MutableHeaders, headers: dict[str, str]) -> None:
    for name, text in headers.items():
        present.setdefault(name, text)


def longest(path: str, content_type: str) -> int:
    """How many bytes may be sent to a path."""
    has_file = path in WITH_FILE and content_type.startswith("multipart/form-data")
    return MAX_UPLOAD if has_file else MAX_BODY


def _limited(receive: Receive, most: int) -> Receive:
    size = 0

    async def receive_some() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413)
        return message

    return receive_some
