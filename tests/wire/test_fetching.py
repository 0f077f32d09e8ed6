"""Bytes, limits, manners: one GET at a time."""

import gzip
import hashlib
import ssl
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from local_web import Asked, LocalWeb, answer

from app.errors import NotAllowed, NotReady, Unreachable
from app.wire.addresses import Reach
from app.wire.fetching import Answer, Client, Validators
from app.wire.unpacking import Body, Limits

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def webs() -> Iterator[LocalWeb]:
    with LocalWeb() as web:
        yield web


@pytest.fixture
def web(webs: LocalWeb) -> LocalWeb:
    """A server that knows no page yet."""
    webs.pages.clear()
    webs.asked.clear()
    webs.page = lambda _: answer(status=404)
    return webs


def _client(web: LocalWeb, **changes: Any) -> Client:
    return Client(
        Reach(own=frozenset({web.place})), "Paperboy/tests (+mailto:a@b.example)", **changes
    )


def _get(web: LocalWeb, page: Iterable[bytes], **changes: Any) -> Answer:
    web.page = lambda _: page
    return _client(web, **changes).get(web.url)


def test_an_answer_is_told_whole(web: LocalWeb):
    told = {"ETag": 'W/"a1"', "Last-Modified": "Mon, 05 Oct 2026 04:00:07 GMT"}
    found = _get(web, answer(b"<rss/>", Content_Type="application/rss+xml", **told))

    assert (found.status, found.body, found.content_type) == (200, b"<rss/>", "application/rss+xml")
    assert found.validators == Validators('W/"a1"', "Mon, 05 Oct 2026 04:00:07 GMT")
    assert (found.wait, found.next_url) == (None, "")


def test_who_asks_says_who_it_is_and_what_it_has(web: LocalWeb):
    web.page = lambda _: answer(status=304)
    held = Validators('"a1"', "Mon, 05 Oct 2026 04:00:07 GMT")
    found = _client(web).get(web.url, held, {"Authorization": "Bearer secret"})

    assert (found.status, found.body) == (304, b"")
    said = web.asked[0].headers
    assert said["user-agent"] == "Paperboy/tests (+mailto:a@b.example)"
    assert said["if-none-match"] == '"a1"'
    assert said["if-modified-since"] == "Mon, 05 Oct 2026 04:00:07 GMT"
    assert said["authorization"] == "Bearer secret"
    assert said["accept-encoding"] == "gzip"
    assert "cookie" not in said


def test_a_token_is_not_taken_along_to_another_host(web: LocalWeb):
    with LocalWeb(lambda _: answer(b"there")) as other:
        web.page = lambda _: answer(status=302, Location=f"{other.url}/x", Set_Cookie="a=b")
        reach = Reach(own=frozenset({web.place, other.place}))
        found = Client(reach, "tests").get(web.url, None, {"Authorization": "Bearer secret"})

        assert (found.url, found.body) == (f"{other.url}/x", b"there")
        assert "authorization" not in other.asked[0].headers
        assert "cookie" not in other.asked[0].headers


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "120"}, timedelta(minutes=2)),
        ({"Retry-After": "99999999999999"}, timedelta(days=1)),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 05 Oct 2026 04:10:00 GMT"}, timedelta(minutes=10)),
        ({"Retry-After": "Mon, 05 Oct 2026 03:10:00 GMT"}, timedelta()),
        ({"RateLimit": '"api";r=0;t=55'}, timedelta(seconds=55)),
        ({"RateLimit": '"api";r=499;t=55'}, None),
    ],
)
def test_a_server_says_how_long_to_leave_it_alone(
    web: LocalWeb, headers: dict[str, str], wait: timedelta | None
):
    page = answer(status=429, Date="Mon, 05 Oct 2026 04:00:00 GMT", **headers)
    assert _get(web, page).wait == wait


