"""Why a paper is, or is not, in my letter, and my word on it."""

import pytest

from app.mail.links import Verdict
from app.papers.paper import Paper
from app.recommend import interests
from app.store import engine as engines
from app.store import feedback, letters, outbox, subscribers, tables
from app.store.tables import State, Status


@pytest.fixture
def fit(app, engine, clock):
    def fit():
        with engines.transaction(engine) as session:
            return app.state.models.of(session, clock().date())

    return fit


@pytest.fixture
def sent(engine, reader, clock):
    """The reader's letter of this morning, which has gone out."""
    with engines.transaction(engine) as session:
        session.add(
            tables.OutboxEntry(
                subscriber_id=reader.id,
                letter_id=reader.letter_id,
                edition_date=clock().date(),
                kind=tables.LetterKind.DAILY,
                due_at=clock(),
                first_due_at=clock(),
                state=State.SENT,
                settled_at=clock(),
            )
        )
    return reader


def _page(reader, paper_id):
    return f"{reader.preferences}/papers/{paper_id}"


def test_a_paper_of_a_letter_tells_its_place_and_its_reason_without_a_model(client, sent, app):
    page = client.get(_page(sent, sent.paper_ids[0]))

    assert page.status_code == 200
    assert "Yes: it is number 1 of your letter of Friday 20 November 2026." in page.text
    assert "You asked for moons." in page.text
    assert "100%" in page.text
    assert app.state.models.latest() is None


def test_a_letter_that_never_went_out_brought_nothing(engine, sent):
    with engines.transaction(engine) as session:
        outbox.of_subscriber(session, sent.id)[0].state = State.FAILED
        assert letters.edition_with(session, sent.id, sent.paper_ids[0]) is None


def test_before_papers_are_weighed_the_page_asks_for_patience(client, make_reader, store_papers):
    reader = make_reader()
    (other,) = store_papers(Paper("Newts"))
    page = client.get(_page(reader, other))
    assert page.status_code == 200
    assert "Please look again in a minute." in page.text


def test_the_corpus_is_read_for_no_page_while_nothing_new_is_stored(
    client, make_reader, store_papers, fit, monkeypatch, clock
):
    reader = make_reader()
    (newts,) = store_papers(Paper("Newts and moons", "Newts under moons."))
    fit()
    first = client.get(_page(reader, newts)).text

    def never(*_, **__):
        raise AssertionError("a page must not wait for this")

    for name in ("papers.texts", "vectors.fit", "board.lay_out"):
        monkeypatch.setattr(f"app.pipeline.models.{name}", never)
    clock.forward(minutes=2)
    assert client.get(_page(reader, newts)).text == first
    monkeypatch.undo()
    (later,) = store_papers(Paper("Rings"))
    assert "Please look again in a minute." in client.get(_page(reader, later)).text
    fit()
    clock.forward(minutes=1)
    assert "Please look again" not in client.get(_page(reader, later)).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("moons -newts", "No, for you asked to leave out newts."),
        ("bread", "the least you want."),
    ],
)
def test_a_paper_that_is_not_in_tells_what_kept_it_out(
    client, engine, make_reader, store_papers, fit, typed, sentence
):
    reader = make_reader()
    (newts,) = store_papers(Paper("Newts and moons", "Newts under moons."))
    with engines.transaction(engine) as session:
        subscribers.set_interests(session, reader.id, interests.parse(typed))
    fit()

    page = client.get(_page(reader, newts))

    assert page.status_code == 200
    assert sentence in page.text


def test_an_old_paper_is_called_old(client, reader, store_papers, fit, clock):
    from datetime import timedelta

    (old,) = store_papers(Paper("Old moons"), day=clock().date() - timedelta(days=30))
    fit()
    assert "takes only papers of the last 7 days" in client.get(_page(reader, old)).text


def test_a_word_on_the_paper_counts_and_is_taken_back_here(client, engine, sent):
    path = _page(sent, sent.paper_ids[0])

    def standing():
        with engines.transaction(engines.reading(engine)) as session:
            return set(feedback.standing(session, sent.id, sent.paper_ids[0]))

    answer = client.post(path, data={"verdict": "like"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert standing() == {Verdict.LIKE}
    assert "You like it: take that back" in client.get(path).text

    client.post(path, data={"verdict": "like"})
    client.post(path, data={"verdict": "save"})
    assert standing() == {Verdict.LIKE, Verdict.SAVE}
    client.post(path, data={"verdict": "like", "undo": "yes"})
    assert standing() == {Verdict.SAVE}


def test_only_our_own_pages_may_say_so(client, sent, dump):
    path, before = _page(sent, sent.paper_ids[0]), dump()
    answer = client.post(path, data={"verdict": "like"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert client.post(path, data={"verdict": "adore"}).status_code == 422
    assert client.post(_page(sent, 999), data={"verdict": "like"}).status_code == 404
    assert dump() == before


def test_the_page_is_kept_out_of_caches_and_search_engines(client, sent):
    headers = client.get(_page(sent, sent.paper_ids[0])).headers
    assert headers["cache-control"] == "no-store"
    assert "noindex" in headers["x-robots-tag"]


def test_a_link_of_nobody_and_a_paper_of_none_are_not_found(client, sent, make_reader):
    assert client.get(_page(sent, 999)).status_code == 404
    assert client.get(f"/preferences/AQ.forged/papers/{sent.paper_ids[0]}").status_code == 404
    gone = make_reader("gone@example.org", status=Status.UNSUBSCRIBED)
    assert client.get(_page(gone, gone.paper_ids[0])).status_code == 404


def test_a_hostile_title_stays_text(client, reader, store_papers, read_page, hostile, fit):
    (paper_id,) = store_papers(Paper(f"Moons {hostile}", hostile))
    fit()
    tree = read_page(client.get(_page(reader, paper_id)).text)
    assert tree.find(".//img") is None
    assert all(script.get("src") for script in tree.iter("script"))


def test_the_letter_itself_leads_to_why_each_of_its_papers_is_there(
    client, sent, app, engine, read_page
):
    tree = read_page(client.get(sent.letter).text)
    urls = [a.get("href") for a in tree.iter("a") if a.text == "Why this?"]
    assert len(urls) == len(sent.paper_ids)
    for rank, url in enumerate(urls, start=1):
        page = client.get(url.removeprefix("http://localhost:8000"), follow_redirects=True)
        assert f"Yes: it is number {rank} of your letter" in page.text
    assert app.state.models.latest() is None


def test_a_letter_whose_links_were_made_void_leads_to_nobody_s_page(client, sent, engine):
    with engines.transaction(engine) as session:
        subscribers.renew_links(session, subscribers.by_id(session, sent.id))
    answer = client.get(sent.feedback("why"), follow_redirects=True)
    assert answer.status_code == 404
    assert "ada@example.org" not in answer.text


@pytest.mark.parametrize(
    ("column", "said"), [("withdrawn_on", "was withdrawn"), ("unlisted_on", "off the list")]
)
def test_what_left_the_lists_is_said_to_have_left_them(
    client, reader, store_papers, engine, fit, clock, column, said
):
    (gone,) = store_papers(Paper("Moons that are no more"))
    with engines.transaction(engine) as session:
        setattr(session.get(tables.Paper, gone), column, clock().date())
    fit()
    page = client.get(_page(reader, gone)).text
    assert said in page
    assert "of 100" not in page
