import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import answers
import pytest
from conftest import NOW
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlmodel import select

from app.errors import AppError, EmptyAnswer, NotReady, SourceError, UnreadableDigest
from app.pipeline import ingest
from app.pipeline.ingest import Origin
from app.store import engine as engines
from app.store.tables import Paper, metadata

ORIGIN = Origin("files", "birds.txt")
LATER = NOW + timedelta(hours=1)


def _read(engine, raw, now=NOW, origin=ORIGIN):
    return ingest.ingest(engine, raw, origin, now, ingest.day(now))


def _count(engine, table):
    with engines.transaction(engine) as session:
        return session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608


def test_a_digest_is_stored_as_it_is_printed(engine: Engine, digest_text, birds, dump):
    report = _read(engine, digest_text(birds, [7, 5, 3]))
    assert (report.n_entries, report.n_new, report.n_votes) == (3, 3, 3)
    assert not report.is_known
    rows = dump()
    assert [row[1] for row in rows["paper"]] == [bird.title for bird in birds]
    assert [row[2] for row in rows["paper"]] == [bird.abstract for bird in birds]
    assert [row[3] for row in rows["entry"]] == [1, 2, 3]
    assert [row[3] for row in rows["vote_snapshot"]] == [7, 5, 3]


def test_the_same_digest_twice_changes_nothing(engine: Engine, digest_text, birds, dump):
    raw = digest_text(birds, [7, 5, 3])
    _read(engine, raw)
    before = dump()
    again = _read(engine, raw, LATER, Origin("folder:/elsewhere", "copy.txt"))
    assert dump() == before
    assert (again.is_known, again.n_new, again.n_votes) == (True, 0, 0)


def test_a_withdrawn_paper_is_left_out(engine: Engine):
    gone = answers.hf_row(id="2610.04321", title="Gone", withdrawnAt="2026-10-06T09:00:00.000Z")
    report = _read(engine, answers.hf_list(answers.hf_row(), gone).encode())
    assert (report.n_entries, report.n_new, report.n_left_out) == (1, 1, 1)


def test_a_list_whose_votes_changed_its_order_is_the_same_list(engine: Engine):
    rows = [answers.hf_row(id=f"2610.0000{n}", title=f"Paper {n}", upvotes=9 - n) for n in range(3)]
    later = [answers.hf_row(id=f"2610.0000{n}", title=f"Paper {n}", upvotes=n) for n in (2, 1, 0)]
    _read(engine, answers.hf_list(*rows).encode())
    again = _read(engine, answers.hf_list(*later).encode(), LATER)
    assert (again.is_known, again.n_new, again.n_votes) == (True, 0, 3)
    assert (_count(engine, "entry"), _count(engine, "vote_snapshot")) == (3, 6)


def test_a_paper_of_two_lists_feeds_and_days_is_stored_once(engine: Engine):
    told = {"title": "Sparse Retrieval Still Works", "guid": "oai:arXiv.org:2610.01234v1"}
    cross = {
        "arxiv:announce_type": "cross",
        "description": "arXiv:2610.01234v1 Announce Type: cross",
    }
    texts = [
        answers.hf_list(answers.hf_row()),
        answers.hf_list(
            answers.hf_row(submittedOnDailyAt="2026-10-06T00:00:00Z"),
            answers.hf_row(id="2610.00002", title="Another"),
        ),
        answers.rss(told),
        answers.atom(told | cross),
        answers.query({"id": "2610.01234v2"}),
        answers.oai(answers.oai_record()),
        answers.mailing(answers.MAILED_NEW),
    ]
    for n, answer in enumerate(texts):
        _read(engine, answer.encode(), NOW + timedelta(days=n))
    assert _count(engine, "paper") == 2


def test_what_a_source_refuses_or_does_not_answer_keeps_its_kind(engine: Engine):
    refused = ingest.ingest_bytes(engine, b'{"error": "Invalid date"}', ORIGIN, NOW)
    busy = ingest.ingest_bytes(engine, answers.query(total=9).encode(), ORIGIN, NOW)
    assert isinstance(refused, SourceError)
    assert isinstance(busy, EmptyAnswer)
    assert str(refused) == "birds.txt: Hugging Face refuses: Invalid date."


def test_days_on_which_nothing_was_listed_change_nothing(engine: Engine):
    for now in (NOW, LATER):
        report = _read(engine, b"[]", now)
        assert (report.n_entries, report.n_new) == (0, 0)