def test_the_next_page_is_named_by_a_header(web: LocalWeb):
    found = _get(web, answer(b"[]", Link='</api/daily_papers?p=1>; rel="next"'))
    assert found.next_url == f"{web.url}/api/daily_papers?p=1"


def test_a_turn_is_held_for_every_hop(web: LocalWeb):
    taken: list[str] = []

    @contextmanager
    def turn(host: str) -> Iterator[None]:
        taken.append(f"{host} begins")
        yield
        taken.append(f"{host} ends")

    web.pages["/a"] = lambda _: answer(status=301, Location="/b")
    web.pages["/b"] = lambda _: answer(b"b")
    assert _client(web, turn=turn).get(f"{web.url}/a").body == b"b"
    assert taken == ["127.0.0.1 begins", "127.0.0.1 ends"] * 2


def test_a_host_proves_its_name_and_not_its_address():
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(HERE / "certificate.pem", HERE / "key.pem")
    trusting = ssl.create_default_context(cafile=str(HERE / "certificate.pem"))
    with LocalWeb(lambda _: answer(b"safe"), tls=served) as web:
        names = {f"{name}:{web.port}" for name in ("localhost", "other.test")}
        reach = Reach(own=frozenset(names), resolve=lambda _host, _port: ["127.0.0.1"])
        client = Client(reach, "tests", tls=trusting)

        assert client.get(f"https://localhost:{web.port}/").body == b"safe"
        assert web.asked[0].headers["host"] == f"localhost:{web.port}"
        with pytest.raises(Unreachable, match=r"other\.test gives no answer"):
            client.get(f"https://other.test:{web.port}/")
        with pytest.raises(Unreachable):
            Client(reach, "tests").get(f"https://localhost:{web.port}/")


def test_a_second_address_is_tried_where_the_first_refuses(web: LocalWeb):
    reach = Reach(
        own=frozenset({f"two.test:{web.port}"}),
        resolve=lambda _host, _port: ["127.9.9.9", "127.0.0.1"],
    )
    web.page = lambda _: answer(b"second")
    assert Client(reach, "tests").get(f"http://two.test:{web.port}/").body == b"second"


