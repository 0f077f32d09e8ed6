"""Scanners that only fetch links: nothing they do counts."""

import pytest
from mailed import Post

from app.store.tables import Status


@pytest.fixture
def post(app, engine, clock):
    return Post(engine, app.state.letterhead, clock)


@pytest.mark.parametrize(
    "n_letters", [1, pytest.param(400, marks=pytest.mark.full)], ids=["some", "many"]
)
def test_who_fetches_every_link_of_a_mail_does_nothing(n_letters, client, post, clock):
    """HEAD, then GET, of all links, from one second to a minute after hand-over."""
    mails = [*post.daily(n_letters), post.confirm()]
    for n, mail in enumerate(mails):
        clock.forward(seconds=1 if n % 2 else 59)
        for url in mail.urls:
            path = url.removeprefix("http://localhost:8000")
            for method in ("HEAD", "GET"):
                answer = client.request(method, path, follow_redirects=True)
                assert answer.status_code == 200
        clock.forward(seconds=-1 if n % 2 else -59)
    post.settle()

    assert len(mails[0].urls) >= 40
    assert post.counted() == {}
    assert post.n_taps() == (0, 0)
    assert post.statuses() == [Status.ACTIVE] * n_letters + [Status.PENDING]
