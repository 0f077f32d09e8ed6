from datetime import date, timedelta

import pytest
from conftest import NOW
from sqlmodel import Session, select

from app.papers.paper import Entry, Paper
from app.store import doubts, outbox, papers, sources, tables
from app.store.tables import PaperName, State, VoteSnapshot

TODAY = NOW.date()
LATER = NOW + timedelta(hours=1)


def _add(session: Session, *each: Paper, seen: date = TODAY) -> list[tables.Paper]:
    return papers.find_or_add(session, each, seen)


def _digest(session: Session, *entries: Entry, rows: list[tables.Paper], name: str = "one") -> None:
    digest = tables.Digest(
        source_id=sources.named(session, "tests").id,
        name=name,
        fingerprint=name,
        layout="tests",
        read_at=NOW,
    )
    session.add(digest)
    session.flush()
    papers.add_entries(session, digest.id, entries, rows)


SAME = [
    (Paper("A study of owls", arxiv_id="2610.01234"), Paper("Owls!", arxiv_id="2610.01234v2")),
    (
        Paper("A study of owls", arxiv_id="2610.01234"),
        Paper("Of owls", url="https://arxiv.org/abs/2610.01234"),
    ),
    (Paper("A study of owls", doi="10.1234/owl.7"), Paper("Study of Owls", doi="10.1234/OWL.7")),
    (Paper("A study of owls"), Paper("A Study of Owls.")),
    (Paper("A study of owls"), Paper("A study of owls", arxiv_id="2610.01234")),
    (Paper("A study of owls", arxiv_id="2610.01234"), Paper("A study of owls")),
    (
        Paper("A study of owls", arxiv_id="2610.01234", doi="10.48550/arXiv.2610.01234"),
        Paper("Owls", arxiv_id="2610.01234", doi="10.1234/owl.7"),
    ),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_a_work_is_found_again_by_arxiv_id_doi_or_title(session: Session, first, second):
    assert _add(session, first) == _add(session, second)


@pytest.mark.parametrize(("first", "second"), SAME)
def test_a_work_is_found_again_within_one_digest(session: Session, first, second):
    one, other = _add(session, first, second)
    assert one is other


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Paper("Owls, Part II"), Paper("Owls, Part III")),
        (Paper("Owls, Part II"), Paper("Owls, Part 2")),
        (Paper("Owls in C"), Paper("Owls in C++")),
        (Paper("Editorial", arxiv_id="2610.01234"), Paper("Editorial", arxiv_id="2610.04321")),
        (Paper("Editorial", doi="10.1234/owl.7"), Paper("Editorial", doi="10.1234/owl.8")),
        (
            Paper("Editorial", url="https://arxiv.org/abs/2610.01234"),
            Paper("Editorial", url="https://arxiv.org/abs/2610.04321"),
        ),
    ],
)
def test_works_that_only_look_alike_stay_apart(session: Session, first, second):
    one, other = _add(session, first, second)
    assert one is not other


def test_one_preprint_keeps_its_two_dois(session: Session):
    preprint = Paper("Owls", arxiv_id="2610.01234", doi="10.1234/owl.7")
    journal = Paper("Owls", arxiv_id="2610.01234", doi="10.5678/night")
    (row,) = _add(session, preprint)
    assert _add(session, journal) == [row]
    assert _add(session, Paper("Owls", doi="10.5678/night")) == [row]


def test_each_name_belongs_to_one_paper(session: Session):
    one, other = _add(
        session,
        Paper("Owls", arxiv_id="2610.01234"),
        Paper("Owls", arxiv_id="2610.04321"),
    )
    names = dict(session.exec(select(PaperName.name, PaperName.paper_id)).all())
    assert names == {
        "arxiv:2610.01234": one.id,
        "arxiv:2610.04321": other.id,
        "title:owls": one.id,
    }


@pytest.mark.parametrize(
    "other",
    [
        Paper("Owls", authors=("B. Bubo",), published=TODAY),
        Paper("Owls", doi="10.1234/owl.8"),
    ],
)
def test_a_paper_whose_names_are_all_taken_is_known_again(session: Session, other):
    (first,) = _add(session, Paper("Owls", doi="10.1234/owl.7", authors=("A. Strix",)))
    _add(session, Paper("Correction to: Owls", doi="10.1234/owl.8"))
    row, again = _add(session, other, other)
    assert row is again is not first
    assert _add(session, other, other) == [row, row]
    assert papers.count(session) == 3


def test_blanks_are_filled_in(session: Session):
    (row,) = _add(session, Paper("Owls"))
    full = Paper(
        "Owls",
        abstract="They fly at night.",
        authors=("A. Strix",),
        url="https://example.org/owls",
        arxiv_id="2610.01234",
        doi="10.1234/owl.7",
        published=TODAY,
        categories=("q-bio.PE",),
    )
    _add(session, full)
    assert papers.told(row) == full


def test_what_a_letter_in_doubt_shows_stays_until_that_is_settled(session: Session, make_entry):
    (row,) = _add(session, Paper("Owls"))
    entry = make_entry(papers_picked=(row.id,), state=State.IN_DATA, claimed_at=NOW)
    outbox.hold(session, entry.id, NOW, "lost")
    before = papers.shown(session, [row.id])
    _add(session, Paper("Owls", abstract="They fly at night."))
    assert papers.shown(session, [row.id]) == before
    doubts.let_be(session, [entry.id], NOW)
    _add(session, Paper("Owls", abstract="They fly at night."))
    assert row.abstract == "They fly at night."


