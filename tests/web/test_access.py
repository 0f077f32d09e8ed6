import logging

import pytest

from app.web import access


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/unsubscribe/AQ.secret", "/unsubscribe/…"),
        ("/feedback/AQ.secret/2/like?x=1", "/feedback/…/2/like?x=1"),
        ("/paperboy/letters/AQ.secret", "/paperboy/letters/…"),
        ("/papers/3", "/papers/3"),
        ("/subscribe/sent", "/subscribe/sent"),
    ],
)
def test_no_token_is_left_in_a_path(path, shown):
    assert access.without_tokens(path) == shown


def test_the_servers_access_log_shows_no_token(client, caplog):
    log = logging.getLogger("uvicorn.access")

    with caplog.at_level(logging.INFO, "uvicorn.access"):
        log.info('%s - "%s %s HTTP/%s" %d', "1.2.3.4:5", "GET", "/confirm/AQ.secret", "1.1", 200)

    assert caplog.messages == ['1.2.3.4:5 - "GET /confirm/… HTTP/1.1" 200']


def test_the_filter_is_added_once(app):
    access.hide_tokens()

    filters = logging.getLogger("uvicorn.access").filters
    assert sum(isinstance(each, access.WithoutTokens) for each in filters) == 1
