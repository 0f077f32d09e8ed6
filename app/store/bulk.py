"""Many rows of one table in one go, for where the price of each counts.

Core's insert prepares each row by itself, which takes as long as the driver takes to store it; so
here values are prepared column by column, and the drivers are given their own quickest way: SQLite
one prepared statement over all rows, PostgreSQL one JSON document, or COPY.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

Columns = Mapping[str, Sequence[Any]]


def numbers(connection: Connection, model: type[SQLModel], n: int) -> Sequence[int]:
    """So many ids that no row of the table has or had, in ascending order.

    On SQLite of a table whose ids are never reused, and they hold for this transaction, which
    must be one that writes: the next one is given the same if no row is stored.
    """
    on_postgresql = connection.dialect.name == "postgresql"
    asked = _NEXT_OF_SEQUENCE if on_postgresql else _LAST_OF_SQLITE
    found = connection.execute(asked, {"name": _table(model).name, "n": n}).scalars().all()
    if on_postgresql:
        return sorted(found)
    start = (found[0] if found else 0) + 1
    return range(start, start + n)


_NEXT_OF_SEQUENCE = text(
    "SELECT nextval(s) FROM pg_get_serial_sequence(:name, 'id') AS s, generate_series(1, :n)"
)
_LAST_OF_SQLITE = text("SELECT seq FROM sqlite_sequence WHERE name = :name AND :n > 0")


def add_new(connection: Connection, model: type[SQLModel], columns: Columns) -> int:
    """Store rows, and return how many: one that is there already, by any key, changes nothing."""
    rows, unless_there = _rows(connection, model, columns), "ON CONFLICT DO NOTHING"
    if not rows:
        return 0
    if connection.dialect.name != "postgresql":
        put = f"{_insert(model, columns)} {unless_there}"
        return connection.exec_driver_sql(put, rows).rowcount
    name, named = _table(model).name, ", ".join(columns)
    told = json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=_written)
    put = (
        f"INSERT INTO {name} ({named}) SELECT {named} "  # noqa: S608  (names of ours)
        f"FROM json_populate_recordset(NULL::{name}, %s) {unless_there}"
    )
    return connection.exec_driver_sql(put, (told,)).rowcount


def add(
    connection: Connection,
    model: type[SQLModel],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Store new rows of texts, numbers and truths, each thrown away once stored.

    Raises DatabaseError.
    """
    driver, dialect = cast("Any", connection.connection), connection.dialect
    try:
        with closing(driver.cursor()) as cursor:
            if dialect.name == "postgresql":
                _copy(cursor, f"COPY {_table(model).name} ({', '.join(names)}) FROM STDIN", rows)
            else:
                cursor.executemany(_insert(model, names), rows)
    except dialect.loaded_dbapi.Error as e:
        # As if the statement had gone the usual way.
        raise DBAPIError.instance(None, None, e, dialect.loaded_dbapi.Error) from e


def _copy(cursor: Any, put: str, rows: Iterable[Sequence[Any]]) -> None:
    with cursor.copy(put) as copy:
        for row in rows:
            copy.write_row(row)


def _insert(model: type[SQLModel], names: Collection[str]) -> str:
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {_table(model).name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608


def _rows(connection: Connection, model: type[SQLModel], columns: Columns) -> list[tuple[Any, ...]]:
    """What the columns hold, row by row and as the driver wants it."""
    prepare = _preparers(connection.dialect, model)
    prepared = [_each(prepare[name], values) for name, values in columns.items()]
    return list(zip(*prepared, strict=True))


def _each(prepare: Callable[[Any], Any] | None, values: Sequence[Any]) -> Sequence[Any]:
    if prepare is None:
        return values
    # What has to be prepared, a date or a state, mostly is the same in all rows.
    known = {value: prepare(value) for value in set(values)}
    return [known[value] for value in values]


@cache
def _preparers(dialect: Dialect, model: type[SQLModel]) -> dict[str, Callable[[Any], Any] | None]:
    types = {column.name: column.type for column in _table(model).columns}
    return {
        name: each.dialect_impl(dialect).bind_processor(dialect) for name, each in types.items()
    }


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def _written(moment: date) -> str:
    return moment.isoformat()
