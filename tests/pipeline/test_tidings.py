"""What letters say on days on which a source brought nothing."""

from datetime import date, datetime, timedelta
from functools import partial

import pytest
import services as made_up
from conftest import NOW
from sqlmodel import select

from app.languages import ENGLISH
from app.papers.paper import Paper
from app.pipeline import compose, fetch, tidings
from app.pipeline.catalogue import Kind, Listed
from app.pipeline.tidings import Tidings
from app.store import chosen, papers
from app.store import engine as engines
from app.store.tables import Letter, SourceState

CS, HUB = Listed(Kind.ARXIV, "cs.LG+stat.ML"), Listed(Kind.HF)
FRIDAY = NOW.date()
DAY = timedelta(days=1)
LATER = "what is missing here comes with a later letter."
BLACK_FRIDAY = date(2026, 11, 27)


@pytest.fixture
def tell(asker, services, clock, day, engine, make_subscriber, tmp_path):
    """Ask the sources on a day, in a mood, then write a letter; its text, its HTML and itself."""

    def write(when: date, mood: str = "", **reader: object) -> tuple[str, str, Letter]:
        known = Paper(f"On sparse retrieval, {when}", "We study sparse retrieval in text.")
        with engines.transaction(engine) as session:
            papers.find_or_add(session, [known], when)
        day_before = when - DAY
        for each in (day_before, when):
            if each.weekday() < 5 and each != BLACK_FRIDAY:
                services.arxiv[each] = made_up.arxiv_ids(each)
        for each, its_mood in ((day_before, ""), (when, mood)):
            services.mood = its_mood
            clock.now = datetime(each.year, each.month, each.day, 12, tzinfo=NOW.tzinfo)
            list(fetch.fetch(asker, CS))
        make_subscriber("sparse retrieval", **reader)
        assert day.rank_due().n_letters == 1
        with engines.transaction(engine) as session:
            row = session.exec(select(Letter).order_by(Letter.id.desc())).first()
            page = compose.rendered(session, day.desk.head, row)
        return page.text, page.html, row

    return write


@pytest.mark.parametrize(
    ("when", "mood", "says"),
    [
        (FRIDAY, "", ""),
        (FRIDAY + DAY, "", ""),
        (BLACK_FRIDAY, "", "arXiv announced nothing: holiday (Thanksgiving)."),
        (FRIDAY, "stale", f"arXiv showed the last list again; {LATER}"),
        (FRIDAY, "empty", f"arXiv was too busy to answer; {LATER}"),
        (FRIDAY, "busy", f"arXiv was too busy to answer; {LATER}"),
        (FRIDAY, "malformed", f"arXiv gave an answer that could not be read; {LATER}"),
    ],
)
def test_a_letter_says_in_a_sentence_why_a_list_is_missing(tell, when, mood, says):
    text, html, row = tell(when, mood)
    assert row.news == says
    said = " ".join(text.split())
    assert says in said
    assert says in " ".join(html.split())
    assert (LATER in said) == (LATER in says)


def test_it_says_so_in_the_readers_language_and_says_the_same_ever_after(
    tell, asker, services, clock, day, engine
):
    text, _, row = tell(FRIDAY, "busy", language="de")
    assert "arXiv: keine Antwort wegen Überlastung; was hier fehlt" in " ".join(text.split())
    services.mood = ""
    clock.forward(hours=2)
    list(fetch.fetch(asker, CS))
    with engines.transaction(engine) as session:
        assert tidings.at(session, clock.now) == Tidings()
        assert compose.rendered(session, day.desk.head, row).text == text


def test_a_source_that_is_no_longer_asked_is_not_spoken_of(tell, clock, engine):
    tell(FRIDAY, "busy")
    clock.forward(days=3)
    with engines.transaction(engine) as session:
        assert tidings.at(session, clock.now) == Tidings()


@pytest.mark.parametrize("lay_aside", [chosen.remove, partial(chosen.pause, paused=True)])
def test_a_source_that_was_removed_or_paused_is_not_spoken_of(
    asker, services, clock, engine, lay_aside
):
    with engines.transaction(engine) as session:
        chosen.add(session, CS.name, clock.now)
    services.mood = "malformed"
    list(fetch.fetch(asker, CS))
    with engines.transaction(engine) as session:
        assert tidings.at(session, clock.now).troubled
        assert lay_aside(session, CS.name)
        assert tidings.at(session, clock.now) == Tidings()


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (Tidings(is_weekend=True), "Nothing is announced at weekends."),
        (
            Tidings((("arXiv", SourceState.FAILED), ("bioRxiv", SourceState.STALE))),
            f"arXiv and bioRxiv brought no list; {LATER}",
        ),
        (
            Tidings((("arXiv", SourceState.FAILED),), ("arXiv",), "Christmas"),
            f"arXiv gave no answer; {LATER}",
        ),
        (Tidings(), ""),
    ],
)
def test_there_is_never_more_than_one_sentence(known, says):
    assert known.sentence(ENGLISH, has_papers=False) == says
    is_on_weekend = known.is_weekend
    assert known.sentence(ENGLISH) == ("" if is_on_weekend else says)


def test_where_one_list_of_a_service_came_it_is_told_which_did_not(asker, services, clock, engine):
    services.arxiv[FRIDAY] = made_up.arxiv_ids(FRIDAY)
    for listed, mood in ((CS, ""), (Listed(Kind.ARXIV, "math"), "malformed")):
        services.mood = mood
        list(fetch.fetch(asker, listed))
    with engines.transaction(engine) as session:
        said = tidings.at(session, clock.now).sentence()
    assert said == f"arxiv:math gave an answer that could not be read; {LATER}"
