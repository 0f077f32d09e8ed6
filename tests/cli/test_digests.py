"""`paperboy ingest` and `paperboy export`."""

import io
import json
import sqlite3
import sys
from pathlib import Path

import answers
import pytest

SAMPLES = Path(sys.modules["app"].__file__).parent / "samples"
SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
COMPACT = SAMPLES / "day-1-compact.txt"
SPACED = SAMPLES / "day-2-spaced.txt"


@pytest.fixture
def seeds() -> list[str]:
    files = sorted(map(str, SEEDS.glob("*.txt")))
    if not files:
        pytest.skip("no seed digests beside this checkout")
    return files


def test_reading_tells_entries_and_new_papers(paperboy, migrated):
    done = paperboy("ingest", str(COMPACT), str(SPACED))
    assert done.code == 0
    assert "day-1-compact.txt: compact digest, 16 entries, 16 new papers" in done.out
    assert "In the store: 32 entries, 32 papers." in done.out


def test_a_saved_answer_of_every_format_is_read(paperboy, migrated, tmp_path):
    texts = {
        "Hugging Face JSON": answers.hf_list(),
        "Hugging Face page": answers.hf_page(answers.hf_row()),
        "arXiv RSS": answers.rss({}, answers.announced("2609.00003v2", "replace")),
        "arXiv Atom": answers.atom(),
        "arXiv query": answers.query({}),
        "arXiv OAI-PMH": answers.oai(answers.oai_record()),
        "bioRxiv": answers.biorxiv({}),
        "RSS": "<rss><channel><item><title>A Post</title></item></channel></rss>",
        "arXiv mailing": answers.mailed(answers.mailing(answers.MAILED_NEW)).decode(),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = paperboy("ingest", *(str(tmp_path / name) for name in texts))
    assert done.code == 0
    told = done.out.splitlines()
    assert [line.partition(" digest")[0] for line in told[:9]] == [f"{n}: {n}" for n in texts]
    assert "1 entry, 0 new papers, 1 left out" in told[2]
    assert "0 entries" in told[3]
    # A list that says the same as another is that list, whatever the format.
    assert "In the store: 5 entries, 3 papers." in done.out


def test_reading_the_same_file_twice_changes_nothing(paperboy, database):
    paperboy("ingest", str(COMPACT))
    before = database.rows()
    again = paperboy("ingest", str(COMPACT))
    assert again.code == 0
    assert "0 new papers" in again.out
    assert database.rows() == before


def test_the_five_real_digests_are_stored_whole(paperboy, migrated, seeds):
    done = paperboy("ingest", "--json", *seeds)
    reports = [json.loads(line) for line in done.out.splitlines()]
    assert [report["n_entries"] for report in reports] == [96, 60, 119, 64, 72]
    assert [report["unread"] for report in reports] == [[]] * 5
    days = [report["date"] for report in reports]
    assert [day[5:] if day else None for day in days] == [None, "03-11", None, "08-19", "03-11"]
    assert "In the store: 411 entries, 345 papers." in paperboy("ingest", *seeds).out


def test_a_file_that_is_no_digest_is_named_and_leaves_no_trace(paperboy, database, tmp_path):
    before = database.rows()
    (tmp_path / "recipe.txt").write_text("Take two eggs.\n\nBeat them well.\n")
    done = paperboy("ingest", str(tmp_path / "recipe.txt"))
    assert done.code == 1
    assert done.err.startswith("paperboy: recipe.txt: ")
    assert len(done.err.splitlines()) == 1
    assert database.rows() == before


@pytest.mark.parametrize("name", ["not-there.txt", "."])
def test_a_file_that_cannot_be_opened_is_named(paperboy, migrated, name):
    done = paperboy("ingest", name)
    assert done.code == 1
    assert f"{name} cannot be read" in done.err
    assert "1 of 1 was not read." in done.out


def test_a_bad_file_does_not_keep_the_others_out(paperboy, migrated, tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"\x00\x01")
    done = paperboy("ingest", str(tmp_path / "bad.txt"), str(COMPACT))
    assert done.code == 1
    assert "16 new papers" in done.out
    assert "1 of 2 were not read" in done.out


def test_standard_input_is_a_digest_too(paperboy, migrated, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(COMPACT.read_bytes()))
    monkeypatch.setattr(sys, "stdin", stdin)
    done = paperboy("ingest", "-")
    assert done.code == 0
    assert "standard input: compact digest, 16 entries" in done.out


def test_without_files_the_folder_of_digests_is_read(paperboy, migrated):
    (migrated / "digests").mkdir()
    (migrated / "digests" / "monday.txt").write_bytes(COMPACT.read_bytes())
    assert "monday.txt: compact digest, 16 entries" in paperboy("ingest").out


def test_a_source_we_cannot_read_is_named(paperboy, migrated, monkeypatch):
    monkeypatch.setenv("PAPERBOY_SOURCES", "gopher:papers")
    done = paperboy("ingest")
    assert done.code == 1
    assert "gopher:papers" in done.err


def test_a_wrong_day_is_a_sentence(paperboy, migrated):
    done = paperboy("ingest", "--day", "tomorrow", str(COMPACT))
    assert done.code == 1
    assert "write it like 2026-11-21" in done.err


def test_before_migrating_it_says_what_to_run(paperboy, data_dir):
    done = paperboy("ingest", str(COMPACT))
    assert done.code == 1
    assert "paperboy migrate" in done.err


@pytest.mark.sqlite
def test_a_locked_database_is_a_sentence(paperboy, migrated, monkeypatch):
    from app.store import engine

    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)
    holder = sqlite3.connect(migrated / "paperboy.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    done = paperboy("ingest", str(COMPACT))
    holder.execute("ROLLBACK")
    holder.close()
    assert done.code == 1
    assert "locked" in done.err
    assert len(done.err.splitlines()) == 1


def test_exported_papers_are_what_the_digest_says(paperboy, migrated):
    paperboy("ingest", "--day", "2026-11-20", str(SPACED))
    lines = [json.loads(line) for line in paperboy("export", "papers").out.splitlines()]
    assert len(lines) == 16
    first = lines[0]
    assert set(first) >= {"id", "title", "abstract", "first_seen", "entries"}
    assert first["first_seen"] == "2026-11-20"
    assert first["entries"] == [{"digest": SPACED.name, "date": "2026-11-20", "position": 1}]
    text = " ".join(SPACED.read_text(encoding="utf-8").split())
    for line in lines:
        assert line["title"] in text
        assert line["abstract"] in text


def test_an_export_is_read_back_as_it_was(paperboy, migrated, database, tmp_path):
    paper = {"doi": "10.1101/2026.10.01.123456", "published": "10.1234/owl.7", "date": "2026-10-05"}
    lists = (
        answers.hf_list(answers.hf_row(id="2610.00001", title="Owls at night")),
        answers.rss(answers.announced("2610.00002v1"), answers.announced("2610.00003v2", "cross")),
        answers.oai(answers.oai_record(id="2610.00002", comments="12 pages, 3 figures")),
        answers.biorxiv(paper | {"title": "Memory in owls"}),
    )
    for n, text in enumerate(lists):
        (tmp_path / f"{n}").write_text(text, encoding="utf-8")
        paperboy("ingest", "--day", f"2026-11-1{n}", str(tmp_path / f"{n}"))
    file = tmp_path / "papers.jsonl"
    paperboy("export", "papers", str(file))
    for statement in (
        *("DELETE FROM entry", "DELETE FROM vote_snapshot", "DELETE FROM paper_name"),
        *("DELETE FROM digest", "DELETE FROM paper"),
    ):
        database.execute(statement)

    done = paperboy("ingest", "--day", "2026-11-20", str(file))

    assert "Paperboy export digest, 4 entries, 4 new papers" in done.out
    before, after = (
        [json.loads(line) for line in text.splitlines()]
        for text in (file.read_text(encoding="utf-8"), paperboy("export", "papers").out)
    )
    ours = {"id", "entries"}
    assert [{k: v for k, v in each.items() if k not in ours} for each in after] == [
        {k: v for k, v in each.items() if k not in ours} for each in before
    ]
    owls, announced = before[0], before[1]
    assert (owls["organisation"], owls["stars"], owls["votes"], owls["n_comments"]) == (
        *("Example Lab", 12, 37),
        2,
    )
    assert (owls["code_url"], owls["first_seen"]) == (
        "https://github.com/example/sparse",
        "2026-11-10",
    )
    assert (announced["comment"], announced["journal"]) == (
        "12 pages, 3 figures",
        "J. Ex. 1 (2026)",
    )
    assert (announced["announced"], announced["version"]) == ("2026-10-05", 1)
    assert before[3]["published_doi"] == "10.1234/owl.7"


def test_an_export_can_go_to_a_file(paperboy, migrated, tmp_path):
    paperboy("ingest", str(COMPACT))
    assert paperboy("export", "papers", str(tmp_path / "papers.jsonl")).code == 0
    assert len((tmp_path / "papers.jsonl").read_text(encoding="utf-8").splitlines()) == 16
    refused = paperboy("export", "papers", str(tmp_path / "no" / "folder"))
    assert refused.code == 1
    assert "cannot be written" in refused.err
