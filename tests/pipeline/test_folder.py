"""Folders of digests: whoever looks after the service sees how reading them went."""

import pytest

from app.errors import AppError
from app.pipeline import folder
from app.pipeline.catalogue import Kind, Listed
from app.store import engine as engines
from app.store import sources
from app.store.tables import SourceState


@pytest.fixture
def shelf(tmp_path):
    made = tmp_path / "digests"
    made.mkdir()
    return made


@pytest.fixture
def read(engine, clock, shelf):
    """Read it, and say how it fares."""

    def read_it():
        listed = Listed(Kind.FOLDER, str(shelf))
        told = list(folder.read(engine, listed, clock()))
        with engines.transaction(engines.reading(engine)) as session:
            source = sources.named(session, listed.name)
            return told, source.state, source.says

    return read_it


def test_what_is_new_is_counted_and_what_is_known_is_not(
    read, shelf, digest_text, retrieval_papers
):
    (shelf / "1.txt").write_bytes(digest_text(retrieval_papers))
    assert read()[1:] == (SourceState.FRESH, "10 papers in 1 file, 10 of them new.")
    assert read()[1:] == (SourceState.EMPTY, "No new file.")


def test_a_file_that_cannot_be_read_is_told_but_breaks_nothing(
    read, shelf, digest_text, retrieval_papers
):
    (shelf / "1.txt").write_bytes(digest_text(retrieval_papers))
    (shelf / "2.pdf").write_bytes(b"%PDF-1.7")
    assert "new. Not read: 2.pdf: This looks like a PDF" in read()[2]
    told, state, says = read()
    assert isinstance(told[1], AppError)
    assert (state, says[:30]) == (SourceState.EMPTY, "No new file. Not read: 2.pdf: ")


def test_a_folder_of_nothing_that_can_be_read_is_unreadable(read, shelf):
    (shelf / "2.pdf").write_bytes(b"%PDF-1.7")
    assert read()[1] is SourceState.UNREADABLE


def test_a_folder_that_is_gone_has_failed_and_comes_back(read, shelf, engine, clock):
    shelf.rmdir()
    for _ in range(sources.MOST_FAILURES):
        _, state, says = read()
    assert (state, "cannot be read: No such file" in says) == (SourceState.FAILED, True)
    with engines.transaction(engine) as session:
        assert list(sources.silent(session, clock())) == [f"folder:{shelf}"]
    shelf.mkdir()
    assert read()[1:] == (SourceState.EMPTY, "No new file.")
