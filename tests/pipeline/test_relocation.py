"""From one database to another: everything, and under the same numbers."""

import re
import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from enum import StrEnum

import pytest
from conftest import NOW
from sqlalchemy import Enum, delete, insert, select, text

from app.errors import NotReady
from app.pipeline import relocation
from app.store import engine as engines
from app.store import heartbeats, migration
from app.store.tables import Letter, Paper, Subscriber, metadata

# More than are copied in one go.
MANY = 1_203


# By a column's type in Python (of JSON that is any object): something for the row of a number.
MAKERS = {
    StrEnum: lambda column, n: list(column.type.enum_class)[n % len(column.type.enum_class)],
    object: lambda _, n: {"owls": [n, None, "ö"]} if n % 2 else [],
    bool: lambda _, n: bool(n % 2),
    float: lambda _, n: n / 7,
    int: lambda _, n: n,
    str: lambda column, n: f"{column.name} “{n}” \N{OWL}",
    datetime: lambda _, n: NOW + timedelta(seconds=n),
    date: lambda _, n: NOW.date() + timedelta(days=n),
}


def value(column, n):
    found = getattr(column.type, "impl", column.type)
    kind = StrEnum if isinstance(found, Enum) else found.python_type
    return MAKERS[kind](column, n)


def fill(engine, n_of=lambda _table: 3):
    """Rows in every table there is, or in some."""
    with engines.transaction(engine) as session:
        for table in metadata.sorted_tables:
            columns = [each for each in table.columns if each.name != "same_as"]
            numbers = range(1, n_of(table.name) + 1)
            if numbers:
                rows = [{each.name: value(each, n) for each in columns} for n in numbers]
                session.execute(insert(table), rows)


@pytest.fixture
def old(tmp_path):
    engine = engines.connect(f"sqlite:///{tmp_path}/old.sqlite3")
    migration.migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def new(unmigrated):
    engine = engines.connect(unmigrated.database)
    yield engine
    engine.dispose()


def everything(engine):
    with engines.transaction(engines.reading(engine)) as session:
        return {
            table.name: [
                tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


def test_every_row_of_every_table_is_there_under_its_number(old, new):
    fill(old, lambda name: MANY if name in {"subscriber", "letter"} else 3)
    later = NOW + timedelta(days=1)

    n = relocation.relocate(old, new, later)

    kept = everything(new)
    assert kept == everything(old)
    assert n == sum(map(len, kept.values())) > 2 * MANY
    assert all(kept.values())


def test_a_paper_may_be_another_one_that_was_stored_later(old, new):
    fill(old)
    with engines.transaction(old) as session:
        session.get_one(Paper, 1).same_as = 3

    relocation.relocate(old, new, NOW + timedelta(days=1))

    with engines.transaction(new) as session:
        assert [paper.same_as for paper in session.scalars(select(Paper).order_by(Paper.id))] == [
            3,
            None,
            None,
        ]


def test_a_number_in_a_link_is_never_given_to_somebody_else(old, new):
    fill(old, lambda name: 3 if name in {"subscriber", "letter", "paper"} else 0)
    with engines.transaction(old) as session:
        session.execute(delete(Letter).where(Letter.id == 3))
        session.execute(delete(Subscriber).where(Subscriber.id == 3))

    relocation.relocate(old, new, NOW + timedelta(days=1))

    with engines.transaction(new) as session:
        person = Subscriber(address="new@example.org", created_at=NOW)
        paper = Paper(title="Owls", first_seen=NOW.date())
        session.add_all([person, paper])
        session.flush()
        assert (person.id, paper.id) == (4, 4)


def test_a_database_that_holds_anything_is_left_alone(old, new):
    fill(old)
    migration.migrate(new)
    with engines.transaction(new) as session:
        session.add(Subscriber(address="new@example.org", created_at=NOW))
    before = everything(new)
    with pytest.raises(NotReady, match="is not empty"):
        relocation.relocate(old, new, NOW + timedelta(days=1))
    assert everything(new) == before


def test_paperboy_must_not_be_at_work_meanwhile(old, new):
    with engines.transaction(old) as session:
        heartbeats.beat(session, heartbeats.SCHEDULER, NOW)
    with pytest.raises(NotReady, match="Stop it"):
        relocation.relocate(old, new, NOW + timedelta(seconds=89))
    assert relocation.relocate(old, new, NOW + timedelta(seconds=91)) == 1


@pytest.mark.postgres
def test_a_row_that_cannot_be_stored_there_is_told_and_none_is_kept(old, new):
    fill(old)
    with engines.transaction(old) as session:
        session.get_one(Paper, 2).title = "Owls\0"
    with pytest.raises(NotReady, match=r"A row cannot be stored there, and nothing was: .*NUL"):
        relocation.relocate(old, new, NOW + timedelta(days=1))
    assert not any(everything(new).values())


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE subscriber SET status = 'bored'",
        "UPDATE subscriber SET created_at = 'long ago'",
    ],
)
def test_a_row_that_nobody_can_read_is_told_and_none_is_kept(old, new, change):
    fill(old)
    with engines.transaction(old) as session:
        session.execute(text(change))
    with pytest.raises(NotReady, match="A row cannot be read, and nothing was stored"):
        relocation.relocate(old, new, NOW + timedelta(days=1))
    assert not any(everything(new).values())


def test_one_of_another_version_is_upgraded_first(tmp_path, new):
    bare = engines.connect(f"sqlite:///{tmp_path}/bare.sqlite3")
    with pytest.raises(NotReady, match="has not been migrated"):
        relocation.relocate(bare, new, NOW)
    bare.dispose()


def test_an_older_one_is_told_how_to_upgrade_it_and_not_the_new_one(old, new):
    with engines.transaction(old) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0014'"))
    name = engines.shown_url(str(old.url))
    cure = f"`PAPERBOY_DATABASE_URL={re.escape(name)} paperboy migrate` first, and then this"
    with pytest.raises(NotReady, match=f"{re.escape(name)} is at revision 0014, .+ run {cure}"):
        relocation.relocate(old, new, NOW)


def test_a_row_that_leads_nowhere_is_told_and_none_is_kept(old, new):
    """Another program that edits the file deletes what rows lead to: SQLite itself lets it."""
    fill(old)
    with closing(sqlite3.connect(str(old.url.database))) as connection:
        connection.execute("DELETE FROM paper WHERE id = 2")
        connection.commit()
    with pytest.raises(NotReady, match=r"A row cannot be stored there, and nothing was: "):
        relocation.relocate(old, new, NOW + timedelta(days=1))
    assert not any(everything(new).values())
