import socket

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
