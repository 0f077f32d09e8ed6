"""One GET, polite and safe: what a source answers, or why there is no answer.

httpx2 carries it, bound by rules of ours: it goes where `addresses` lets it, hop by hop, costs no
more than its limits, and takes no proxy, cookie or password from the environment.
"""

import asyncio
import re
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cache

import httpx2

from app.errors import NotAllowed, NotReady, Unreachable
from app.wire import addresses, fault
from app.wire.addresses import Place, Reach
from app.wire.unpacking import Body, Limits

MOVED = {301, 302, 303, 307, 308}
# One address that swallows all we send must leave time for the next; the rest has one limit in all.
PATIENCE = httpx2.Timeout(None, connect=8.0)
LOOK_UP = 0.3
# No server may send us away for longer.
LONGEST_WAIT = timedelta(days=1)
_RATE = re.compile(r"\br=(\d{1,9})\b.*?\bt=(\d{1,9})\b")
# A validator is sent back with every question: a long one is a way to waste both sides' time.
_LONGEST_VALIDATOR = 500


@dataclass(frozen=True)
class Validators:
    """What an answer gave so that it need not be given again (RFC 9110 §8.8), or ""."""

    etag: str = ""
    modified: str = ""

    def asked(self) -> dict[str, str]:
        """As a question's headers."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: text for name, text in named.items() if text}


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status.

    url: whose answer it is, after redirects. body: unpacked; b"" with 304. wait: how long the
    server wants to be left alone. next_url: of the page that follows, where a header names it.
    """

    status: int
    url: str
    body: bytes = field(repr=False)
    content_type: str = ""
    validators: Validators = Validators()
    wait: timedelta | None = None
    next_url: str = ""


@cache
def _trusted() -> ssl.SSLContext:
    """Whom this machine trusts; reading that takes longer than many an answer."""
    return httpx2.create_ssl_context(trust_env=False)


