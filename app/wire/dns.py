"""Looking up the records that those who get our letters look up too."""

from typing import Any

import dns.exception
import dns.resolver

SECONDS = 3.0


def texts(name: str, server: str = "") -> list[str] | None:
    """The TXT records of a name, each put together from its strings; None without an answer.

    server: "192.0.2.1" or "192.0.2.1:5353"; "" asks the name servers of this machine.
    """
    found = _look_up(name, "TXT", server)
    if found is None:
        return None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in found]


def mail_hosts(domain: str, server: str = "") -> list[str] | None:
    """Where mail for a domain goes (MX), the first choice first; None without an answer."""
    found = _look_up(domain, "MX", server)
    if found is None:
        return None
    ranked = sorted((record.preference, str(record.exchange)) for record in found)
    return [host.rstrip(".") for _, host in ranked]


def _look_up(name: str, kind: str, server: str) -> list[Any] | None:
    try:
        return list(_resolver(server).resolve(name, kind, search=False))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, ValueError):
        # No network, a server that is down or answers nonsense, a name that cannot be asked for.
        return None


def _resolver(server: str) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not server)
    if server:
        host, _, port = server.partition(":")
        resolver.nameservers, resolver.port = [host], int(port or 53)
    resolver.lifetime = SECONDS
    return resolver
