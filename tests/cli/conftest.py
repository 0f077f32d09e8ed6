"""The command line, called as a person calls it, in this process."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import SQLModel, col, select

from app import settings as settings_
from app.cli import __main__ as command_line
from app.store import engine as engines
from app.store import tables


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Paperboy = Callable[..., Outcome]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that the settings name."""
    folder = tmp_path / "data"
    monkeypatch.setenv("PAPERBOY_DATA_DIR", str(folder))
    monkeypatch.setenv("PAPERBOY_MAIL_FROM", "Paperboy <paperboy@example.org>")
    return folder


@pytest.fixture
def migrated(
    data_dir: Path, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The same with a migrated database: in it, or on PostgreSQL."""
    data_dir.mkdir()
    if database_url:
        monkeypatch.setenv("PAPERBOY_DATABASE_URL", database_url)
    else:
        (tmp_path / "paperboy.sqlite3").rename(data_dir / "paperboy.sqlite3")
    return data_dir


@dataclass(frozen=True)
class Database:
    """What the commands see, past them."""

    engine: Engine

    def execute(self, statement: str) -> None:
        """Change it by plain SQL."""
        with engines.transaction(self.engine) as session:
            session.execute(text(statement))

    def add(self, *rows: SQLModel) -> None:
        """Store rows."""
        with engines.transaction(self.engine) as session:
            session.add_all(rows)

    def picks(self) -> Sequence[tables.Pick]:
        """The picks of all letters, by letter and rank."""
        order = col(tables.Pick.letter_id), col(tables.Pick.rank)
        with engines.transaction(engines.reading(self.engine)) as session:
            return session.exec(select(tables.Pick).order_by(*order)).all()

    def letters(self) -> Sequence[tables.Letter]:
        """All letters, the oldest first."""
        with engines.transaction(engines.reading(self.engine)) as session:
            return session.exec(select(tables.Letter).order_by(col(tables.Letter.id))).all()

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with engines.transaction(engines.reading(self.engine)) as session:
            return {
                table.name: [
                    tuple(row)
                    for row in session.execute(table.select().order_by(*table.primary_key))
                ]
                for table in tables.metadata.sorted_tables
            }


@pytest.fixture
def database(migrated: Path) -> Iterator[Database]:
    """The database in force."""
    engine = engines.connect(settings_.load().database)
    yield Database(engine)
    engine.dispose()


@pytest.fixture
def same_database(data_dir: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the commands, that of the fixtures all tests share."""
    monkeypatch.setenv("PAPERBOY_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("PAPERBOY_DATABASE_URL", settings.database)


@pytest.fixture
def paperboy(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Paperboy:
    def run(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["paperboy", *words])
        code = 0
        try:
            command_line.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return run
