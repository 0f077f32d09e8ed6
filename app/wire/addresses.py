"""Where a fetch may go: to public addresses, on the web's own ports, and nowhere else.

A feed's address is typed by people and a redirect is written by strangers: neither may make this
machine talk to its own network. A name is looked up once, every address it has is judged, and the
connection is made to one of those, so that a second answer of the name server changes nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import httpx2

from app.errors import NotAllowed, NotReady, Unreachable
from app.wire import fault, left_behind

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NETWORKS = (
    # IPv4 that is not for everybody (IANA's registry of special addresses, RFC 6890).
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
    "192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 "
    "224.0.0.0/4 240.0.0.0/4 "
    # A cloud's own server for its machines, at an address that looks public.
    "168.63.129.16/32 "
    # IPv6: all but 2000::/3, so v4-mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96), ULA, link-local …
    "::/3 4000::/2 8000::/1 "
    # … and therein Teredo and its like, documentation, 6to4: some carry an IPv4 address inside.
    "2001::/23 2001:db8::/32 2002::/16 3fff::/20"
)
REFUSED: tuple[Network, ...] = tuple(ipaddress.ip_network(each) for each in _NETWORKS.split())
# "example.org", "xn--bcher-kva.example"; its last part is no number, which would be an address.
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*(?!\d+\.?$|0x)[a-z0-9-]{1,63}\.?")
# Names of one machine or one network; a name without a dot is, too.
_AT_HOME = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
_MOST_ADDRESSES = 16

Resolve = Callable[[str, int], Sequence[str]]


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as this machine knows them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class Reach:
    """Where a fetch may go.

    own: hosts of the operator's own, as "host:port", that may be private and on any port.
    mirrors: host → the URL ("http://mirror:8080") of what is asked in its place; counts as own.
    """

    own: frozenset[str] = frozenset()
    mirrors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ports: frozenset[int] = frozenset({80, 443})
    refused: Sequence[Network] = REFUSED
    resolve: Resolve = look_up

    def is_own(self, place: "Place") -> bool:
        """Whether the operator named this very host and port."""
        return f"{place.host}:{place.port}" in self.own or any(
            place_of(url) == place for url in self.mirrors.values()
        )

    def mirrored(self, url: str) -> str:
        """The URL to ask instead, which is the same one where its host has no mirror."""
        parsed = _parsed(url)
        base = self.mirrors.get(parsed.host)
        if base is None:
            return url
        mirror = _parsed(base)
        return str(parsed.copy_with(scheme=mirror.scheme, host=mirror.host, port=mirror.port))


def reach(own_hosts: str) -> Reach:
    """Read PAPERBOY_SOURCE_HOSTS: "journal.lab:8080, rss.arxiv.org=http://mirror.lab".

    Raises NotReady, naming the part that cannot be read.
    """
    own: set[str] = set()
    mirrors: dict[str, str] = {}
    for part in filter(None, re.split(r"[,\s]+", own_hosts)):
        host, is_mirrored, url = part.partition("=")
        try:
            place = place_of(url if is_mirrored else f"http://{host}")
        except NotAllowed as e:
            raise NotReady(f"PAPERBOY_SOURCE_HOSTS names “{part}”: {e}") from e
        if is_mirrored:
            mirrors[host.lower()] = url
        else:
            own |= {f"{place.host}:{port}" for port in _ports(host, place)}
    return Reach(frozenset(own), mirrors)


def _ports(host: str, place: "Place") -> tuple[int, ...]:
    """The one that is named, or those of the web."""
    return (place.port,) if host.endswith(f":{place.port}") else (80, 443)


@dataclass(frozen=True)
class Place:
    """A host (ASCII, in small letters) and a port."""

    host: str
    port: int


def place_of(url: str) -> Place:
    """Whom a URL asks. Raises NotAllowed where that is not said plainly."""
    parsed = _parsed(url)
    if parsed.scheme not in {"http", "https"}:
        raise NotAllowed(f"“{parsed.scheme}:” is not fetched, only http: and https: are.")
    if parsed.userinfo:
        raise NotAllowed("An address with a name or password before its host is not fetched.")
    host = parsed.raw_host.decode("ascii")
    if not (_is_literal(host) or _NAME.fullmatch(host)):
        raise NotAllowed(f"“{host}” is not a host's name or address written in the usual way.")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    return Place(host.removesuffix("."), port)


def _parsed(url: str) -> httpx2.URL:
    # What browsers read as one address and libraries as another is no address.
    if not url.isprintable() or set(url) & set(' \\"<>'):
        raise NotAllowed("The address holds a character that no address may hold.")
    try:
        return httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as e:
        raise NotAllowed(f"The address cannot be read: {e}.") from e


def _is_literal(host: str) -> bool:
    try:
        # Only "192.0.2.1" is one: 0300.1, 0xC0000201 and 3221225985 are the same, in disguise.
        return str(ipaddress.ip_address(host)) == host or ":" in host
    except ValueError:
        return False


def is_at_home(place: Place) -> bool:
    """Whether a place's very name says that only its own network can reach it; see RFC 6761."""
    if _is_literal(place.host):
        return not is_public(place.host)
    return "." not in place.host or place.host.endswith(_AT_HOME)


def pin(place: Place, reach: Reach, seconds: float, *, may_be_own: bool) -> Sequence[str]:
    """The addresses to connect to, in the name server's order, each of them judged.

    may_be_own: whether it was the operator who named the place, and not a stranger's redirect.
    Raises NotAllowed, Unreachable (no such name, or no answer within `seconds`).
    """
    is_own = may_be_own and reach.is_own(place)
    if not is_own and place.port not in reach.ports:
        raise NotAllowed(f"Port {place.port} is not one of the web's; only 80 and 443 are fetched.")
    found = [place.host] if _is_literal(place.host) else _look_up(place, reach.resolve, seconds)
    if not found:
        raise Unreachable(f"The host {place.host} has no address.")
    for address in found:
        if not is_own and not is_public(address, reach.refused):
            raise NotAllowed(f"{place.host} is at {address}, which is no public address.")
    return found[:_MOST_ADDRESSES]


def is_public(address: str, refused: Sequence[Network] = REFUSED) -> bool:
    """Whether an address is one that everybody may ask; False for what is none at all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not any(parsed in network for network in refused)


def _look_up(place: Place, resolve: Resolve, seconds: float) -> Sequence[str]:
    try:
        asked = left_behind.begun(lambda: resolve(place.host, place.port), "look up")
        return asked.result(max(seconds, 0))
    except TimeoutError:
        raise Unreachable(f"No name server said in time where {place.host} is.") from None
    except (OSError, UnicodeError) as e:
        raise Unreachable(f"The host {place.host} is not known: {fault.words(e)}.") from e
