"""Statements that run for every letter: put together once, and then left to the driver.

On SQLAlchemy's own way to the driver each run costs more than what the database does for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, Dialect, UpdateBase
from sqlmodel import Session


class Prepared:
    """A statement of fixed length: no list among its values, and no rows but plain numbers."""

    def __init__(self, statement: UpdateBase) -> None:
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


@dataclass(frozen=True)
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
        found = dict(self.fixed)
        for name, value in told.items():
            process = self.processors[name]
            found[name] = process(value) if process else value
        return found if self.order is None else tuple([found[name] for name in self.order])


def _text(statement: UpdateBase, dialect: Dialect) -> _Text:
    compiled = statement.compile(dialect=dialect)
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    processors = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bind in binds.items()
    }
    fixed = {
        name: process(bind.value) if (process := processors[name]) else bind.value
        for name, bind in binds.items()
        if not bind.required
    }
    return _Text(compiled.string, fixed, processors, compiled.positiontup)
