"""Everything we hold of one person, as plain values: for them to take away (GDPR, article 15)."""

import json
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from app.recommend import telling
from app.store import suppressions
from app.store.naming import PICKED
from app.store.tables import (
    Bounce,
    Consent,
    Deed,
    Feedback,
    Interest,
    Letter,
    OutboxEntry,
    Paper,
    Pick,
    Submission,
    Subscriber,
    Support,
    Tap,
)

Facts = dict[str, Any]


def of(session: Session, subscriber: Subscriber) -> Facts:
    """Every row that hangs on a subscriber, under its table's name; papers by their titles."""
    theirs = subscriber.id or 0
    ids = select(Letter.id).where(Letter.subscriber_id == theirs)
    picks = _by_letter(session, theirs)
    return {
        "subscriber": subscriber.model_dump(),
        "interests": _rows(session, Interest, theirs),
        "feedback": [
            {**said.model_dump(), "paper": _named(paper)}
            for said, paper in session.exec(
                select(Feedback, Paper)
                .join(Paper)
                .where(Feedback.subscriber_id == theirs)
                .order_by(col(Feedback.id))
            )
        ],
        "letters": [
            {**each, "told": _told(each["told"]), "picks": picks.get(each["id"], [])}
            for each in _rows(session, Letter, theirs)
        ],
        "outbox": _rows(session, OutboxEntry, theirs),
        "bounces": _rows(session, Bounce, theirs),
        "consents": _rows(session, Consent, theirs),
        "taps": _dumped(
            session.exec(select(Tap).where(col(Tap.letter_id).in_(ids)).order_by(col(Tap.id))).all()
        ),
        "votes": _votes(session, theirs),
        "suppression": _suppression(session, subscriber.address),
        "deeds of operators": _dumped(
            session.exec(select(Deed).where(Deed.subject == f"subscriber {theirs}")).all()
        ),
    }


def _rows(session: Session, table: type[Any], subscriber_id: int) -> list[Facts]:
    rows = select(table).where(table.subscriber_id == subscriber_id).order_by(table.id)
    return _dumped(session.exec(rows).all())


def _told(text: str) -> list[Facts]:
    picks = telling.from_json(text) if text else []
    return [dict(zip(telling.Told._fields, each, strict=True)) for each in picks]


def _dumped(rows: Sequence[SQLModel]) -> list[Facts]:
    return [row.model_dump() for row in rows]


def _by_letter(session: Session, subscriber_id: int) -> dict[int, list[Facts]]:
    rows = (
        select(Pick, Paper)
        .join(Paper, col(Paper.id) == PICKED)
        .join(Letter, col(Letter.id) == col(Pick.letter_id))
        .where(Letter.subscriber_id == subscriber_id)
        .order_by(col(Pick.letter_id), col(Pick.rank))
    )
    found: dict[int, list[Facts]] = {}
    for pick, paper in session.exec(rows):
        told = {**pick.model_dump(), "paper": _named(paper), "reason": json.loads(pick.reason)}
        found.setdefault(pick.letter_id, []).append(told)
    return found


def _votes(session: Session, subscriber_id: int) -> list[Facts]:
    rows = select(Support, Submission).join(Submission)
    found = session.exec(rows.where(Support.subscriber_id == subscriber_id)).all()
    return [{**vote.model_dump(), "sent": row.sent} for vote, row in found]


def _named(paper: Paper) -> Facts:
    return {"title": paper.title, "url": paper.url, "arxiv_id": paper.arxiv_id, "doi": paper.doi}


def _suppression(session: Session, address: str) -> Facts | None:
    row = suppressions.of_address(session, address)
    return row.model_dump() if row else None
