"""A replay knows of each past day what was known then, judges by what was said since, and writes
nothing.
"""

from datetime import timedelta

import pytest
from conftest import NOW
from sqlmodel import select

from app.errors import AppError, BadValue
from app.mail.links import Verdict
from app.papers.paper import Paper
from app.pipeline import replay
from app.recommend import weights
from app.store import engine as engines
from app.store import feedback
from app.store.tables import Subscriber

TODAY = NOW.date()
LIKES_ALONE = replay.parse(["word=0", "echo=0", "reader_word=0", "reader_echo=0"])


def days_ago(n):
    return NOW - timedelta(days=n)


HUES = ("amber", "brown", "cyan", "denim", "ebony", "fawn", "green")
PLACES = ("harbours", "mountains", "deserts")


def _papers(subject, day):
    return [
        Paper(f"{subject} of {place}", f"All about {subject.lower()}, {HUES[day]} and rare.")
        for place in (f"{HUES[day]} {place}" for place in PLACES)
    ]


@pytest.fixture
def whales(store_papers):
    """Six days on which papers on whales and on retrieval came: by days ago, those on whales."""
    found = {}
    for n in range(6, 0, -1):
        papers = _papers("Whale song", n) + _papers("Retrieval", n) + _papers("Chess", n)
        found[n] = store_papers(*papers, at=days_ago(n))[:3]
    return found


@pytest.fixture
def listener(make_subscriber, alter):
    """Who asked for retrieval, but see below; takes what is worth a look, and never explores."""
    reader = make_subscriber("retrieval", letter_size=3)
    alter("UPDATE subscriber SET threshold = 'worth a look', exploration = 0")
    return reader


@pytest.fixture
def say(engine):
    def record(reader, paper_id, n_days_ago, verdict=Verdict.LIKE):
        with engines.transaction(engine) as session:
            feedback.record(session, reader.id, paper_id, verdict, days_ago(n_days_ago))

    return record


@pytest.fixture
def replayed(engine, day):
    """The person-days of a replay, from and to so many days ago."""

    def run(first, last, setting=LIKES_ALONE):
        rules = day.desk.rules
        with engines.transaction(engines.reading(engine)) as session:
            plan = replay.prepare(session, rules, days_ago(first).date(), days_ago(last).date())
        found = replay.run(engine, rules, setting, plan)
        return [each for of_day in found for each in of_day]

    return run


def test_settings_that_follow_what_readers_like_win(whales, listener, say, replayed):
    for n in range(6, 0, -1):
        say(listener, whales[n][0], n)
    found = replay.compare(replayed(5, 1))
    assert (found.n_people, found.n_person_days) == (1, 5)
    assert found.changed.ndcg > found.usual.ndcg
    assert found.difference["ndcg"].mean == pytest.approx(found.changed.ndcg - found.usual.ndcg)
    assert found.changed.coverage == 1


def test_settings_that_change_nothing_differ_in_nothing(whales, listener, say, replayed):
    for n in (6, 3, 2):
        say(listener, whales[n][0], n)
    found = replay.compare(replayed(5, 1, replay.Setting()))
    assert found.usual == found.changed
    assert {each.mean for each in found.difference.values()} == {0}


def test_what_came_later_teaches_nothing(whales, listener, say, replayed, store_papers):
    say(listener, whales[6][0], 6)
    say(listener, whales[3][0], 3)
    before = replayed(3, 3)
    say(listener, whales[2][1], 2, Verdict.DISLIKE)
    say(listener, whales[1][0], 0)
    store_papers(*_papers("Whale song", 0), at=NOW)
    assert replayed(3, 3) == before != []


def test_a_paper_is_sent_once_over_the_days(whales, listener, say, replayed):
    # New six days ago, liked today: five days long it could be found, but was sent on the first.
    say(listener, whales[6][0], 6)
    say(listener, whales[5][0], 0)
    setting = replay.parse(["word=0", "echo=0", "reader_word=0", "reader_echo=0", "letter_size=9"])
    (only,) = replayed(5, 1, setting)
    assert only.changed.coverage == 1


def test_what_was_sent_before_the_first_day_is_not_sent_again(
    whales, listener, say, day, replayed, clock
):
    clock.forward(days=-6)
    day.rank_edition(days_ago(6).date(), everyone=True)
    clock.forward(days=6)
    sent = _sent(day.desk.engine)
    assert sent
    say(listener, sent[0], 0)
    with pytest.raises(AppError, match="nothing to compare"):
        replay.compare(replayed(5, 1))


