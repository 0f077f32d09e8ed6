"""What people type, and strangers redirect to, never makes this machine talk to its own network."""

import select
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_web import Asked, LocalWeb, answer

from app.errors import FetchError, NotAllowed, Unreachable
from app.wire import addresses
from app.wire.addresses import REFUSED, Place, Reach
from app.wire.fetching import Client

# What a name server might say of names that anybody can register.
NAMES = {
    "loopback.test": ["127.0.0.1"],
    "mixed.test": ["93.184.216.34", "127.0.0.1"],
    "six.test": ["::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "local-nat64.test": ["64:ff9b:1::7f00:1"],
    "metadata.test": ["169.254.169.254"],
    "cgnat.test": ["100.64.0.1"],
    "ula.test": ["fd00:ec2::254"],
    "link.test": ["fe80::1%lo"],
    "private.test": ["192.168.0.1"],
    "wire.test": ["168.63.129.16"],
    "teredo.test": ["2001:0:7f00:1::"],
    "sixtofour.test": ["2002:7f00:1::1"],
    "nowhere.test": [],
    "nonsense.test": ["127.1"],
    "localhost": ["127.0.0.1", "::1"],
}
# {port} is that of the trap, which the rules allow here: only the address can be the reason.
URLS = """
http://127.0.0.1:{port}/            http://127.0.0.1:{port}            http://127.8.8.8:{port}/
http://127.1:{port}/                http://127.0.1:{port}/             http://0:{port}/
http://0.0.0.0:{port}/              http://2130706433:{port}/          http://017700000001:{port}/
http://0x7f000001:{port}/           http://0x7f.0.0.1:{port}/          http://0x7f.1:{port}/
http://0177.0.0.1:{port}/           http://127.0.0.01:{port}/          http://0127.0.0.1:{port}/
http://127.0.0.1.:{port}/           http://[::1]:{port}/               http://[0:0:0:0:0:0:0:1]:{port}/
http://[::]:{port}/                 http://[::ffff:127.0.0.1]:{port}/  http://[::ffff:7f00:1]:{port}/
http://[::127.0.0.1]:{port}/        http://[64:ff9b::127.0.0.1]:{port}/
http://[64:ff9b::7f00:1]:{port}/    http://[64:ff9b:1::7f00:1]:{port}/ http://[fe80::1]:{port}/
http://[fe80::1%25lo]:{port}/       http://[fc00::1]:{port}/           http://[fd00:ec2::254]:{port}/
http://[2002:7f00:1::]:{port}/      http://[2001:0:7f00:1::]:{port}/   http://[2001:db8::1]:{port}/
http://[ff02::1]:{port}/            http://10.0.0.1:{port}/            http://172.16.0.1:{port}/
http://172.31.255.255:{port}/       http://192.168.1.1:{port}/         http://169.254.169.254:{port}/
http://100.64.0.1:{port}/           http://100.100.100.200:{port}/     http://192.0.0.192:{port}/
http://198.18.0.1:{port}/           http://224.0.0.1:{port}/           http://255.255.255.255:{port}/
http://168.63.129.16:{port}/        http://localhost:{port}/           http://LOCALHOST:{port}/
http://localhost.:{port}/           http://loopback.test:{port}/       http://LoopBack.Test.:{port}/
http://mixed.test:{port}/           http://six.test:{port}/            http://mapped.test:{port}/
http://nat64.test:{port}/           http://local-nat64.test:{port}/    http://metadata.test:{port}/
http://cgnat.test:{port}/           http://ula.test:{port}/            http://link.test:{port}/
http://private.test:{port}/         http://wire.test:{port}/           http://teredo.test:{port}/
http://sixtofour.test:{port}/       http://nowhere.test:{port}/        http://nonsense.test:{port}/
http://me@127.0.0.1:{port}/         http://me:word@loopback.test:{port}/
http://example.org@127.0.0.1:{port}/            http://example.org:80@127.0.0.1:{port}/
http://example.org%40127.0.0.1:{port}/          http://example.org\\@127.0.0.1:{port}/
http://127.0.0.1:{port}\\@example.org/          http://127.0.0.1%23@example.org:{port}/
http://example.org#@127.0.0.1:{port}/x          http://127.0.0.1%00.example.org:{port}/
http://127%2e0%2e0%2e1:{port}/      http://①②⑦.⓪.⓪.①:{port}/          http://127。0。0。1:{port}/
http://loopback.test%2f:{port}/     ftp://127.0.0.1:{port}/            file:///etc/passwd
gopher://127.0.0.1:{port}/_         dict://127.0.0.1:{port}/           http:///127.0.0.1:{port}/
//127.0.0.1:{port}/                 http:127.0.0.1:{port}/             https://127.0.0.1:{port}/
http://127.0.0.1:22/                http://127.0.0.1:25/               http://127.0.0.1:0/
http://127.0.0.1:99999/             http://loopback.test:6379/         javascript:alert(1)
""".split()  # noqa: SIM905


def _resolve(host: str, _port: int) -> list[str]:
    if host not in NAMES:
        raise OSError("no such name")
    return NAMES[host]


@pytest.fixture(scope="module")
def traps() -> Iterator[list[socket.socket]]:
    """Sockets of one port on loopback that wait for a connection, and must wait in vain."""
    open_ = [socket.create_server(("127.0.0.1", 0))]
    port = open_[0].getsockname()[1]
    with suppress(OSError):  # a machine without IPv6 has nothing to reach there
        open_.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    yield open_
    for each in open_:
        each.close()


@pytest.fixture
def port(traps: list[socket.socket]) -> Iterator[int]:
    """Of the traps; none of them may have been touched when the test is over."""
    yield traps[0].getsockname()[1]
    touched, _, _ = select.select(traps, [], [], 0)
    assert not touched


def _client(port: int, **reach: object) -> Client:
    ports = frozenset({80, 443, port})
    return Client(Reach(**{"ports": ports, "resolve": _resolve} | reach), "Paperboy/tests")


def test_there_are_sixty_and_more():
    assert len(URLS) >= 60


@pytest.mark.parametrize("url", URLS)
def test_no_url_reaches_a_private_address(url: str, port: int):
    with pytest.raises(FetchError):
        _client(port).get(url.format(port=port))


@pytest.mark.parametrize("url", URLS)
def test_no_redirect_reaches_a_private_address(url: str, port: int, front: LocalWeb):
    target = url.format(port=port)
    front.pages["/"] = lambda _: answer(status=302, Location=target.encode().decode("latin-1"))

    with suppress(FetchError):  # what names no host is a path of the same one
        found = _client(port, own=frozenset({front.place})).get(f"{front.url}/")
        assert found.url.startswith(front.url)


@pytest.fixture(scope="module")
def fronts() -> Iterator[LocalWeb]:
    with LocalWeb() as web:
        yield web


@pytest.fixture
def front(fronts: LocalWeb) -> LocalWeb:
    """A server that everybody may ask, and that has not been asked yet."""
    fronts.pages.clear()
    fronts.asked.clear()
    return fronts


@pytest.mark.parametrize("n_before", [1, 2, 4])
def test_every_hop_of_a_chain_is_judged(n_before: int, port: int, front: LocalWeb):
    def onward(asked: Asked) -> list[bytes]:
        n = int(asked.path.removeprefix("/hop/"))
        further = f"/hop/{n + 1}" if n < n_before else f"http://127.0.0.1:{port}/"
        return answer(b"x" * 1000, 307, Location=further)

    front.page = onward
    with pytest.raises(NotAllowed, match="no public address"):
        _client(port, own=frozenset({front.place})).get(f"{front.url}/hop/1")


def test_a_chain_has_an_end(front: LocalWeb):
    front.page = lambda asked: answer(status=302, Location=f"{asked.path}x")
    with pytest.raises(NotAllowed, match="More than 5 redirects"):
        _client(0, own=frozenset({front.place})).get(f"{front.url}/")
    assert len(front.asked) == 6


def test_a_stranger_may_not_send_us_to_what_only_the_operator_may_name(front: LocalWeb):
    others = [each for each in REFUSED if str(each) != "127.0.0.0/8"]
    with LocalWeb(lambda _: answer(b"secret")) as inside:
        front.page = lambda _: answer(status=302, Location=f"http://inside.test:{inside.port}/")
        reach = {
            "own": frozenset({f"inside.test:{inside.port}"}),
            "ports": frozenset({front.port}),
            "refused": others,
            "resolve": lambda _host, _port: ["127.0.0.1"],
        }
        client = _client(0, **reach)

        assert client.get(f"http://inside.test:{inside.port}/").body == b"secret"
        inside.asked.clear()
        with pytest.raises(NotAllowed, match="not one of the web's"):
            client.get(f"http://stranger.test:{front.port}/")
        assert inside.asked == []


def test_a_name_that_changes_its_address_is_asked_for_once_a_hop(port: int, front: LocalWeb):
    # What is at 127.0.0.1 counts as public here; the second answer would lead to the trap.
    others = [each for each in REFUSED if str(each) != "127.0.0.0/8"]
    answers = [["127.0.0.1"], ["::1"], ["::1"]]
    client = _client(
        port,
        refused=others,
        ports=frozenset({front.port, port}),
        resolve=lambda _host, _port: answers.pop(0),
    )
    front.page = lambda _: answer(b"seen")
    assert client.get(f"http://rebinding.test:{front.port}/").body == b"seen"
    assert len(answers) == 2

    front.page = lambda _: answer(status=302, Location=f"http://rebinding.test:{port}/")
    answers.insert(0, ["127.0.0.1"])
    with pytest.raises(NotAllowed, match="at ::1, which is no public address"):
        client.get(f"http://rebinding.test:{front.port}/")


def test_the_environment_names_no_proxy(
    monkeypatch: pytest.MonkeyPatch, port: int, front: LocalWeb
):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
    front.page = lambda _: answer(b"direct")
    assert _client(0, own=frozenset({front.place})).get(front.url).body == b"direct"


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "2a00:1450::1", "192.0.1.1"]
)
def test_what_everybody_may_ask_is_public(address: str):
    assert addresses.is_public(address)
    assert addresses.pin(Place(address, 443), Reach(), 1, may_be_own=False) == [address]


