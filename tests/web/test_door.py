import socket

import pytest

from app.errors import NotReady
from app.web import door


def test_a_free_port_is_found_where_any_will_do():
    with door.opened("127.0.0.1", 0) as (bound,):
        assert bound.getsockname()[1] > 0
        assert bound.proto == socket.IPPROTO_TCP  # else small answers wait for others


def test_a_name_is_served_at_the_addresses_of_it_that_this_machine_has():
    with door.opened("localhost", 0) as sockets:
        assert "127.0.0.1" in {each.getsockname()[0] for each in sockets}


@pytest.mark.parametrize("host", ["999.1.1.1", "203.0.113.1"])
def test_an_address_that_is_not_this_machines_is_named(host):
    with (
        pytest.raises(NotReady, match=rf"on {host}, port 0: .+ PAPERBOY_HOST"),
        door.opened(host, 0),
    ):
        pass


def test_a_port_that_others_serve_on_is_named():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        taken = pytest.raises(NotReady, match=rf"port {port}: Address already in use\.")
        with taken, door.opened("127.0.0.1", port):
            pass
