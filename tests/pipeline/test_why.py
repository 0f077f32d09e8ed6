import asyncio
from datetime import timedelta

import pytest
from conftest import NOW

from app.mail.links import Verdict
from app.papers.paper import Paper
from app.pipeline import due, why
from app.recommend.calibration import Band
from app.store import engine as engines
from app.store import feedback, papers

TODAY = NOW.date()


@pytest.fixture
def ask(day, engine):
    """Why a reader got, or did not get, a paper of an edition."""

    def at(reader, paper_id, edition=TODAY):
        with engines.transaction(engines.reading(engine)) as session:
            row = papers.by_ids(session, [paper_id])[paper_id]
            wanted = due.on(reader, edition, day.clock())
            return why.of(session, day.desk, wanted, row, edition, day.clock())

    return at


@pytest.fixture
def say(engine):
    """Record a reader's word on a paper, an hour ago."""

    def record(reader, paper_id, verdict):
        with engines.transaction(engine) as session:
            feedback.record(session, reader.id, paper_id, verdict, NOW - timedelta(hours=1))

    return record


@pytest.fixture
def sent(day):
    """Make the letters of today and mail them."""

    def send():
        day.rank_due()
        asyncio.run(day.deliver())

    return send


def test_a_pick_is_explained_by_the_shares_that_were_stored(
    ask, sent, make_subscriber, store_papers, retrieval_papers, alter
):
    best, *_ = store_papers(*retrieval_papers)
    reader = make_subscriber('"sparse retrieval"')
    sent()
    answer = ask(reader, best)
    alter("UPDATE interest SET text = 'whales'")

    assert ask(reader, best) == answer
    assert (answer.rank, answer.told) == (1, "Number 1 of that letter.")
    assert answer.reason == "You asked for “sparse retrieval”."
    assert sum(share for _, share in answer.shares) == pytest.approx(answer.score)


def test_before_the_letter_is_made_the_rank_to_come_is_told(
    ask, make_subscriber, store_papers, retrieval_papers, dump
):
    best, *_ = store_papers(*retrieval_papers)
    reader = make_subscriber('"sparse retrieval"')
    before = dump()
    answer = ask(reader, best)

    assert (answer.rank, answer.told) == (None, "It would be number 1 of that letter.")
    assert answer.shares
    assert dump() == before


def test_a_paper_below_the_threshold_lacks_so_much(
    ask, sent, make_subscriber, store_papers, retrieval_papers
):
    *_, whales = store_papers(*retrieval_papers)
    reader = make_subscriber('"sparse retrieval"')
    sent()
    answer = ask(reader, whales)

    assert answer.rank is None
    assert answer.told.startswith("Below their threshold: its fit is 0.")
    assert answer.told.endswith("“good” starts at 0.50.")


def test_a_paper_beyond_the_size_of_the_letter_was_passed_over(
    ask, sent, make_subscriber, store_papers, retrieval_papers, alter
):
    ids = store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval", letter_size=1)
    reader.threshold = Band.LOOK
    alter("UPDATE subscriber SET threshold = :threshold", threshold=Band.LOOK)
    sent()
    told = [ask(reader, paper_id).told for paper_id in ids[:5]]

    assert told.count("Number 1 of that letter.") == 1
    assert any("Passed over: it would have been number 2" in each for each in told)
    assert all("hold 1 paper." in each for each in told if "Passed" in each)


def test_a_muted_paper_names_the_interest(
    ask, sent, make_subscriber, store_papers, retrieval_papers
):
    dense = store_papers(*retrieval_papers)[1]
    reader = make_subscriber('retrieval, -"dense retrieval"')
    sent()

    assert ask(reader, dense).told == 'Muted: they asked to leave out "dense retrieval".'


@pytest.mark.parametrize(
    ("verdict", "word"),
    [(Verdict.LIKE, "liked"), (Verdict.DISLIKE, "disliked"), (Verdict.SAVE, "saved")],
)
def test_a_paper_they_spoke_of_is_known_to_them(
    verdict, word, ask, say, make_subscriber, store_papers, retrieval_papers
):
    best, *_ = store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval")
    say(reader, best, verdict)

    answer = ask(reader, best)

    assert answer.told == f"They know it: they {word} it."
    assert "Close to" not in answer.reason  # to itself


def test_a_paper_sent_before_names_the_edition(
    ask, sent, make_subscriber, store_papers, retrieval_papers, clock
):
    best, *_ = store_papers(*retrieval_papers)
    reader = make_subscriber('"sparse retrieval"')
    sent()
    clock.forward(days=1)
    answer = ask(reader, best, clock.now.date())

    assert answer.told == "They know it: it was in their letter of 20 November 2026."


def test_another_spelling_of_a_known_paper_names_it(
    ask, say, make_subscriber, store_papers, retrieval_papers
):
    best, *others = retrieval_papers
    twin = best._replace(title=f"{best.title}: An")
    known, copy, *_ = store_papers(best, twin, *others)
    reader = make_subscriber("retrieval")
    say(reader, known, Verdict.SAVE)

    assert ask(reader, copy).told == f"They know it: it is the same work as “{best.title}”."


def test_another_spelling_of_a_pick_names_it_and_its_rank(
    ask, sent, make_subscriber, store_papers, retrieval_papers
):
    best, *others = retrieval_papers
    ids = store_papers(best, best._replace(title=f"{best.title}: An"), *others)
    reader = make_subscriber('"sparse retrieval"')
    sent()
    told = sorted(ask(reader, paper_id).told for paper_id in ids[:2])

    assert told[0] == "Number 1 of that letter."
    assert told[1].startswith("Passed over: it is the same work as “On sparse retrieval")
    assert told[1].endswith("”, number 1 of that letter.")


def test_a_paper_too_old_or_not_there_yet_says_when_it_was_first_seen(
    ask, make_subscriber, store_papers, retrieval_papers
):
    best, *_ = store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval")
    old = ask(reader, best, TODAY + timedelta(days=7))
    early = ask(reader, best, TODAY - timedelta(days=1))

    assert old.told.startswith("Too old for that day: it was first seen on 20 November 2026")
    assert early.told == "Not there yet: it was first seen on 20 November 2026."
    assert (old.shares, early.shares) == ((), ())


def test_a_letter_of_a_reader_ahead_of_utc_is_explained_by_the_papers_it_had(
    ask, sent, make_subscriber, store_papers, retrieval_papers, alter, clock
):
    *_, whales = store_papers(*retrieval_papers)
    oldest = (TODAY - timedelta(days=6)).isoformat()
    alter("UPDATE paper SET first_seen = date(:oldest)", oldest=oldest)
    reader = make_subscriber('"sparse retrieval"', zone="Pacific/Kiritimati", hour=0)
    clock.forward(hours=2)  # there the next day has begun
    sent()

    told = ask(reader, whales, TODAY + timedelta(days=1)).told
    assert told.startswith("Below their threshold")


def test_an_edition_without_letter_says_why_there_was_none(
    ask, sent, make_subscriber, store_papers, birds
):
    first, *_ = store_papers(*birds)
    reader = make_subscriber("semiconductors")
    sent()

    assert ask(reader, first).told.endswith(
        "No letter of that day was sent: no new paper fits their interests."
    )


def test_a_hostile_title_is_only_text(ask, make_subscriber, store_papers):
    (paper_id,) = store_papers(Paper("<b>$x^2$</b> [red]sparse retrieval[/]"))

    assert ask(make_subscriber(), paper_id).title == "<b>x²</b> [red]sparse retrieval[/]"