def test_nothing_is_replaced(session: Session):
    full = Paper(
        "Owls",
        abstract="They fly at night.",
        authors=("A. Strix",),
        url="https://example.org/owls",
        arxiv_id="2610.01234",
        published=TODAY,
    )
    (row,) = _add(session, full)
    other = Paper(
        "OWLS",
        abstract="They sleep by day.",
        authors=("B. Bubo",),
        url="https://example.org/other",
        arxiv_id="2610.01234",
        published=TODAY + timedelta(days=1),
    )
    _add(session, other, Paper("Owls"), seen=TODAY + timedelta(days=1))
    assert papers.told(row) == full
    assert row.first_seen == TODAY


def test_a_long_digest_is_stored_whole(session: Session):
    many = [Paper(f"Owl number {n}") for n in range(papers.BATCH * 2 + 1)]
    ids = [row.id for row in _add(session, *many)]
    assert [row.id for row in _add(session, *many)] == ids
    assert papers.count(session) == len(many) == len(papers.by_ids(session, ids))


def test_votes_are_kept_only_when_they_change(session: Session):
    (row,) = _add(session, paper := Paper("Owls"))
    seen = [(7, 1), (7, 1), (9, 1), (9, 2), (9, 2), (8, 2)]
    stored = [
        papers.add_votes(session, row.id, Entry(paper, 1, *each), NOW + timedelta(hours=n))
        for n, each in enumerate(seen)
    ]
    assert stored == [True, False, True, True, False, True]
    assert len(session.exec(select(VoteSnapshot)).all()) == 4


def test_a_digest_without_votes_takes_none_away(session: Session):
    (row,) = _add(session, paper := Paper("Owls"))
    papers.add_votes(session, row.id, Entry(paper, 1, 7), NOW)
    assert not papers.add_votes(session, row.id, Entry(paper, 1, None), LATER)
    assert papers.votes_at(session, [row.id], LATER) == {row.id: 7}


def test_no_votes_and_nought_votes_are_not_the_same(session: Session):
    (row,) = _add(session, paper := Paper("Owls"))
    assert papers.add_votes(session, row.id, Entry(paper, 1, 0), NOW)
    assert papers.votes_at(session, [row.id], NOW) == {row.id: 0}


def test_of_two_counts_of_one_moment_the_one_read_last_stands(session: Session):
    (row,) = _add(session, paper := Paper("Owls"))
    papers.add_votes(session, row.id, Entry(paper, 1, 7), NOW)
    assert papers.add_votes(session, row.id, Entry(paper, 1, 9), NOW)
    assert papers.votes_at(session, [row.id], NOW) == {row.id: 9}


def test_votes_are_those_of_the_moment(session: Session):
    (row,) = _add(session, paper := Paper("Owls"))
    papers.add_votes(session, row.id, Entry(paper, 1, 7), NOW)
    papers.add_votes(session, row.id, Entry(paper, 1, 9), LATER)
    assert papers.votes_at(session, [row.id], NOW - timedelta(hours=1)) == {}
    assert papers.votes_at(session, [row.id], LATER - timedelta(seconds=1)) == {row.id: 7}
    assert papers.votes_at(session, [row.id], LATER) == {row.id: 9}


def test_a_model_is_fitted_on_nothing_from_the_future(session: Session):
    owls = Paper("Owls", "Of owls.", ("A. Strix",), categories=("q-bio.PE", "cs.LG"))
    (old,) = _add(session, owls)
    _add(session, Paper("Bats"), seen=TODAY + timedelta(days=1))
    assert papers.texts(session, TODAY, TODAY) == {old.id: owls}


@pytest.mark.parametrize(
    "name",
    [
        "2610.01234",
        "arXiv:2610.01234v3",
        "https://arxiv.org/pdf/2610.01234v1",
        "10.1234/owl.7",
        "https://doi.org/10.1234/owl.7",
        "a study of OWLS",
        "1",
    ],
)
def test_a_paper_is_found_by_whatever_a_person_would_call_it(session: Session, name):
    (row,) = _add(session, Paper("A study of owls", arxiv_id="2610.01234", doi="10.1234/owl.7"))
    assert row.id == 1
    assert papers.named(session, name) is row


@pytest.mark.parametrize("name", ["", " ", "2", "owls", "9" * 30, "%", "2610.99999", "-1"])
def test_a_paper_that_is_not_there_is_not_found(session: Session, name):
    _add(session, Paper("A study of owls", arxiv_id="2610.01234"))
    assert papers.named(session, name) is None


def test_every_paper_is_exported_with_its_places(session: Session):
    owls, bats = Paper("Owls"), Paper("Bats")
    rows = _add(session, owls, bats, Paper("Never listed"))
    _digest(session, Entry(owls, 1), Entry(bats, 2), rows=rows[:2])
    _digest(session, Entry(owls, 4), rows=rows[:1], name="two")
    exported = [
        (row.title, [(digest.name, position) for digest, position in places])
        for row, places, _ in papers.exported(session)
    ]
    assert exported == [
        ("Owls", [("one", 1), ("two", 4)]),
        ("Bats", [("one", 2)]),
        ("Never listed", []),
    ]
    assert [entry.position for entry, _ in papers.places(session, rows[0].id)] == [4, 1]
