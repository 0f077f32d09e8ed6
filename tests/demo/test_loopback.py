from contextlib import closing

from app.demo import loopback


def test_two_who_want_the_same_port_get_one_each():
    with closing(loopback.listening()) as first:
        port = first.getsockname()[1]
        with closing(loopback.listening(port)) as second:
            assert second.getsockname()[1] not in {0, port}


def test_a_port_that_is_free_is_given_to_whoever_wants_it():
    with closing(loopback.listening()) as found:
        port = found.getsockname()[1]
    with closing(loopback.listening(port)) as again:
        assert again.getsockname()[1] == port
