"""Papers that turn out to be one: nothing that was said, sent or counted is lost."""

from datetime import timedelta
from itertools import permutations

import pytest
from conftest import NOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from app.mail.links import Verdict
from app.papers.paper import Entry, Paper
from app.recommend import explain
from app.store import (
    dossier,
    feedback,
    history,
    letters,
    listings,
    merging,
    naming,
    papers,
    statistics,
    submissions,
    tables,
    votes,
)
from app.store.tables import Letter, LetterKind, OutboxEntry, PaperName, Pick, State, VoteSnapshot

TODAY = NOW.date()
HOUR = timedelta(hours=1)
ON_PAGE = Paper("How owls find home", "We followed them.")
AT_ARXIV = Paper("Homing in owls", "We did.", ("A. Strix",), arxiv_id="2610.01234")
# What tells that they are one.
BRIDGE = Paper("How owls find home", arxiv_id="2610.01234")


@pytest.fixture
def two(session: Session) -> list[tables.Paper]:
    """One paper, stored twice because nobody knew."""
    return papers.find_or_add(session, [ON_PAGE, AT_ARXIV], TODAY)


def _join(session: Session, at=NOW) -> tables.Paper:
    (row,) = papers.find_or_add(session, [BRIDGE], TODAY, at)
    return row


def _letter(session: Session, person: int, *rows: tables.Paper, number: int = 1) -> Letter:
    made = Letter(
        subscriber_id=person,
        kind=LetterKind.DAILY,
        edition_date=TODAY + timedelta(days=number),
        recipient="a@example.org",
        message_id=f"<{number}@example.org>",
        date=NOW + number * HOUR,
    )
    picks = [
        Pick(letter_id=0, rank=n, paper_id=row.id, score=1, reason="{}")
        for n, row in enumerate(rows, 1)
    ]
    letters.add(session, made, picks)
    on_its_way = OutboxEntry(
        subscriber_id=person,
        kind=made.kind,
        edition_date=made.edition_date,
        letter_id=made.id,
        state=State.DEFERRED,
        due_at=NOW,
        first_due_at=NOW,
    )
    session.add(on_its_way)
    session.flush()
    return made


def test_a_paper_that_two_rows_stand_for_becomes_one(session, two):
    row = _join(session)
    assert row in two
    assert papers.count(session) == 1
    assert set(session.exec(select(PaperName.paper_id))) == {row.id}
    (gone,) = (each for each in two if each is not row)
    assert papers.by_id(session, gone.id) is row
    assert papers.named(session, str(gone.id)) is row
    told = naming.told(row)
    assert (told.abstract, told.authors, told.arxiv_id) == (
        "We followed them.",
        ("A. Strix",),
        "2610.01234",
    )
    for each in (ON_PAGE, AT_ARXIV, BRIDGE):
        assert papers.find_or_add(session, [each], TODAY) == [row]
    first, last = TODAY - timedelta(days=9), TODAY
    assert [each.paper_id for each in listings.of(session, first, last, NOW)] == [row.id]
    assert list(papers.texts(session, first, last)) == [row.id]


@pytest.mark.parametrize("off", [{0}, {1}, {0, 1}])
def test_only_what_left_all_lists_under_either_name_stays_off_them(session, two, off):
    for n in off:
        papers.take_off(session, two[n].id, [], TODAY)
    kept, _ = merging.merge(session, *two, NOW)
    assert (kept.unlisted_on is not None) == (len(off) == 2)
    listed = listings.of(session, TODAY - timedelta(days=9), TODAY, NOW)
    assert [each.paper_id for each in listed] == ([] if len(off) == 2 else [kept.id])


def test_what_was_said_of_either_is_said_of_the_one(session, two, make_person):
    reader, other, third = (make_person().id for _ in range(3))
    feedback.record(session, reader, two[0].id, Verdict.LIKE, NOW)
    feedback.record(session, reader, two[1].id, Verdict.LIKE, NOW + HOUR)
    feedback.record(session, reader, two[1].id, Verdict.SAVE, NOW + HOUR)
    feedback.record(session, other, two[1].id, Verdict.LIKE, NOW)
    feedback.record(session, other, two[0].id, Verdict.DISLIKE, NOW + HOUR)
    feedback.record(session, third, two[1].id, Verdict.SAVE, NOW)
    row = _join(session)

    assert feedback.standing(session, reader, row.id) == {Verdict.LIKE, Verdict.SAVE}
    assert feedback.said_of(session, reader, row.id)[Verdict.LIKE].at == NOW
    assert feedback.standing(session, other, row.id) == {Verdict.DISLIKE}
    assert feedback.standing(session, third, row.id) == {Verdict.SAVE}
    assert {each.paper_id for each in session.exec(select(tables.Feedback))} == {row.id}


