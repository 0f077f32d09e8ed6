"""Numbers that mailed links carry: one given out must never mean anybody else."""

from collections.abc import Mapping

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from app.store.tables import Letter, Subscriber

NUMBERS = {"subscriber": Subscriber.id, "letter": Letter.id}


def given_out(session: Session) -> dict[str, int]:
    """The highest number of each table."""
    highest = {name: func.max(col(number)) for name, number in NUMBERS.items()}
    return {name: session.exec(select(each)).one() or 0 for name, each in highest.items()}


def last(session: Session) -> dict[str, int]:
    """The number last given out of each table; its row may be gone since."""
    asked = text(LAST[session.get_bind().dialect.name])
    return {name: session.execute(asked, {"name": name}).scalar() or 0 for name in NUMBERS}


def pass_over(session: Session, until: Mapping[str, int]) -> None:
    """Give out only higher numbers from now on; 0 changes nothing."""
    known = given_out(session)
    for name, number in until.items():
        if number > known[name]:
            for step in STEPS[session.get_bind().dialect.name]:
                session.execute(text(step), {"name": name, "number": number})


LAST = {
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = :name",
    "postgresql": "SELECT pg_sequence_last_value(pg_get_serial_sequence(:name, 'id')::regclass)",
}
# The greater of the two counts, or a table that lost its newest row would go back.
STEPS = {
    "sqlite": (
        "INSERT INTO sqlite_sequence (name, seq) SELECT :name, 0 "
        "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)",
        "UPDATE sqlite_sequence SET seq = max(seq, :number) WHERE name = :name",
    ),
    "postgresql": (
        "SELECT setval(s, greatest(nextval(s), :number)) "
        "FROM pg_get_serial_sequence(:name, 'id') AS s",
    ),
}
