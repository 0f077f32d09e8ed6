import pytest
from conftest import NOW
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.store import sources
from app.store.tables import Digest


def _digest(session: Session, fingerprint: str) -> Digest:
    digest = Digest(
        source_id=sources.named(session, "files").id,
        name="one.txt",
        fingerprint=fingerprint,
        layout="compact",
        read_at=NOW,
    )
    session.add(digest)
    session.flush()
    return digest


def test_a_source_is_added_once(session: Session):
    assert sources.named(session, "files") is sources.named(session, "files")
    assert sources.named(session, "files").id != sources.named(session, "folder:/x").id


def test_a_digest_is_known_by_its_fingerprint(session: Session):
    digest = _digest(session, "f00d")
    assert sources.digest_with(session, "f00d") is digest
    assert sources.digest_with(session, "beef") is None


def test_the_same_papers_are_one_digest(session: Session):
    _digest(session, "f00d")
    with pytest.raises(IntegrityError):
        _digest(session, "f00d")
    session.rollback()