def _sent(engine):
    with engines.transaction(engine) as session:
        return list(session.connection().exec_driver_sql("SELECT paper_id FROM pick").scalars())


def test_days_without_a_paper_to_find_are_left_out(whales, listener, say, replayed):
    say(listener, whales[6][0], 6)
    say(listener, whales[3][0], 3)
    assert len(replayed(5, 1)) == 1


def test_a_save_counts_as_much_as_a_like(whales, listener, say, replayed):
    say(listener, whales[3][0], 3, Verdict.SAVE)
    saved = replayed(3, 3)
    say(listener, whales[3][0], 3, Verdict.LIKE)
    assert replayed(3, 3) == saved != []


def test_days_on_which_a_reader_wants_no_letter_are_left_out(
    whales, listener, say, replayed, alter
):
    say(listener, whales[3][0], 3)
    wanted = days_ago(3).strftime("%a").lower()
    alter("UPDATE subscriber SET days = :day", day=wanted)
    assert len(replayed(5, 1)) == 1
    alter(
        "UPDATE subscriber SET days = 'sun'"
        if wanted != "sun"
        else "UPDATE subscriber SET days = 'mon'"
    )
    assert replayed(4, 3) == []
    with pytest.raises(AppError, match="none of their days of the week") as said:
        replay.compare([])
    assert "no active subscriber" not in str(said.value)


def test_a_replay_writes_nothing(whales, listener, say, replayed, dump):
    for n in (6, 3, 2):
        say(listener, whales[n][0], n)
    before = dump()
    assert replayed(5, 1, replay.parse(["threshold=strong", "letter_size=1", "dial=0.5"]))
    assert dump() == before


def test_wishes_are_tried_too(whales, listener, say, replayed):
    for paper_id in whales[3]:
        say(listener, paper_id, 3)
    say(listener, whales[6][0], 6)
    alone = ["word=0", "echo=0", "reader_word=0", "reader_echo=0"]
    (one,) = replayed(3, 3, replay.parse([*alone, "letter_size=1"]))
    (most,) = replayed(3, 3, replay.parse([*alone, "letter_size=15"]))
    assert one.changed.coverage < most.changed.coverage
    assert one.usual == most.usual


def test_far_days_are_passed_over(whales, listener, say, engine, day):
    say(listener, whales[3][0], 3)
    with engines.transaction(engines.reading(engine)) as session:
        plan = replay.prepare(session, day.desk.rules, TODAY.replace(year=1990), TODAY)
    assert len(plan.days) < 30


def test_settings_are_read_by_name():
    read = replay.parse(["fade=0.3", " dial = 0.5", "threshold=worth a look", "letter_size=5"])
    assert read.weights == weights.parse(["fade=0.3"])
    assert read.wishes == {"dial": 0.5, "threshold": "worth a look", "letter_size": 5}
    assert replay.parse(["exploration=every-letter"]).wishes == {"exploration": 1.0}


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("fades=1", "exploration"),
        ("fade", "name=value"),
        ("fade=x", "fade"),
        ("fade=-1", "fade"),
        ("dial=2", "from 0 to 1"),
        ("dial=nan", "from 0 to 1"),
        ("letter_size=1.5", "letter_size"),
        ("letter_size=0", "from 1 to 50"),
        ("threshold=best", "worth a look"),
        ("exploration=often", "every letter"),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_sentence(setting, named):
    with pytest.raises(BadValue, match=named):
        replay.parse([setting])


def test_nothing_to_go_by_is_a_sentence(whales, listener, say, replayed, alter):
    with pytest.raises(AppError, match="liked or saved"):
        replayed(5, 1)
    say(listener, whales[3][0], 3)
    with pytest.raises(BadValue, match="is after"):
        replayed(1, 5)
    alter("UPDATE subscriber SET status = 'unsubscribed'")
    with pytest.raises(AppError, match="liked or saved"):
        replayed(5, 1)


def test_the_rows_tried_belong_to_no_session(whales, listener, say, replayed, engine):
    say(listener, whales[3][0], 3)
    replayed(5, 1, replay.parse(["letter_size=1"]))
    with engines.transaction(engine) as session:
        assert [row.letter_size for row in session.exec(select(Subscriber))] == [3]