@pytest.mark.parametrize(
    "page",
    [
        [],
        [b"nonsense\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot packed"],
        [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(b"cut" * 99)[:-9]],
        [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(b"two") * 2],
        [b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nX: ", b"y" * 200_000, b"\r\n\r\n"],
    ],
)
def test_a_broken_answer_is_an_error_of_ours(web: LocalWeb, page: list[bytes]):
    with pytest.raises((Unreachable, NotAllowed)):
        _get(web, page)


def test_nobody_there_is_an_error_of_ours(web: LocalWeb):
    with LocalWeb() as gone:
        reach = Reach(own=frozenset({gone.place}))
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 gives no answer"):
        Client(reach, "tests").get(gone.url)


# What hostile answers may cost.


def _packed(wanted: int) -> Iterator[bytes]:
    """Zeros, packed a thousandfold, made as they are sent."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    block = bytes(1_000_000)
    for _ in range(wanted // len(block)):
        yield packer.compress(block)
    yield packer.flush()


@pytest.mark.parametrize("size", [10**7, 10**8, 10**9, 10**10])
def test_a_bomb_is_not_unpacked(web: LocalWeb, size: int):
    with pytest.raises(NotAllowed, match="unpacks to more than"):
        _get(web, _packed(size))


def test_what_is_packed_as_usual_but_long_is_cut_at_fifty_megabytes(web: LocalWeb):
    """Each byte a hundred times over, which no ratio gives away."""
    noise = hashlib.shake_128(b"noise").digest(10_000)
    block = bytes(byte for byte in noise for _ in range(100))

    def page(n_blocks: int) -> Iterator[bytes]:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
        for _ in range(n_blocks):
            yield packer.compress(block)
        yield packer.flush()

    assert len(_get(web, page(49)).body) == 49_000_000
    with pytest.raises(NotAllowed, match="more than 50 MB"):
        _get(web, page(52))


def test_the_memory_stays_small_whatever_is_packed(web: LocalWeb):
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(NotAllowed):
        _get(web, _packed(10**8))
    unit = 1 if sys.platform == "darwin" else 1000
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert more * unit < 100_000_000


def test_what_is_packed_well_but_small_is_read(web: LocalWeb):
    packed = gzip.compress(bytes(900_000))
    page = answer(packed, Content_Encoding="gzip")
    assert _get(web, page).body == bytes(900_000)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "compress", "x" * 999])
def test_what_was_not_asked_for_is_not_unpacked(web: LocalWeb, encoding: str):
    with pytest.raises(NotAllowed, match="not asked for"):
        _get(web, answer(b"\x28\xb5\x2f\xfd", Content_Encoding=encoding))


def test_a_length_that_is_too_much_is_believed_and_nothing_is_read(web: LocalWeb):
    sent = []

    def page(_asked: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"
        for _ in range(200):
            sent.append(1)
            yield bytes(100_000)

    web.page = page
    with pytest.raises(NotAllowed, match="10000000000 bytes"):
        _client(web).get(web.url)


@pytest.mark.parametrize("length", [b"", b"Transfer-Encoding: chunked\r\n"])
def test_an_endless_answer_is_cut(web: LocalWeb, length: bytes):
    def page(_asked: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n" + length + b"\r\n"
        while True:
            yield b"186a0\r\n" + bytes(100_000) + b"\r\n" if length else bytes(100_000)

    web.page = page
    with pytest.raises(NotAllowed, match="longer than 1 MB"):
        _client(web, limits=Limits(wire=1_000_000)).get(web.url)


Dripping = Callable[[bytes], Callable[[Asked], Iterator[bytes]]]


@pytest.fixture
def dripping() -> Iterator[Dripping]:
    """After a beginning, a byte now and then, for ever."""
    over = threading.Event()

    def make(begin: bytes) -> Callable[[Asked], Iterator[bytes]]:
        def page(_asked: Asked) -> Iterator[bytes]:
            yield begin
            while not over.wait(0.02):
                yield b"x"

        return page

    yield make
    over.set()


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
    ],
)
def test_a_byte_now_and_then_does_not_hold_us(web: LocalWeb, dripping: Dripping, begin: bytes):
    web.page = dripping(begin)
    with pytest.raises(Unreachable, match=r"longer than 0\.2 seconds"):
        _client(web, limits=Limits(seconds=0.2)).get(web.url)


def test_the_time_is_for_all_hops_together(web: LocalWeb, dripping: Dripping):
    web.pages["/1"] = lambda _: answer(status=302, Location="/2")
    web.pages["/2"] = dripping(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(Unreachable, match=r"longer than 0\.2 seconds"):
        _client(web, limits=Limits(seconds=0.2)).get(f"{web.url}/1")


def test_who_is_to_stop_waits_for_no_answer(web: LocalWeb, dripping: Dripping):
    web.page = dripping(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(NotReady, match="Paperboy stops"):
        _client(web, stops=lambda: bool(web.asked)).get(web.url)


def test_what_a_redirect_carries_is_not_drained(web: LocalWeb):
    def moved(_asked: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n"
        while True:
            yield bytes(100_000)

    web.pages["/"] = moved
    web.pages["/there"] = lambda _: answer(b"there")
    assert _client(web).get(f"{web.url}/").body == b"there"


def test_a_body_is_the_same_however_it_is_cut():
    packed = gzip.compress(b"Sparse retrieval still works. " * 99)
    whole = Body("gzip", Limits())
    whole.add(packed)
    cut = Body("x-gzip", Limits())
    for byte in packed:
        cut.add(bytes([byte]))
    assert whole.whole() == cut.whole() == b"Sparse retrieval still works. " * 99
