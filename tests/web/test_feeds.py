"""A reader's picks as a feed: valid in every form, theirs alone, and cheap to ask for again."""

import json
import logging
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from app.papers.paper import Paper
from app.store import engine as engines
from app.store import letters, subscribers
from app.store.tables import Status
from app.web import access

ATOM = "{http://www.w3.org/2005/Atom}"
FORMS = ("rss", "atom", "json")


def path(reader, form):
    return reader.feed.replace(".atom", f".{form}")


def entries(body, form):
    """(title, url, text) of each entry."""
    if form == "json":
        told = json.loads(body)
        return [(e["title"], e["url"], e["content_html"]) for e in told["items"]]
    root = ElementTree.fromstring(body)  # noqa: S314
    if form == "rss":
        return [tuple(e.findtext(n) for n in ("title", "link", "description"))
                for e in root.iter("item")]  # fmt: skip
    return [
        (
            e.findtext(f"{ATOM}title"),
            e.find(f"{ATOM}link").get("href"),
            e.findtext(f"{ATOM}content"),
        )
        for e in root.iter(f"{ATOM}entry")
    ]


@pytest.mark.parametrize("form", FORMS)
def test_it_brings_the_picks_with_their_reasons(client, reader, form):
    answer = client.get(path(reader, form))

    (first, second) = entries(answer.content, form)
    assert first[:2] == ("Tides of small moons", "https://example.org/moons")
    assert "You asked for moons." in first[2]
    assert "We watch small moons." in first[2]
    assert reader.feedback("like") in first[2]
    assert second[:2] == (
        "Bread as a soft solid",
        f"http://localhost:8000/papers/{reader.paper_ids[1]}",
    )
    assert {"rss": "rss+xml", "atom": "atom+xml", "json": "feed+json"}[form] in answer.headers[
        "content-type"
    ]


@pytest.mark.parametrize("form", FORMS)
def test_who_has_it_all_gets_no_second_copy(client, reader, form, engine):
    first = client.get(path(reader, form))
    tag = first.headers["etag"]

    for asked in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = client.get(path(reader, form), headers={"if-none-match": asked})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == "private, no-cache"
    assert client.get(path(reader, form), headers={"if-none-match": '"x"'}).status_code == 200
    with engines.transaction(engine) as session:
        letters.picks_of(session, reader.letter_id)[0][1].title = "Other tides"
    assert client.get(path(reader, form), headers={"if-none-match": tag}).status_code == 200


@pytest.mark.parametrize("form", FORMS)
def test_hostile_text_stays_text(client, engine, reader, store_papers, form, hostile):
    # But NUL: no digest brings one into the store.
    controls = "".join(map(chr, range(1, 32))) + "\x7f\ufffe]]>&"
    (paper_id,) = store_papers(
        Paper(title=hostile + controls, abstract=hostile + controls, authors=(hostile + controls,))
    )
    with engines.transaction(engine) as session:
        letters.pick_at(session, reader.letter_id, 1)[0].paper_id = paper_id

    (first, _) = entries(client.get(path(reader, form)).content, form)

    assert "<script>" in first[0]
    assert "<script>" not in first[2]
    assert "&lt;script&gt;" in first[2]
    assert "<img" not in first[2]


def test_only_the_last_thirty_days_are_in_it(client, reader, clock):
    clock.forward(days=30)
    assert len(entries(client.get(reader.feed).content, "atom")) == 2
    clock.forward(days=1)
    assert entries(client.get(reader.feed).content, "atom") == []


def test_it_ends_with_the_letters_or_when_links_are_made_void(client, reader, engine):
    with engines.transaction(engine) as session:
        subscribers.by_id(session, reader.id).status = Status.UNSUBSCRIBED
    assert client.get(reader.feed).status_code == 404
    with engines.transaction(engine) as session:
        row = subscribers.by_id(session, reader.id)
        row.status = Status.ACTIVE
        subscribers.renew_links(session, row)
    assert client.get(reader.feed).status_code == 404


def test_nobody_gets_the_picks_of_others(client, reader, make_reader, engine):
    other = make_reader("other@example.org")
    with engines.transaction(engine) as session:
        letters.by_id(session, other.letter_id).edition_date -= timedelta(days=90)

    assert entries(client.get(other.feed).content, "atom") == []


@pytest.mark.parametrize("end", ["picks.exe", "picks", "picks.RSS", "picks.rss/x", ""])
def test_any_other_form_is_no_page(client, reader, end):
    assert client.get(reader.feed.replace("picks.atom", end)).status_code == 404


def test_its_address_stays_out_of_the_log(reader):
    record = logging.LogRecord("uvicorn.access", 20, "", 0, "%s", (reader.feed,), None)

    access.WithoutTokens().filter(record)

    assert record.getMessage() == "/feeds/…/picks.atom"