def test_letters_go_on_saying_what_they_said(session, two, make_person):
    person = make_person().id
    papers.add_votes(session, two[0].id, Entry(ON_PAGE, 1, 12, 3), NOW)
    sent = [_letter(session, person, each, number=n) for n, each in enumerate(two, 1)]
    both = _letter(session, person, *two, number=3)
    ids = [each.id for each in (*sent, both)]

    def printed():
        found = letters.choices(session, ids)
        return [
            (
                choice.rank,
                papers.shown(session, [choice.paper_id])[choice.paper_id],
                papers.votes_at(session, [choice.paper_id], NOW + 3 * HOUR),
            )
            for letter_id in ids
            for choice in found[letter_id]
        ]

    before = printed()
    row = _join(session, NOW + 9 * HOUR)
    session.expire_all()
    assert printed() == before
    # But whoever got either has had it, and a click in either is a word on it.
    assert letters.papers_sent(session, [person]) == {person: {row.id}}
    assert [letters.pick_at(session, each.id, 1)[1].id for each in sent] == [row.id] * 2


def test_a_pick_stored_while_its_paper_went_is_one_of_the_paper_that_stayed(
    session, two, make_person
):
    person = make_person().id
    row = _join(session)
    (gone,) = (each for each in two if each is not row)
    letter = _letter(session, person, gone)
    assert letters.papers_sent(session, [person]) == {person: {row.id}}
    assert letters.edition_with(session, person, row.id) == letter.edition_date
    assert letters.pick_at(session, letter.id, 1)[1].id == row.id
    assert letters.places(session, [(letter.id, 1)])[letter.id, 1].paper_id == row.id
    assert letters.choices(session, [letter.id])[letter.id][0].paper_id == gone.id


def test_votes_of_either_count_from_then_on(session, two):
    papers.add_votes(session, two[0].id, Entry(ON_PAGE, 1, 12, 3), NOW)
    papers.add_votes(session, two[1].id, Entry(AT_ARXIV, 1, 2), NOW - HOUR)
    row = _join(session, NOW + HOUR)
    assert papers.votes_at(session, [row.id], NOW + HOUR) == {row.id: 12}
    read = listings.of_papers(session, [row.id], NOW + HOUR)[row.id]
    assert [each.votes for each in read.counts] == [2, 12]
    assert len(session.exec(select(VoteSnapshot)).all()) == 3


@pytest.mark.parametrize("counted", [0, 1])
def test_the_newer_count_of_one_hides_no_votes_of_the_other(session, two, counted):
    papers.add_votes(session, two[counted].id, Entry(ON_PAGE, 1, 50, 4), NOW)
    votes.count_own(session, two[1 - counted].id, 3, NOW + HOUR)
    row = _join(session, NOW + 2 * HOUR)
    assert papers.votes_at(session, [row.id], NOW + 3 * HOUR) == {row.id: 53}
    assert papers.n_comments(session, row.id) == 4
    read = listings.of_papers(session, [row.id], NOW + 3 * HOUR)[row.id]
    assert read.counts[-1].votes == 53
    papers.add_votes(session, row.id, Entry(ON_PAGE, 1, 51), NOW + 3 * HOUR)
    assert papers.votes_at(session, [row.id], NOW + 3 * HOUR) == {row.id: 54}


def test_a_late_pick_is_told_as_of_the_paper_that_stayed(session, two, make_person):
    person = make_person()
    row = _join(session)
    (gone,) = (each for each in two if each is not row)
    letter = _letter(session, person.id, gone)
    (pick,) = session.exec(select(Pick))
    pick.reason = explain.to_json(explain.Reason(fit=0.5))
    pick.team, letter.model_id = "a", "0123+fade=0.3"
    session.exec(select(OutboxEntry)).one().state = State.SENT
    feedback.record(session, person.id, row.id, Verdict.LIKE, NOW + 2 * HOUR, letter.id)

    assert [each.id for _, each in letters.picks_of(session, letter.id)] == [row.id]
    (told,) = history.picks_since(session, person.id, TODAY, 9)
    assert told[2].id == row.id
    (held,) = dossier.of(session, person)["letters"]
    assert [each["paper"]["arxiv_id"] for each in held["picks"]] == ["2610.01234"]
    assert [(each.n, each.n_liked) for each in statistics.shown(session, NOW)] == [(1, 1)]
    assert statistics.trials(session, "+")[0].credits == [(1, 0)]
    assert feedback.judged(session, NOW + 9 * HOUR) == [(0.5, True)]


def test_a_reader_who_votes_for_either_is_counted_once(session, two, make_person):
    readers = [make_person().id for _ in range(3)]
    voters = (readers[:2], readers[1:])
    for row, theirs in zip(two, voters, strict=True):
        wanted = submissions.named(session, f"url:https://example.org/{row.id}", "", NOW)
        wanted.paper_id = row.id
        for reader in theirs:
            submissions.support(session, wanted.id, reader, NOW)
        votes.count_own(session, row.id, len(theirs), NOW)
    row = _join(session, NOW + HOUR)
    assert papers.votes_at(session, [row.id], NOW + HOUR) == {row.id: 3}
    assert submissions.count_votes(session, row.id) == 3


