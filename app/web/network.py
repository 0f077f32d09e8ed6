"""The network a visitor comes from: near enough to count visits, too wide to name a person."""

from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request

PREFIXES = {4: 24, 6: 48}


def of(request: Request) -> str:
    """The visitor's /24 or /48; "" for this machine itself, or where it cannot be told.

    Behind a proxy it is the visitor's only where the operator named the proxy as trusted.
    """
    return of_address(request.client.host if request.client else "")


def of_address(text: str) -> str:
    """The same of an address as text; one of IPv4 in the clothes of IPv6 is one of IPv4."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return ""
    return str(ip_network(f"{address}/{PREFIXES[address.version]}", strict=False))
