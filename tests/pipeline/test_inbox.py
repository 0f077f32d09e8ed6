"""Digests that come by mail: each is read once, and none is lost."""

import answers
import pytest
from imap_server import ImapServer
from sqlmodel import select

from app.errors import AppError, UnreadableDigest
from app.pipeline import inbox
from app.pipeline.catalogue import Kind, Listed
from app.pipeline.ingest import Report
from app.store import engine as engines
from app.store import sources
from app.store.tables import Paper, SourceState


@pytest.fixture
def maildir(tmp_path):
    path = tmp_path / "papers"
    for name in ("new", "cur", "tmp"):
        (path / name).mkdir(parents=True)
    return path


@pytest.fixture
def listed(maildir):
    return Listed(Kind.MAILDIR, str(maildir))


@pytest.fixture
def reader(engine, clock):
    return inbox.Reader(engine, clock, "open sesame")


@pytest.fixture
def fares(engine, clock):
    """The state of a source and of its day."""

    def look(listed):
        with engines.transaction(engines.reading(engine)) as session:
            (found,) = sources.standings(session, [listed.name], clock().date())
            return found.source.state, found.days[0].state, found.source.says

    return look


def test_each_mail_is_read_once_and_those_without_papers_are_told(
    reader, listed, maildir, digest_text, retrieval_papers, fares
):
    (maildir / "new" / "1").write_bytes(digest_text(retrieval_papers))
    (maildir / "new" / "2").write_bytes(b"Lunch is at noon.\n")

    told = list(inbox.read(reader, listed))
    assert [type(each) for each in told] == [Report, UnreadableDigest]
    assert fares(listed) == (
        SourceState.FRESH,
        SourceState.FRESH,
        "10 papers in 1 mail, 10 of them new.",
    )
    assert list(inbox.read(reader, listed)) == []
    assert fares(listed) == (SourceState.EMPTY, SourceState.FRESH, "No new mail with papers.")
    assert len(list((maildir / "cur").iterdir())) == 2


def test_a_mail_that_we_fail_to_read_stays_new(reader, listed, maildir, monkeypatch):
    from app.papers import digest

    def breaks(*_args):
        raise RuntimeError("a fault of ours")

    (maildir / "new" / "1").write_bytes(b"anything")
    monkeypatch.setattr(digest, "read", breaks)
    (told,) = inbox.read(reader, listed)
    assert "by a fault of ours" in str(told)
    assert len(list((maildir / "new").iterdir())) == 1


def test_a_folder_of_an_imap_server_is_read_too(reader, digest_text, retrieval_papers, fares):
    with ImapServer(digest_text(retrieval_papers)) as server:
        listed = Listed(Kind.IMAP, f"//me@127.0.0.1:{server.port}/INBOX")
        (told,) = inbox.read(reader, listed)
        assert told.n_new == 10
        assert server.seen == {11}
        server.password = "changed"
        (told,) = inbox.read(reader, listed)
    assert isinstance(told, AppError)
    assert "open sesame" not in str(told)
    assert fares(listed)[0] is SourceState.FAILED


def test_to_stop_is_to_stop_after_this_mail(engine, clock, listed, maildir):
    for n in range(3):
        (maildir / "new" / str(n)).write_bytes(b"Lunch is at noon.\n")
    reader = inbox.Reader(engine, clock, stops=lambda: True)
    assert len(list(inbox.read(reader, listed))) == 1
    assert len(list((maildir / "new").iterdir())) == 2


def test_looking_leaves_mails_new(listed, maildir, digest_text, retrieval_papers, clock):
    (maildir / "new" / "1").write_bytes(digest_text(retrieval_papers))
    ((subject, read),) = inbox.look(listed, "", clock())
    assert (subject, len(read.entries)) == ("mail without a subject", 10)
    assert len(list((maildir / "new").iterdir())) == 1


def test_a_mail_is_called_by_its_subject():
    assert inbox.subject(b"From: a\nSubject: cs daily\n  Vol 1\n\nSubject: no") == "cs daily Vol 1"


def test_a_mailing_of_arxivs_is_read_as_it_arrives(reader, listed, maildir):
    mailing = answers.mailing(answers.MAILED_NEW, answers.MAILED_CROSS)
    (maildir / "new" / "1").write_bytes(answers.mailed(mailing))
    (told,) = inbox.read(reader, listed)
    assert told.n_new == 2
    assert list((maildir / "new").iterdir()) == []


def test_what_a_mailing_says_of_replaced_papers_is_noted(reader, listed, maildir, engine):
    took_back = answers.MAILED_REPLACED.replace("2609.00003", "2610.01234").replace(
        "Categories: cs.IR", "Categories: cs.IR\nComments: This paper has been withdrawn"
    )
    for block in (answers.MAILED_NEW, took_back):
        (maildir / "new" / "1").write_bytes(answers.mailed(answers.mailing(block)))
        list(inbox.read(reader, listed))
    with engines.transaction(engine) as session:
        assert session.exec(select(Paper.withdrawn_on)).one() is not None


def test_a_mailbox_that_never_could_be_read_is_told_of(reader, listed, maildir, engine, clock):
    for name in ("new", "cur", "tmp"):
        (maildir / name).rmdir()
    for _ in range(9):
        list(inbox.read(reader, listed))
    with engines.transaction(engine) as session:
        assert list(sources.silent(session, clock())) == [listed.name]
    for name in ("new", "cur", "tmp"):
        (maildir / name).mkdir()
    list(inbox.read(reader, listed))
    with engines.transaction(engine) as session:
        assert sources.named(session, listed.name).failures == 0