def test_a_third_row_joins_the_one_that_stayed(session, two):
    far = Paper("Owls at night", doi="10.1234/owl.7")
    third = papers.find_or_add(session, [far], TODAY)[0]
    first = _join(session)
    last = papers.find_or_add(
        session, [Paper("Owls at Night", doi="10.1234/owl.7", arxiv_id="2610.01234")], TODAY
    )[0]
    assert papers.count(session) == 1
    rows = (*two, third, first)
    assert {papers.by_id(session, each.id).id for each in rows} == {last.id}


def test_a_bridge_between_two_works_joins_nothing(session):
    one, other = papers.find_or_add(
        session,
        [Paper("Owls by day", arxiv_id="2610.01234"), Paper("Owls", arxiv_id="2610.04321")],
        TODAY,
    )
    (row,) = papers.find_or_add(session, [Paper("Owls", arxiv_id="2610.01234")], TODAY)
    assert (row, papers.count(session)) == (one, 2)
    assert one is not other


def test_a_wrong_doi_joins_nothing(session):
    paper = Paper("Homing in owls", authors=("A. Strix",), arxiv_id="2610.01234")
    volume = Paper("Proceedings on bats", authors=("C. Tyto",), doi="10.1234/volume")
    rows = papers.find_or_add(session, [paper, volume], TODAY)
    for authors in (paper.authors, ()):
        told = paper._replace(authors=authors, published_doi=volume.doi)
        assert papers.find_or_add(session, [told], TODAY) == rows[:1]
    assert papers.count(session) == 2


# One work each, as sources tell of it: by parts of its names, which all hang together.
WORKS = [
    [
        Paper("How owls find home", authors=("A. Strix", "B. Bubo")),
        Paper("How owls find home", arxiv_id="2610.01234", version=1),
        Paper("Homing in owls", arxiv_id="2610.01234", doi="10.1234/owl.7", version=2),
        Paper("Homing in owls", doi="10.1234/OWL.7", authors=("Strix A",)),
    ],
    [
        Paper("How owls find home II", arxiv_id="2610.04321"),
        Paper("How owls find home II"),
        Paper("Correction to: How owls find home II", arxiv_id="2610.04321", version=2),
    ],
    [Paper("Correction to: Homing in owls", doi="10.1234/owl.8")],
    [Paper("Reply to “How owls find home”", arxiv_id="2611.00001")],
    [
        Paper("Of bats", doi="10.1101/2026.01.02.123456", authors=("C. Tyto",)),
        Paper("Of bats", doi="10.1101/2026.01.02.123456", published_doi="10.1234/bat"),
        Paper("Bats and moths", doi="10.1234/bat", authors=("Tyto, C",)),
        Paper("Bats and moths", url="https://example.org/bats"),
    ],
    # Two, of which one gives the other's DOI as its own.
    [
        Paper(
            "Of moths", authors=("D. Moth",), arxiv_id="2611.00002", published_doi="10.1234/volume"
        )
    ],
    [Paper("Proceedings on moths", doi="10.1234/volume")],
    [Paper("Of moths, part II", authors=("D. Moth",), doi="10.1234/volume")],
    [Paper("Editorial", url="https://example.org/1")],
    [Paper("Editorial", url="https://example.org/2")],
]
MENTIONS = [(n, mention) for n, work in enumerate(WORKS) for mention in work]


def _told(session: Session, mentions: list[tuple[int, Paper]], at_once: int) -> list[int]:
    """The papers stored in the end: of each mention, in the order of MENTIONS."""
    for start in range(0, len(mentions), at_once):
        told = [mention for _, mention in mentions[start : start + at_once]]
        papers.find_or_add(session, told, TODAY, NOW)
    found = papers.find_or_add(session, [mention for _, mention in MENTIONS], TODAY, NOW)
    return [row.id for row in found]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(MENTIONS), at_once=st.integers(1, len(MENTIONS)))
def test_in_whatever_order_they_come_the_papers_are_the_same(session, order, at_once):
    with session.begin_nested() as nested:
        ids = _told(session, order, at_once)
        works = {
            n: {i for i, (work, _) in zip(ids, MENTIONS, strict=True) if work == n}
            for n, _ in MENTIONS
        }
        assert all(len(each) == 1 for each in works.values())
        assert len(set.union(*works.values())) == len(WORKS) == papers.count(session)
        nested.rollback()
    session.expunge_all()


def test_in_whatever_order_they_come_a_paper_says_the_same_of_itself(session):
    said = set()
    facts = ("arxiv_id", "doi", "published_doi", "version")
    for order in permutations(WORKS[4]):
        with session.begin_nested() as nested:
            for mention in order:
                papers.find_or_add(session, [mention], TODAY, NOW)
            (row,) = papers.find_or_add(session, WORKS[4][:1], TODAY, NOW)
            said.add(tuple(getattr(row, name) for name in facts))
            nested.rollback()
        session.expunge_all()
    assert said == {("", "10.1101/2026.01.02.123456", "10.1234/bat", 0)}
