import asyncio
from dataclasses import replace

import pytest
from conftest import NOW

from app.papers.paper import Paper
from app.pipeline import compose, due, opt_in, preview
from app.recommend import interests, tuning
from app.store import engine as engines
from app.store import letters

TODAY = NOW.date()


@pytest.fixture
def look(day, engine):
    def at(reader, edition=TODAY):
        with engines.transaction(engines.reading(engine)) as session:
            wanted = due.on(reader, edition, day.clock())
            return preview.letter_for(session, day.desk, wanted, edition, day.clock())

    return at


def test_a_previewed_letter_is_the_one_that_will_be_sent(
    look, day, make_subscriber, store_papers, retrieval_papers, sink
):
    store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval")
    previewed = look(reader)
    day.rank_due()
    asyncio.run(day.deliver())
    (taken,) = sink.taken
    assert taken.message["Subject"] == previewed.subject
    assert "/0/trap" not in previewed.html  # of a letter that is none yet
    for paper in retrieval_papers[:5]:
        text = taken.message.get_body(("plain",)).get_content()
        assert (paper.title in previewed.text) == (paper.title in text)


def test_a_preview_records_nothing(look, make_subscriber, store_papers, retrieval_papers, dump):
    store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval")
    before = dump()
    assert look(reader)
    assert dump() == before


def test_a_letter_already_sent_is_shown_as_it_went_out(
    look, day, make_subscriber, store_papers, retrieval_papers, alter
):
    store_papers(*retrieval_papers)
    reader = make_subscriber("retrieval")
    day.rank_due()
    sent = look(reader)
    alter("UPDATE interest SET text = 'whales'")
    assert look(reader) == sent


def test_without_a_paper_that_fits_there_is_no_letter(look, make_subscriber, store_papers, birds):
    store_papers(*birds)
    assert look(make_subscriber("semiconductors")) is None


@pytest.fixture
def outlook(day, engine):
    """What a wish would bring at NOW, from the board at hand; None where there is none."""

    def at(words="retrieval", now=NOW, **told):
        models = day.desk.models
        wish = opt_in.Wish("", interests.parse(words, has_likes=True), **told)
        with engines.transaction(engines.reading(engine)) as session:
            board = models.board_at_hand(session, now.date(), now)
            if board is None:
                return None
            return preview.of_wish(session, models, board, wish, now, now.date())

    return at


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("retrieval", {}),
        ("retrieval", {"letter_size": 2}),
        ("retrieval -dense", {"tuning": tuning.Tuning(threshold=tuning.Band.LOOK)}),
        ("", {"liked": (1, 6)}),
        ("whales", {"liked": (2,), "tuning": tuning.Tuning(dial=0.5)}),
        ("retrieval", {"tuning": tuning.Tuning(exploration=1.0)}),
        ("", {}),
    ],
)
def test_what_a_wish_would_bring_is_what_its_letter_brings(
    outlook, day, engine, store_papers, retrieval_papers, words, told
):
    store_papers(*retrieval_papers, votes=tuple(range(10, 20)))
    day.lay_out()
    shown = outlook(words, **told)

    # Who it is decides whether a paper to learn from comes "now and then".
    tuned = told.get("tuning", tuning.USUAL)
    never = tuning.Tuning(tuned.threshold, tuned.dial, float(tuned.exploration == 1))
    wish = opt_in.Wish("ada@example.org", interests.parse(words, has_likes=True))
    wish = replace(wish, **told | {"tuning": never})
    with engines.transaction(engine) as session:
        reader = opt_in.vouch(session, wish, opt_in.Asked("", ""), NOW)
    day.rank_edition(TODAY, everyone=True)
    with engines.transaction(engines.reading(engine)) as session:
        row = letters.of_edition(session, reader.id, TODAY)
        chosen = letters.picks_of(session, row.id) if row else []
        assert [each.paper_id for each in shown.picks] == [pick.paper_id for pick, _ in chosen]
        assert shown.n_new == (row.n_candidates if row else shown.n_new)
        if row:
            text = compose.rendered(session, day.desk.head, row).text
            flat = " ".join(text.split())
            assert all(each.reason in flat for each in shown.picks)


def test_no_wish_is_looked_at_before_there_are_papers(outlook, day):
    day.lay_out()
    assert outlook() is None


def test_a_wish_never_has_to_wait_for_a_model_to_be_fitted(
    outlook, day, store_papers, retrieval_papers, monkeypatch
):
    store_papers(*retrieval_papers)
    monkeypatch.setattr("app.recommend.vectors.fit", None)
    assert outlook() is None


def test_while_a_new_digest_waits_to_be_learned_the_last_board_serves(
    outlook, day, store_papers, retrieval_papers, clock
):
    store_papers(*retrieval_papers[:5])
    day.lay_out()
    before = outlook()
    store_papers(Paper("Retrieval of the newest kind", "Retrieval, and nothing but retrieval."))
    assert outlook() == before
    day.lay_out()
    assert outlook(now=clock.forward(seconds=61)).n_new == before.n_new + 1


def test_words_that_no_paper_holds_are_told_with_their_neighbours(
    outlook, day, store_papers, retrieval_papers
):
    store_papers(*retrieval_papers)
    day.lay_out()
    told = [each.sentence() for each in outlook("retrievel, whales").unknown]
    assert told == ["no paper of the last year contains “retrievel”; near: “retrieval”"]


def test_looking_at_a_wish_records_nothing(outlook, day, store_papers, retrieval_papers, dump):
    store_papers(*retrieval_papers)
    day.lay_out()
    before = dump()
    outlook("retrieval", liked=(1,))
    assert dump() == before