def test_a_digest_read_later_adds_its_new_votes_and_nothing_else(
    engine: Engine, digest_text, birds, dump
):
    _read(engine, digest_text(birds, [7, 5, 3]))
    before = dump()
    again = _read(engine, digest_text(birds, [9, 5, 4]), LATER)
    after = dump()
    assert (again.is_known, again.n_votes) == (True, 2)
    assert len(after["vote_snapshot"]) == 5
    ignored = {"vote_snapshot", "digest"}  # a digest notes which votes it was seen with
    assert {name: after[name] for name in after.keys() - ignored} == {
        name: before[name] for name in before.keys() - ignored
    }


def test_an_older_copy_read_again_adds_nothing(engine: Engine, digest_text, birds, dump):
    old, new = digest_text(birds, [7, 5, 3]), digest_text(birds, [9, 6, 4])
    _read(engine, old)
    _read(engine, new, LATER)
    before = dump()
    for raw in (old, new, old):
        _read(engine, raw, LATER + timedelta(hours=1))
    assert dump() == before


def test_a_copy_without_votes_takes_none_away(engine: Engine, digest_text, birds, dump):
    _read(engine, digest_text(birds, [7, 5, 3]))
    before = dump()
    _read(engine, digest_text(birds), LATER)
    assert dump() == before


def test_papers_that_two_digests_list_are_stored_once(engine: Engine, digest_text, birds):
    _read(engine, digest_text(birds[:2]))
    report = _read(engine, digest_text(birds[1:]), LATER)
    assert (report.n_entries, report.n_new) == (2, 1)
    assert (_count(engine, "paper"), _count(engine, "entry")) == (3, 4)


def test_a_paper_keeps_the_day_it_was_first_seen(engine: Engine, digest_text, birds, dump):
    _read(engine, digest_text(birds[:2]))
    _read(engine, digest_text(birds[1:]), NOW + timedelta(days=1))
    place = list(metadata.tables["paper"].columns.keys()).index("first_seen")
    seen = {row[1]: row[place] for row in dump()["paper"]}
    today = NOW.date()
    assert list(seen.values()) == [today, today, today + timedelta(days=1)]


@pytest.mark.parametrize(("is_own", "seen"), [(True, date(2026, 1, 5)), (False, NOW.date())])
def test_only_the_operators_own_files_say_when_a_paper_was_first_seen(engine, is_own, seen):
    """From a mail it would make today's papers too old for everybody."""
    told = json.dumps({"title": "Owls at night", "first_seen": "2026-01-05", "entries": []})
    origin = Origin("papers", "a mail or a file", is_own=is_own)
    _read(engine, told.encode(), origin=origin)
    with engines.transaction(engine) as session:
        assert session.exec(select(Paper.first_seen)).all() == [seen]


@pytest.mark.parametrize(
    "raw", [b"", b"\n\n", b"Dear Sir or Madam,\n", b"\0\1\2" * 99, b"PK\3\4", b"<html></html>"]
)
def test_a_file_that_is_no_digest_leaves_no_trace(engine: Engine, raw, dump):
    before = dump()
    with pytest.raises(UnreadableDigest) as problem:
        _read(engine, raw)
    assert str(problem.value).endswith(".")
    assert dump() == before


def test_a_file_too_large_for_a_digest_is_refused(engine: Engine, digest_text, birds, tmp_path):
    raw = digest_text(birds)
    with pytest.raises(UnreadableDigest, match="larger than 20 MB"):
        _read(engine, raw + b"\n" * ingest.LARGEST)
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.write(raw)
        file.truncate(10**12)  # a hole: takes no room on the disk
    report = ingest.ingest_file(engine, path, NOW)
    assert "large.txt: It is larger than 20 MB" in str(report)
    assert _count(engine, "paper") == 0


@given(raw=st.binary(max_size=400))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_read_or_refused_in_a_sentence(engine: Engine, raw):
    report = ingest.ingest_bytes(engine, raw, ORIGIN, NOW)
    if isinstance(report, AppError):
        assert isinstance(report, UnreadableDigest)
        assert str(report).startswith("birds.txt: ")


@pytest.mark.sqlite
def test_a_digest_that_breaks_us_fails_alone_and_leaves_no_trace(
    engine: Engine, digest_text, birds, dump
):
    with engines.transaction(engine) as session:
        session.execute(
            text(
                "CREATE TRIGGER poison BEFORE INSERT ON paper WHEN NEW.title LIKE 'How Robins%' "
                "BEGIN SELECT RAISE(ABORT, 'poison'); END"
            )
        )
    before = dump()
    broken = ingest.ingest_bytes(engine, digest_text(birds), ORIGIN, NOW)
    assert "birds.txt cannot be read, by a fault of ours: " in str(broken)
    assert dump() == before
    assert ingest.ingest_bytes(engine, digest_text(birds[:2]), ORIGIN, NOW).n_new == 2


