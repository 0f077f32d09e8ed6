"""Statements that run for every letter: put together once, and then left to the driver.

On SQLAlchemy's own way to the driver each run costs more than what the database does for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, CursorResult, Dialect, Select, UpdateBase, bindparam
from sqlmodel import Session

# Ids in one statement.
AT_ONCE = 128
Statement = Select[*tuple[Any, ...]] | UpdateBase
ByIds = Callable[[list[BindParameter[int]]], Statement]


class Prepared:
    """A statement with no list among its values."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def run(self, session: Session, *told: Mapping[str, Any]) -> CursorResult[Any]:
        """Run it for each of these values by name; only where they are one, it has rows."""
        connection = session.connection()
        text = self._text(connection.dialect)
        rows = [text.values(each) for each in told]
        return connection.exec_driver_sql(text.sql, rows[0] if len(rows) == 1 else rows)

    def _text(self, dialect: Dialect) -> "_Text":
        if (found := self._texts.get(dialect.name)) is None:
            found = self._texts[dialect.name] = _text(self._statement, dialect)
        return found


class PreparedByIds:
    """A statement that looks for rows by a list of ids, and brings back what the driver gives.

    So columns are to be plain numbers or text; SQLite has 0 and 1 for False and True.
    """

    def __init__(self, statement: ByIds) -> None:
        self._statement = statement
        self._by_length: dict[int, Prepared] = {}

    def rows(self, session: Session, ids: Sequence[int], **told: Any) -> list[tuple[Any, ...]]:
        """Run it for all these ids, some at once."""
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            # Statements of a few lengths, the last place filled with the last again: one of any
            # length would be put together anew each time.
            places = _PLACES[: 1 << (len(some) - 1).bit_length()]
            filled = [*some, *[some[-1]] * (len(places) - len(some))]
            told.update(zip(places, filled, strict=True))
            cursor = self._of(places).run(session, told).cursor
            found += cursor.fetchall() if cursor else ()
        return found

    def _of(self, places: Sequence[str]) -> Prepared:
        if (found := self._by_length.get(len(places))) is None:
            statement = self._statement([bindparam(place) for place in places])
            found = self._by_length[len(places)] = Prepared(statement)
        return found


_PLACES = [f"id{n}" for n in range(AT_ONCE)]


@dataclass(frozen=True, slots=True)
class _Text:
    """For one kind of database. fixed: what is the same each time, by the value's name.

    order: of the values, where the driver counts them; else it is told their names.
    """

    sql: str
    fixed: Mapping[str, Any]
    processors: Mapping[str, Any]
    order: Sequence[str] | None

    def values(self, told: Mapping[str, Any]) -> Any:
        """As the driver wants them."""
        found = {**self.fixed, **told}
        for name, process in self.processors.items():
            found[name] = process(found[name])
        return found if self.order is None else tuple([found[name] for name in self.order])


def _text(statement: Statement, dialect: Dialect) -> _Text:
    compiled = statement.compile(dialect=dialect)
    fixed, processors = dict[str, Any](), dict[str, Any]()
    for bind, name in compiled.bind_names.items():
        process = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if not bind.required:
            fixed[name] = process(bind.value) if process else bind.value
        elif process:
            processors[name] = process
    return _Text(compiled.string, fixed, processors, compiled.positiontup)