Turn = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Client:
    """Fetches. agent: who we are, with the operator's contact. turn: waits until a host may be
    asked, and holds it while it is. tls: whom to trust; None: those this machine trusts. stops:
    whether the service is to stop, asked every LOOK_UP seconds.
    """

    reach: Reach
    agent: str
    limits: Limits = field(default_factory=Limits)
    turn: Turn = lambda _host: nullcontext()
    tls: ssl.SSLContext | None = None
    stops: Callable[[], bool] = lambda: False

    def get(
        self,
        url: str,
        validators: Validators | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        is_strange: bool = False,
    ) -> Answer:
        """Ask for one page, following redirects. headers: for the asked host only (a token).

        is_strange: the address was typed by a visitor, and must not lead to the operator's own
        hosts. Not to be called where an event loop runs. Raises NotAllowed, Unreachable, and
        NotReady where the service is to stop.
        """
        host = addresses.place_of(url).host
        url = url if is_strange else self.reach.mirrored(url)
        ends, first = time.monotonic() + self.limits.seconds, addresses.place_of(url)
        may_be_own = not is_strange
        for _ in range(self.limits.redirects + 1):
            place = addresses.place_of(url)
            said = dict(headers or {}) if place == first else {}
            hop = _Hop(url, place, said | (validators.asked() if validators else {}))
            began = time.monotonic()
            with self.turn(host if place == first else place.host):
                ends += time.monotonic() - began  # our own good manners are not the server's time
                found = self._ask(hop, ends, may_be_own=may_be_own)
            if isinstance(found, Answer):
                return found
            # A stranger's redirect must not reach what only the operator may name.
            url, may_be_own = found, may_be_own and self.reach.is_own(place)
        raise NotAllowed(f"More than {self.limits.redirects} redirects, one after the other.")

    def _ask(self, hop: "_Hop", ends: float, *, may_be_own: bool) -> Answer | str:
        """The answer, or the URL it sends us to."""
        host = hop.place.host
        left = ends - time.monotonic()
        found = addresses.pin(hop.place, self.reach, left, may_be_own=may_be_own)
        try:
            return asyncio.run(self._within(ends - time.monotonic(), hop, found))
        except TimeoutError as e:
            raise Unreachable(f"{host} took longer than {self.limits.seconds:g} seconds.") from e
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as e:
            said = fault.words(e)
            raise Unreachable(f"{host} gives no answer that can be read: {said}.") from e

    async def _within(self, seconds: float, hop: "_Hop", found: Sequence[str]) -> Answer | str:
        async with (
            asyncio.timeout(seconds),
            httpx2.AsyncClient(
                verify=self.tls or _trusted(),
                timeout=PATIENCE,
                trust_env=False,
                follow_redirects=False,
            ) as client,
        ):
            asking = asyncio.ensure_future(self._exchange_with_any(client, hop, found))
            try:
                while not asking.done():
                    if self.stops():
                        raise NotReady(
                            "Paperboy stops; what is left is asked after its next start."
                        )
                    await asyncio.wait({asking}, timeout=LOOK_UP)
            finally:
                asking.cancel()
                await asyncio.wait({asking})
            return asking.result()

    async def _exchange_with_any(
        self, client: httpx2.AsyncClient, hop: "_Hop", found: Sequence[str]
    ) -> Answer | str:
        for address in found[:-1]:
            with suppress(httpx2.ConnectError, httpx2.ConnectTimeout):
                return await self._exchange(client, hop, address)
        return await self._exchange(client, hop, found[-1])

    async def _exchange(
        self, client: httpx2.AsyncClient, hop: "_Hop", address: str
    ) -> Answer | str:
        head = {"User-Agent": self.agent, "Accept-Encoding": "gzip"} | hop.headers
        async with client.stream(
            "GET",
            httpx2.URL(hop.url).copy_with(host=address),
            headers={"Host": hop.host_header, **head},
            # The address is in the URL, so the certificate has to be told whose it must be.
            extensions={"sni_hostname": hop.place.host},
        ) as response:
            # What a redirect carries is left unread: the connection is closed on it.
            if response.status_code in MOVED and "location" in response.headers:
                return str(httpx2.URL(hop.url).join(response.headers["location"]))
            return await self._read(response, hop)

    async def _read(self, response: httpx2.Response, hop: "_Hop") -> Answer:
        told = response.headers
        if int(told.get("content-length") or 0) > self.limits.wire:
            raise NotAllowed(f"The answer says it is {told['content-length'][:20]} bytes long.")
        body = Body(told.get("content-encoding", ""), self.limits)
        async for piece in response.aiter_raw():
            body.add(piece)
        return Answer(
            status=response.status_code,
            url=hop.url,
            body=body.whole(),
            content_type=told.get("content-type", ""),
            validators=Validators(_short(told.get("etag")), _short(told.get("last-modified"))),
            wait=_wait(told),
            next_url=_next(response, hop.url),
        )


@dataclass(frozen=True)
class _Hop:
    url: str
    place: Place
    headers: dict[str, str]

    @property
    def host_header(self) -> str:
        return httpx2.URL(self.url).netloc.decode("ascii")


def _short(validator: str | None) -> str:
    fits = validator and validator.isprintable() and len(validator) <= _LONGEST_VALIDATOR
    return validator if validator and fits else ""


def _wait(told: httpx2.Headers) -> timedelta | None:
    """By Retry-After (RFC 9110 §10.2.3) or, where none of a window is left, by RateLimit."""
    after = told.get("retry-after", "").strip()
    if after.isascii() and after.isdecimal():
        return min(timedelta(seconds=int(after[:9])), LONGEST_WAIT)
    if after:
        return _until(after, told.get("date", ""))
    rate = _RATE.search(told.get("ratelimit", ""))
    if rate and int(rate[1]) == 0:
        return min(timedelta(seconds=int(rate[2])), LONGEST_WAIT)
    return None


def _until(after: str, now: str) -> timedelta | None:
    try:
        # By the server's own clock, which need not be ours.
        wait = parsedate_to_datetime(after) - parsedate_to_datetime(now)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta()), LONGEST_WAIT)


def _next(response: httpx2.Response, url: str) -> str:
    try:
        return str(httpx2.URL(url).join(response.links["next"]["url"]))
    except (KeyError, ValueError, httpx2.InvalidURL):
        return ""
