from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web import network


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_a_visitor_is_known_by_a_wide_network_only(address, told):
    assert network.of_address(address) == told


@given(st.ip_addresses())
def test_an_address_lies_in_its_network(address):
    told = network.of_address(str(address))
    mapped = getattr(address, "ipv4_mapped", None) or address
    assert told == "" or mapped in ip_network(told)
    assert bool(told) != ip_address(mapped).is_loopback


@given(st.text())
def test_no_text_breaks_it(text):
    assert isinstance(network.of_address(text), str)
