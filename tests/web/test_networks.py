from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from app.web import networks


def seen(host):
    client = (host, 50_000) if host is not None else None
    request = Request({"type": "http", "headers": [], "client": client})
    return networks.of(request), networks.abroad(request)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
    ],
)
def test_a_visitor_is_known_by_a_wide_network_only(host, told):
    assert seen(host) == (told, told)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "testclient", "", None])
def test_this_machine_and_what_is_no_address_are_nobodys_network_abroad(host):
    assert seen(host)[1] == ""


@given(st.ip_addresses())
def test_an_address_lies_in_its_network(address):
    told = networks.network(str(address))
    mapped = getattr(address, "ipv4_mapped", None) or address
    assert ip_address(mapped) in ip_network(told)


@given(st.text())
def test_no_text_breaks_it(text):
    assert networks.network(text)
