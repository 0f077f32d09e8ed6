"""P12: what it costs to store a day's letters, against the driver that only inserts the same rows.

`--letters N`: of 10,000, each with ten picks, unless told. `--postgres`: on a server of our own,
against COPY; then the CPU of the server's side counts, too, where it can be read (Linux).
"""

import argparse
import importlib
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import goals
import post_office
from sqlalchemy import delete, insert

from app import assembly
from app.pipeline import drafts, rank
from app.pipeline.due import Due
from app.pipeline.editions import Edition
from app.pipeline.tidings import Tidings
from app.recommend.picks import Pick
from app.settings import Settings
from app.store import engine as engines
from app.store import migration, subscribers, tables

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TABLES = (tables.Letter, tables.OutboxEntry, tables.Pick)
ROUNDS = 3


def main() -> None:
    """Both ways in turns, over the same people, papers and letters."""
    asked = argparse.ArgumentParser(description="What storing a day's letters costs.")
    asked.add_argument("--letters", type=int, default=10_000)
    asked.add_argument("--postgres", action="store_true")
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as name, database(told.postgres) as url:
        laid = Laid(Path(name), url, told.letters)
        pairs = []
        for _ in range(ROUNDS):
            ours = laid.plan()
            rows = laid.rows()
            laid.clear()
            theirs = by_the_copy(laid, rows) if told.postgres else by_the_driver(Path(name), rows)
            pairs.append((theirs / ours, ours, theirs))
            laid.clear()
        ratio, mine, bare = sorted(pairs)[ROUNDS // 2]
        laid.engine.dispose()
    driver = "COPY" if told.postgres else "executemany"
    what = f"storing {told.letters:,} letters: CPU of {driver} ÷ ours"
    goals.say("P12", what, "≥ 0.4", ratio, ratio >= 0.4)
    each = 1e6 / told.letters
    print(f"      {mine * each:.0f} µs a letter of ten papers, {bare * each:.0f} by the driver")


@contextmanager
def database(is_postgres: bool) -> Iterator[str]:
    """The URL of an empty one; "" for the usual file."""
    if not is_postgres:
        yield ""
        return
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    with importlib.import_module("postgres").running() as server:
        server.make("planning")
        yield server.url("planning")


class Laid:
    """A database with people who are due, and what was chosen for each of them."""

    def __init__(self, folder: Path, url: str, n: int) -> None:
        settings = Settings(
            _env_file=None,
            data_dir=folder,
            database_url=url,
            secret_keys="a-key-for-benchmarks-only",  # noqa: S106
        )
        self.engine = engines.connect(settings.database)
        migration.migrate(self.engine)
        self.head = assembly.letterhead(settings)
        self._papers, self._said = post_office.stock(self.engine, NOW)
        with engines.transaction(self.engine) as session:
            session.execute(insert(tables.Subscriber), list(post_office.people(n, NOW)))
        self._n = n

    def plan(self) -> float:
        """Store all of it as the day does, a shard in a transaction; CPU seconds."""
        spent = 0.0
        for start in range(1, self._n + 1, rank.SHARD):
            ids = range(start, min(start + rank.SHARD, self._n + 1))
            with engines.transaction(self.engine) as session:
                people = subscribers.by_ids(session, ids)
                chosen = [(person, self._chosen(person.id or 0)) for person in people]
                told = drafts.told(session, self.head, chosen)
            made = [
                (Due(person, NOW.date()), each) for person, each in zip(people, told, strict=True)
            ]
            spent += self.cpu(lambda made=made: self._put(made))
        return spent

    def cpu(self, work: Callable[[], object]) -> float:
        """CPU seconds of one call, here and in the server behind the one connection there is."""
        before = self._of_server()
        return goals.cpu(work) + self._of_server() - before

    def _of_server(self) -> float:
        if self.engine.dialect.name != "postgresql":
            return 0.0
        with self.engine.connect() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        try:
            told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return 0.0
        # proc(5): fields 14 and 15, user and system, counted behind the name in brackets.
        ticks = told.rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def _put(self, made: list[tuple[Due, Edition]]) -> None:
        with engines.transaction(self.engine) as session:
            n = rank.put(session, self.head, "0123456789abcdef", made, NOW, Tidings())
            assert n == len(made)

    def _chosen(self, n: int) -> Edition:
        found = []
        for place_in in range(1, post_office.N_PICKS + 1):
            place = (n * 3 + place_in * 13) % post_office.N_PAPERS
            told = post_office.reason(
                n, self._said[place], self._papers[(place + n) % post_office.N_PAPERS]
            )
            found.append((Pick(self._papers[place], place_in, 1.0, told), ""))
        return Edition(post_office.N_PAPERS, found)

    def rows(self) -> dict[str, Sequence[Any]]:
        """What was stored, as a driver gives it."""
        with self.engine.connect() as connection:
            return {
                table.__tablename__: connection.exec_driver_sql(
                    f'SELECT * FROM "{table.__tablename__}" ORDER BY 1, 2'  # noqa: S608
                ).fetchall()
                for table in TABLES
            }

    def clear(self) -> None:
        """As if nothing were planned."""
        with engines.transaction(self.engine) as session:
            for table in (tables.Pick, tables.OutboxEntry, tables.Letter):
                session.execute(delete(table))


def by_the_driver(folder: Path, rows: dict[str, Sequence[Any]]) -> float:
    """The same rows into the same tables by sqlite3 alone, in transactions as long; CPU seconds."""
    connection = sqlite3.connect(folder / "paperboy.sqlite3", isolation_level=None)
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    shards = list(_shards(rows))

    def work() -> None:
        for shard in shards:
            connection.execute("BEGIN IMMEDIATE")
            for table, some in shard.items():
                marks = ", ".join("?" * len(some[0]))
                connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', some)  # noqa: S608
            connection.execute("COMMIT")

    spent = goals.cpu(work)
    connection.close()
    return spent


def by_the_copy(laid: Laid, rows: dict[str, Sequence[Any]]) -> float:
    """The same by COPY; CPU seconds of both sides, too."""
    shards = list(_shards(rows))

    def work() -> None:
        connection: Any = laid.engine.raw_connection()
        for shard in shards:
            with connection.cursor() as cursor:
                for table, some in shard.items():
                    with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                        for row in some:
                            copy.write_row(row)
            connection.commit()
        connection.close()

    return laid.cpu(work)


def _shards(rows: dict[str, Sequence[Any]]) -> Iterator[dict[str, list[Any]]]:
    letters, entries, picks = rows.values()
    n_picks = post_office.N_PICKS
    for start in range(0, len(letters), rank.SHARD):
        end = start + rank.SHARD
        yield {
            "letter": list(map(tuple, letters[start:end])),
            "outbox": list(map(tuple, entries[start:end])),
            "pick": list(map(tuple, picks[start * n_picks : end * n_picks])),
        }


if __name__ == "__main__":
    main()
