"""Rows of invented content, made in the test's one transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import NOW
from sqlmodel import Session

from app.papers.paper import Paper
from app.store import departures, letters, papers, subscribers
from app.store.tables import Letter, LetterKind, OutboxEntry, Pick, Status, Subscriber

MakePerson = Callable[..., Subscriber]
MakeEntry = Callable[..., OutboxEntry]
Claim = Callable[[datetime, int], list[OutboxEntry]]


@pytest.fixture
def make_person(session: Session) -> MakePerson:
    """Store an active subscriber of invented address, unless told otherwise."""
    count = 0

    def make(**changes: Any) -> Subscriber:
        nonlocal count
        count += 1
        made_up = {
            "address": f"person{count}@example.org",
            "status": Status.ACTIVE,
            "created_at": NOW - timedelta(days=30),
        }
        return subscribers.add(session, Subscriber(**(made_up | changes)))

    return make


@pytest.fixture
def make_entry(session: Session, make_person: MakePerson) -> MakeEntry:
    """Store an outbox entry and its letter: ready, due at NOW, its subscriber made up."""

    def make(papers_picked: tuple[int, ...] = (), **changes: Any) -> OutboxEntry:
        person = changes.pop("subscriber", None) or make_person()
        key = {
            "subscriber_id": person.id,
            "kind": changes.pop("kind", LetterKind.DAILY),
            "edition_date": changes.pop("edition_date", NOW.date()),
        }
        letter = Letter(
            **key,
            recipient=person.address,
            message_id="<{subscriber_id}.{kind}.{edition_date}@example.org>".format(**key),
            date=NOW,
        )
        picks = [
            Pick(letter_id=0, rank=n, paper_id=paper_id, score=1.0, reason="{}")
            for n, paper_id in enumerate(papers_picked, start=1)
        ]
        letters.add(session, letter, picks)
        made_up = {"letter_id": letter.id, "due_at": NOW, "first_due_at": NOW}
        entry = OutboxEntry(**(key | made_up | changes))
        session.add(entry)
        session.flush()
        return entry

    return make


@pytest.fixture
def paper_ids(session: Session) -> list[int]:
    """Three stored papers."""
    each = [Paper(f"On subject {name}", f"Of {name}.") for name in ("one", "two", "three")]
    return [row.id for row in papers.find_or_add(session, each, NOW.date())]


@pytest.fixture
def claim(session: Session) -> Claim:
    """Claim what is due, and return the entries as they then are."""

    def claim(now: datetime, limit: int) -> list[OutboxEntry]:
        ids = [each.id for each in departures.claim_due(session, now, limit)]
        return [session.get_one(OutboxEntry, each, populate_existing=True) for each in ids]

    return claim
