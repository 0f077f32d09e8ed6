import socket
import threading

import pytest
from web_hook import WebHook

from app.errors import NotReady
from app.wire import webhook

TOLD = {"alert": "silence", "text": "Nothing was sent – for 26 hours."}


@pytest.fixture
def hook():
    with WebHook() as hook:
        yield hook


def test_what_is_told_arrives_as_json(hook):
    webhook.post(hook.url, TOLD)
    assert (hook.posted, hook.paths) == ([TOLD], ["/hook?key=of-nobody-else"])


@pytest.mark.parametrize("status", [301, 307, 404, 500])
def test_another_answer_is_told_without_the_url_and_no_redirect_is_followed(hook, status):
    hook.answers = [status]
    with pytest.raises(NotReady, match=f"^The webhook answers {status}\\.$"):
        webhook.post(hook.url, TOLD)
    assert len(hook.paths) == 1


def test_a_server_that_is_not_there_is_told_without_the_url():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotReady, match=r"^The webhook cannot be reached: URLError\.$"):
        webhook.post(f"http://127.0.0.1:{port}/secret", TOLD)


def test_a_server_that_goes_on_answering_is_given_up(monkeypatch):
    """A byte now and then: each comes in time."""
    monkeypatch.setattr(webhook, "PATIENCE_SECONDS", 0.2)
    over = threading.Event()

    def drip(server):
        caller, _ = server.accept()
        with caller:
            caller.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            for _ in range(500):
                caller.sendall(b"a")
                if over.wait(0.01):
                    break
            caller.sendall(b"\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = threading.Thread(target=drip, args=[server])
        dripping.start()
        try:
            with pytest.raises(NotReady, match=r"^The webhook cannot be reached: TimeoutError\.$"):
                webhook.post(f"http://127.0.0.1:{server.getsockname()[1]}/secret", TOLD)
        finally:
            over.set()
            dripping.join()
