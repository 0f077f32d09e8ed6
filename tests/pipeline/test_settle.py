"""Before papers are ranked, what link scanners voted is taken back, and nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from conftest import NOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, delete, select

from app.mail import scanners
from app.mail.links import Verdict
from app.pipeline import settle
from app.store import engine as engines
from app.store import feedback, opinions, taps
from app.store import letters as letters_store
from app.store.feedback import Said
from app.store.tables import Feedback, Letter, Means, OutboxEntry, Tap

SENT = NOW
LONG_AGO = NOW - timedelta(days=20)


@dataclass
class Inbox:
    """One reader's letter, and what is done in it; seconds are counted from an hour after NOW."""

    session: Session
    subscriber_id: int
    letter_id: int
    papers: list[int]

    def at(self, seconds: float) -> datetime:
        return NOW + timedelta(hours=1, seconds=seconds)

    def tap(self, verdict, seconds, paper=0, means=Means.SCRIPT, whence="home", *, trusted=False):
        """As the page records it."""
        verdict, paper_id, at = Verdict(verdict), self.papers[paper], self.at(seconds)
        standing = feedback.said_of(self.session, self.subscriber_id, paper_id)
        made = Tap(
            letter_id=self.letter_id,
            paper_id=paper_id,
            verdict=verdict.value,
            before=taps.written(standing),
            means=means,
            trusted=trusted,
            network=f"net {whence}",
            agent=whence,
            at=at,
        )
        assert taps.add(self.session, made)
        feedback.record(self.session, self.subscriber_id, paper_id, verdict, at, self.letter_id)

    def press(self, verdict, seconds, paper=0, whence="home"):
        self.tap(verdict, seconds, paper, Means.BUTTON, whence, trusted=True)

    def trap(self, seconds, whence="home"):
        taps.add(
            self.session,
            Tap(
                letter_id=self.letter_id,
                means=Means.TRAP,
                network=f"net {whence}",
                agent=whence,
                at=self.at(seconds),
            ),
        )

    def said(self, paper=0) -> dict[str, Said]:
        return feedback.said_of(self.session, self.subscriber_id, self.papers[paper])

    def standing(self, paper=0) -> set[str]:
        return {verdict.value for verdict in self.said(paper)}


@pytest.fixture
def inbox(letters, engine, session):
    (reader,) = letters()
    letter = session.exec(select(Letter)).one()
    found = letters_store.picks_of(session, letter.id)
    return Inbox(session, reader.id, letter.id, [pick.paper_id for pick, _ in found])


@pytest.fixture
def run(inbox, engine):
    """The station, in the test's own transaction, at a second of the inbox's."""

    def go(seconds: float) -> settle.Settled:
        done = settle.Settled()
        ids = taps.letters_waiting(inbox.session, 0, settle.BATCH)
        settle._settle_letters(inbox.session, ids, inbox.at(seconds), scanners.SCAN_TIME, done)
        return done

    return go


def test_one_vote_counts_and_is_settled_when_nothing_more_can_come(inbox, run):
    inbox.tap("like", 0)
    assert run(599) == settle.Settled(0, 0)
    assert run(600) == settle.Settled(1, 0)
    assert inbox.standing() == {"like"}
    assert taps.letters_waiting(inbox.session, 0, 10) == []


def test_a_void_vote_is_taken_back_and_says_why(inbox, run):
    inbox.tap("like", 0)
    inbox.trap(30)
    assert run(60) == settle.Settled(0, 1)
    assert inbox.standing() == set()
    ours = taps.of_letters(inbox.session, [inbox.letter_id])[inbox.letter_id]
    assert [tap.void for tap in ours] == [scanners.BY_TRAP, ""]


def test_what_stood_before_comes_back_with_its_moment_and_its_letter(inbox, run):
    paper_id = inbox.papers[0]
    feedback.record(inbox.session, inbox.subscriber_id, paper_id, Verdict.DISLIKE, LONG_AGO)
    inbox.tap("save", -4000, whence="phone")
    inbox.tap("like", 0)
    inbox.trap(1)
    run(100)
    assert inbox.said() == {
        Verdict.DISLIKE: Said(LONG_AGO),
        Verdict.SAVE: Said(inbox.at(-4000), inbox.letter_id),
    }


def test_a_persons_vote_counts_from_their_own_moment_though_a_scanner_was_first(inbox, run):
    for n, verdict in enumerate(Verdict):
        inbox.tap(verdict, n, whence="scanner")
    inbox.trap(4, whence="scanner")
    inbox.tap("like", 300)
    run(301)
    assert inbox.said() == {Verdict.LIKE: Said(inbox.at(300), inbox.letter_id)}


def test_a_scanner_after_a_person_takes_nothing_from_them(inbox, run):
    inbox.tap("like", 0)
    inbox.tap("dislike", 500, whence="scanner")
    inbox.trap(501, whence="scanner")
    assert inbox.standing() == {"dislike"}
    run(502)
    assert inbox.said() == {Verdict.LIKE: Said(inbox.at(0), inbox.letter_id)}


