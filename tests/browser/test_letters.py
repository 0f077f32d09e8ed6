"""Letters as a mail program shows them: all they need is in them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.papers.paper import Paper
from app.pipeline import opt_in
from app.recommend import interests
from app.store import engine as engines
from browser.conftest import SCHEMES

TRAPS = (
    '<img src="https://tracker.example/a.gif">',
    '"><link rel=stylesheet href=//tracker.example/b.css><script src=//tracker.example/c.js>',
    "</style><style>@import url(https://tracker.example/d.css);</style>",
    "<body background=https://tracker.example/e.gif><iframe src=https://tracker.example/f>",
    "url(https://tracker.example/g.gif) <video poster=https://tracker.example/h.png autoplay>",
)


@pytest.fixture
def taken(day, sink, clock, engine, make_subscriber, store_papers):
    """A daily letter of hostile papers and a question to confirm, as they came over the wire."""
    store_papers(*(Paper(f"Retrieval {t}", f"On retrieval. {t}", authors=(t,)) for t in TRAPS))
    make_subscriber("retrieval")
    wish = opt_in.Wish("new@example.org", interests.parse("retrieval"))
    with engines.transaction(engine) as session:
        asked = opt_in.Asked("Letters, please.", "the form")
        opt_in.request(session, day.desk.head, wish, asked, clock.now)
    day.rank_due()
    with ThreadPoolExecutor() as pool:  # the browser's own loop runs in this thread
        assert pool.submit(asyncio.run, day.deliver()).result().sent == 2
    return sink.taken


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_opened_letter_asks_nothing_of_anybody(chromium, taken, scheme):
    for each in taken:
        asked = []
        context = chromium.new_context(color_scheme=scheme)
        context.on("request", lambda request, asked=asked: asked.append(request.url))
        page = context.new_page()
        html = each.message.get_body(["html"]).get_content()
        page.set_content(html, wait_until="networkidle")
        assert "retrieval" in page.inner_text("body").lower()
        context.close()
        assert asked == []


def test_the_log_would_have_seen_a_request(chromium):
    asked = []
    context = chromium.new_context(offline=True)
    context.on("request", lambda request: asked.append(request.url))
    context.new_page().set_content('<img src="https://tracker.example/a.gif">')
    context.close()
    assert asked == ["https://tracker.example/a.gif"]
