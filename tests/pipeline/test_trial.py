"""A trial puts both settings into every letter, tells nobody, and finds what readers prefer."""

from dataclasses import fields

import pytest
from conftest import NOW
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from app.errors import NotReady
from app.mail.links import Verdict
from app.papers.paper import Paper
from app.pipeline import compose, due, preview, trial
from app.recommend import interleaving, weights
from app.recommend.interleaving import Team
from app.recommend.weights import Weights
from app.store import engine as engines
from app.store import feedback, statistics, subscribers, tables
from app.store.tables import Letter, Pick

TODAY = NOW.date()
# Whoever is ranked so gets what is like their likes; what they typed counts for nothing.
LIKES_ALONE = "word=0,echo=0,reader_word=0,reader_echo=0"


@pytest.fixture
def whales(store_papers):
    """Papers of an older day, to be liked."""
    return store_papers(
        *(Paper(f"Whale calls {n}", f"Songs that whales sang of krill, {n}.") for n in "abc"),
        at=NOW.replace(month=10),
    )


@pytest.fixture
def make_listener(engine, make_subscriber, whales, store_papers, retrieval_papers, alter):
    """A reader who asked for retrieval and liked papers on whales."""
    store_papers(*retrieval_papers)

    def make():
        reader = make_subscriber("retrieval")
        alter("UPDATE subscriber SET threshold = 'worth a look', exploration = 0")
        with engines.transaction(engine) as session:
            for paper_id in whales:
                feedback.record(session, reader.id, paper_id, Verdict.LIKE, NOW)
        return reader

    return make


@pytest.fixture
def on_trial(settings, make_day):
    return make_day(settings.model_copy(update={"trial": LIKES_ALONE}))


@pytest.fixture
def picked(engine):
    """Every pick with its letter and the paper's subject, by subscriber and rank."""

    def read():
        rows = select(Letter, Pick).join(Pick).order_by(Letter.subscriber_id, Pick.rank)
        with engines.transaction(engine) as session:
            return session.exec(rows).all()

    return read


@pytest.mark.parametrize("setting", ["", " ", " , "])
def test_an_empty_setting_is_no_trial(setting):
    assert trial.parse(setting) is None


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("fades=0.3", "fades"),
        ("fade", "fade=0.5"),
        ("fade=-1", "from 0 to 1000"),
        (f"fade={weights.USUAL.fade}", "changes no weight"),
    ],
)
def test_a_setting_that_cannot_be_tried_is_a_sentence(settings, make_day, setting, sentence):
    with pytest.raises(NotReady, match=r"^PAPERBOY_TRIAL .*\.$") as caught:
        make_day(settings.model_copy(update={"trial": setting}))
    assert sentence in str(caught.value)


NAMES = st.sampled_from([each.name for each in fields(Weights)])


@given(st.dictionaries(NAMES, st.floats(501, 900), min_size=1, max_size=4))
def test_the_name_of_a_trial_can_be_read_again(wanted):
    tried = trial.parse(",".join(f"{name}={value!r}" for name, value in wanted.items()))
    again = trial.parse(trial.name(tried))
    for each in fields(Weights):
        assert getattr(again, each.name) == pytest.approx(getattr(tried, each.name))


def test_without_a_trial_no_pick_has_a_team(day, make_listener, picked):
    make_listener()
    day.rank_due()
    assert {pick.team for _, pick in picked()} == {""}
    assert all(trial.MARK not in letter.model_id for letter, _ in picked())


def test_a_letter_on_trial_has_picks_of_both_settings(on_trial, make_listener, picked, engine):
    make_listener()
    on_trial.rank_due()
    rows = picked()
    assert {letter.model_id.partition(trial.MARK)[2] for letter, _ in rows} == {LIKES_ALONE}
    with engines.transaction(engine) as session:
        first = {pick.team: _title(session, pick) for _, pick in reversed(rows)}
    assert "retrieval" in first[Team.A]
    assert "Whale" in first[Team.B]


def _title(session, pick):
    return session.get_one(tables.Paper, pick.paper_id).title


def test_on_trial_too_a_reader_gets_no_more_papers_than_they_want(
    on_trial, make_listener, picked, alter
):
    make_listener()
    alter("UPDATE subscriber SET letter_size = 3")
    on_trial.rank_due()
    assert [pick.rank for _, pick in picked()] == [1, 2, 3]


def test_the_preview_on_trial_is_the_letter_that_goes_out(on_trial, make_listener, picked, engine):
    reader = make_listener()
    letters = []
    for _ in range(2):
        with engines.transaction(engine) as session:
            wanted = due.on(subscribers.by_id(session, reader.id), TODAY, NOW)
            letters.append(preview.letter_for(session, on_trial.desk, wanted, TODAY, NOW))
        on_trial.rank_due()
    seen, sent = (
        [line for line in each.text.split("\n") if "http" not in line] for each in letters
    )
    assert seen == sent
    assert {pick.team for _, pick in picked()} >= {Team.A, Team.B}


def test_nobody_can_tell_the_teams_apart(on_trial, make_listener, engine, alter):
    make_listener()
    on_trial.rank_due()
    seen = []
    for _ in range(2):
        with engines.transaction(engine) as session:
            letter = session.exec(select(Letter)).one()
            seen.append(compose.rendered(session, on_trial.desk.head, letter))
        alter("UPDATE pick SET team = ''")
    assert seen[0] == seen[1]


def test_a_trial_finds_the_setting_whose_papers_readers_like(
    on_trial, make_listener, picked, engine, alter
):
    for _ in range(12):
        make_listener()
    on_trial.rank_due()
    alter("UPDATE outbox SET state = 'sent' WHERE state = 'ready'")
    with engines.transaction(engine) as session:
        for letter, pick in picked():
            if pick.team == Team.B:
                feedback.record(
                    session, letter.subscriber_id, pick.paper_id, Verdict.LIKE, NOW, letter.id
                )
        (found,) = statistics.trials(session, trial.MARK)
    assert (found.name, found.n_letters, found.first) == (LIKES_ALONE, 12, TODAY)
    verdict = interleaving.verdict(found.credits, found.n_letters)
    assert verdict.winner == Team.B