@given(st.integers(0, 2**32 - 1))
def test_an_address_in_other_clothes_is_as_little_public(number: int):
    mapped, nat64 = (
        f"{prefix}{number >> 16:x}:{number & 0xFFFF:x}" for prefix in ("::ffff:", "64:ff9b::")
    )
    assert not addresses.is_public(mapped)
    assert not addresses.is_public(nat64)


@given(st.text(max_size=60))
def test_any_text_is_a_place_or_an_error_of_ours(text: str):
    for url in (text, f"http://{text}", f"https://example.org/{text}", f"http://a:{text}@b/"):
        try:
            place = addresses.place_of(url)
        except NotAllowed:
            continue
        assert place.host.isascii()
        assert 0 <= place.port < 65536


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://rss.arxiv.org/rss/cs.LG", "rss.arxiv.org", 443),
        ("http://EXAMPLE.org.", "example.org", 80),
        ("http://bücher.example/a?b=c#d", "xn--bcher-kva.example", 80),
        ("https://192.0.2.1:8443", "192.0.2.1", 8443),
        ("https://3d.example.org/", "3d.example.org", 443),
    ],
)
def test_a_usual_address_is_read(url: str, host: str, port: int):
    assert addresses.place_of(url) == Place(host, port)


def test_a_name_server_that_is_silent_is_left_behind():
    import threading

    asked, never = threading.Event(), threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        asked.set()
        never.wait()
        return []

    with pytest.raises(Unreachable, match="in time"):
        addresses.pin(Place("slow.test", 80), Reach(resolve=resolve), 0.01, may_be_own=False)
    never.set()


def test_a_host_that_nobody_knows_is_told_without_numbers():
    def resolve(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unreachable) as said:
        addresses.pin(Place("nix.test", 80), Reach(resolve=resolve), 5, may_be_own=False)
    assert str(said.value) == "The host nix.test is not known: Name or service not known."


def test_a_mirror_is_asked_in_the_place_of_its_host(front: LocalWeb):
    front.page = lambda asked: answer(asked.path.encode())
    reach = Reach(mirrors={"rss.arxiv.org": front.url})
    found = Client(reach, "Paperboy/tests").get("https://rss.arxiv.org/rss/cs.LG?a=b")
    assert found.body == b"/rss/cs.LG"
    assert front.asked[-1].headers["host"] == front.place