def test_what_a_reader_took_back_meanwhile_stays_taken_back(inbox, run):
    inbox.tap("like", 0)
    inbox.tap("dislike", 500, whence="scanner")
    inbox.trap(501, whence="scanner")
    inbox.tap("like", 700)
    feedback.undo(inbox.session, inbox.subscriber_id, inbox.papers[0], Verdict.LIKE)
    run(800)
    assert inbox.standing() == set()


def test_what_a_reader_said_elsewhere_meanwhile_stays(inbox, run):
    inbox.tap("like", 0, whence="scanner")
    inbox.trap(1, whence="scanner")
    paper_id = inbox.papers[0]
    feedback.record(inbox.session, inbox.subscriber_id, paper_id, Verdict.SAVE, inbox.at(50))
    run(60)
    assert inbox.said() == {Verdict.SAVE: Said(inbox.at(50))}


def test_a_scanner_that_shows_itself_late_is_still_found(inbox, run):
    inbox.tap("save", 0)
    assert run(30).voided == 0
    assert inbox.standing() == {"save"}
    inbox.trap(50)
    assert run(60).voided == 1
    assert inbox.standing() == set()


def test_what_is_settled_stays_so_whatever_comes_later(inbox, run):
    inbox.tap("like", 0)
    run(600)
    inbox.tap("dislike", 601, 1)
    inbox.trap(30)
    assert run(700).voided == 0
    assert inbox.standing() == {"like"}


def test_the_second_run_changes_nothing(inbox, run):
    inbox.tap("like", 0)
    inbox.tap("dislike", 20)
    inbox.press("save", 40)
    inbox.tap("like", 50, 1)
    first = run(100)
    before = [inbox.said(0), inbox.said(1)]
    assert first.voided == 2
    assert run(100) == settle.Settled(0, 0)
    assert [inbox.said(0), inbox.said(1)] == before


def test_a_letter_being_delivered_takes_votes_by_button_only(inbox, engine, run):
    entry = inbox.session.exec(select(OutboxEntry)).one()
    entry.claimed_at = inbox.at(-1)
    entry.settled_at = inbox.at(0)
    inbox.session.add(entry)
    inbox.session.flush()
    inbox.tap("like", 100)
    inbox.press("like", 100, 1)
    inbox.tap("like", 180, 2, trusted=True)
    assert run(200).voided == 1
    assert [inbox.standing(n) for n in range(3)] == [set(), {"like"}, {"like"}]


steps = st.lists(
    st.tuples(
        st.sampled_from(["like", "dislike", "save", "trap", "run"]),
        st.integers(0, 1),
        st.sampled_from([1, 5, 30, 61, 400]),
        st.sampled_from(["script", "button"]),
        st.booleans(),
        st.sampled_from(["home", "scanner"]),
    ),
    max_size=12,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_in_the_end_it_is_as_if_void_votes_had_never_come(inbox, run, steps):
    inbox.session.exec(delete(Tap))
    inbox.session.exec(delete(Feedback))
    inbox.session.flush()
    seconds = 0
    for what, paper, wait, means, trusted, whence in steps:
        seconds += wait
        if what == "run":
            run(seconds)
        elif what == "trap":
            inbox.trap(seconds, whence)
        else:
            inbox.tap(what, seconds, paper, Means(means), whence, trusted=trusted)
    run(seconds)
    found = taps.of_letters(inbox.session, [inbox.letter_id]).get(inbox.letter_id, [])
    for paper in (0, 1):
        standing = {}
        for tap in found:
            if tap.paper_id == inbox.papers[paper] and not tap.void:
                said = Said(tap.at, tap.letter_id)
                standing = feedback.with_vote(standing, Verdict(tap.verdict), said)
        assert inbox.standing(paper) == {verdict.value for verdict in standing}


def test_the_day_settles_before_it_ranks(day, engine, letters, clock, make_subscriber):
    (reader,) = letters()
    with engines.transaction(engine) as session:
        letter = session.exec(select(Letter)).one()
        picks = letters_store.picks_of(session, letter.id)
        found = Inbox(session, reader.id, letter.id, [pick.paper_id for pick, _ in picks])
        found.tap("like", 0)
        found.tap("dislike", 5)
        found.tap("like", 100, 1)
    clock.forward(days=1)
    day.rank_due()
    with engines.transaction(engines.reading(engine)) as session:
        opinion = opinions.of(session, [reader.id])[reader.id]
        assert (opinion.liked, opinion.disliked) == ([found.papers[1]], [])
        assert taps.counts(session) == (1, {scanners.BY_CONTRARY: 2}, 0)
    assert day.settle() == settle.Settled(0, 0)


def test_origins_of_settled_taps_are_forgotten_after_a_week(day, engine, letters, clock):
    (reader,) = letters()
    with engines.transaction(engine) as session:
        letter = session.exec(select(Letter)).one()
        picks = letters_store.picks_of(session, letter.id)
        found = Inbox(session, reader.id, letter.id, [pick.paper_id for pick, _ in picks])
        found.tap("like", 0)
    clock.now = found.at(600)
    day.settle()
    for days, kept in ((7, True), (7.01, False)):
        clock.now = found.at(0) + timedelta(days=days)
        day.tidy()
        with engines.transaction(engines.reading(engine)) as session:
            (tap,) = session.exec(select(Tap)).all()
            assert (tap.network != "", tap.agent != "") == (kept, kept)
            assert tap.verdict == "like"
