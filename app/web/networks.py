"""Whence a request came: as much of its address as limits and records need, and no more."""

import ipaddress
from functools import lru_cache

from starlette.requests import Request

UNKNOWN = "unknown"
# Those of this machine itself: 127.0.0.1 and ::1.
OWN = ("127.0.0.0/24", "::/48")


def of(request: Request) -> str:
    """The /24 (IPv4) or /48 (IPv6) that the request came from, such as "192.0.2.0/24".

    Behind a proxy it is the reader's only where the server was told to trust that proxy.
    """
    return network(request.client.host if request.client else "")


def abroad(request: Request) -> str:
    """The same of a visitor, "" where it tells nobody apart: this machine's own, or none.

    So whoever puts an unnamed proxy on this machine counts nobody, instead of all as one.
    """
    host = request.client.host if request.client else ""
    found = network(host)
    return "" if found in {UNKNOWN, *OWN} else found


@lru_cache(maxsize=1_000)
def network(host: str) -> str:
    """The network of an address; UNKNOWN for what is none."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    length = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))