@pytest.mark.sqlite
def test_a_locked_database_stops_the_run_and_blames_no_file(
    engine: Engine, settings, monkeypatch, digest_text, birds
):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0)
    impatient = engines.connect(settings.database)
    with engine.begin(), pytest.raises(NotReady, match="locked"):
        ingest.ingest_bytes(impatient, digest_text(birds), ORIGIN, NOW)
    impatient.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "digests"
    made.mkdir()
    return made


def test_a_folder_is_read_in_the_order_of_names_and_a_bad_file_fails_alone(
    engine: Engine, folder: Path, digest_text, birds
):
    (folder / "3.txt").write_bytes(digest_text(birds[2:]))
    (folder / "1.txt").write_bytes(digest_text(birds[:1]))
    (folder / "2.txt").write_bytes(b"no digest at all")
    (folder / ".hidden.txt").write_bytes(digest_text(birds))
    (folder / "4").mkdir()
    first, bad, last = ingest.ingest_folder(engine, folder, NOW)
    assert (first.name, last.name) == ("1.txt", "3.txt")
    assert isinstance(bad, UnreadableDigest)
    assert str(bad).startswith("2.txt: ")
    assert _count(engine, "paper") == 2


def test_a_week_is_a_digest_of_each_of_its_days(engine: Engine, dump):
    days = ("2026-11-18", "2026-11-19", "2026-11-19")
    rows = [
        answers.hf_row(id=f"2611.0000{n}", title=f"Owls {n}", submittedOnDailyAt=f"{day}T00:00:00Z")
        for n, day in enumerate(days)
    ]
    day = ingest.ingest(engine, _listed(rows[0]), Origin("files", "day.json"), NOW, NOW.date())
    week = ingest.ingest(engine, _listed(*rows), Origin("files", "week.json"), NOW, NOW.date())
    assert (day.date, week.date) == (date(2026, 11, 18), None)
    assert (week.name, week.n_entries, week.n_new, week.is_known) == ("week.json", 3, 2, False)
    assert (_count(engine, "digest"), _count(engine, "entry")) == (2, 3)
    before = dump()
    again = ingest.ingest(engine, _listed(*rows), Origin("files", "week.json"), NOW, NOW.date())
    assert (again.is_known, dump()) == (True, before)


def _listed(*rows) -> bytes:
    return answers.hf_list(*rows).encode()


def test_of_two_files_read_in_one_go_the_later_name_has_the_last_word_on_votes(
    engine: Engine, folder: Path, digest_text, birds, dump
):
    (folder / "1.txt").write_bytes(digest_text(birds, [7, 5, 3]))
    (folder / "2.txt").write_bytes(digest_text(birds[:2], [9, 8]))
    list(ingest.ingest_folder(engine, folder, NOW))
    assert [row[3] for row in dump()["vote_snapshot"]] == [9, 8, 3]
    before = dump()
    list(ingest.ingest_folder(engine, folder, LATER))
    assert dump() == before


def test_a_broken_link_and_a_missing_folder_are_named(engine: Engine, folder: Path):
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    assert list(ingest.ingest_folder(engine, folder, NOW)) == []
    missing = ingest.ingest_file(engine, folder / "gone.txt", NOW)
    assert "gone.txt cannot be read: No such file" in str(missing)
    (problem,) = ingest.ingest_folder(engine, folder / "typo", NOW)
    assert "typo cannot be read: No such file" in str(problem)


def test_a_date_without_a_year_is_seen_from_the_files_own_date(
    engine: Engine, folder: Path, digest_text, birds
):
    path = folder / "old.txt"
    path.write_bytes(digest_text(birds, day="Nov 19"))
    written = datetime(2024, 3, 1, tzinfo=UTC).timestamp()
    os.utime(path, (written, written))
    assert ingest.ingest_file(engine, path, NOW).date == date(2023, 11, 19)


def test_a_file_from_the_future_is_seen_from_today(
    engine: Engine, folder: Path, digest_text, birds
):
    path = folder / "new.txt"
    path.write_bytes(digest_text(birds, day="Nov 19"))
    written = datetime(2031, 3, 1, tzinfo=UTC).timestamp()
    os.utime(path, (written, written))
    assert ingest.ingest_file(engine, path, NOW).date == date(2026, 11, 19)
