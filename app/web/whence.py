"""Where a request came from, as little of it as limits and the rules against scanners need."""

import ipaddress
from hashlib import sha256

from fastapi import Request

# What one household or office has of the Internet, and no more exact.
PREFIXES = {4: 24, 6: 48}


def network(request: Request) -> str:
    """The /24 or /48 a request came from, such as "192.0.2.0/24"; "" where nobody can tell."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, PREFIXES[address.version]), strict=False))


def agent(request: Request) -> str:
    """A short hash of what the browser calls itself; "" where it says nothing."""
    name = request.headers.get("user-agent", "")
    return sha256(name.encode()).hexdigest()[:12] if name else ""
