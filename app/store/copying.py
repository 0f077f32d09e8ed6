"""All that one database holds, put into another that holds nothing yet.

Ids stay, for links in letters hold them; and what was given out once is given out to nobody else.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, RowMapping, Table, bindparam, insert, literal, select, text, update
from sqlmodel import Session

from app.store import numbers
from app.store.tables import metadata

# A letter and its picks are some kilobytes.
BATCH = 1_000


def is_empty(session: Session) -> bool:
    """Whether no table of ours holds anything."""
    anything = (select(literal(1)).select_from(table).limit(1) for table in metadata.sorted_tables)
    return all(session.execute(each).first() is None for each in anything)


def copy(source: Session, target: Session) -> int:
    """Store every row of `source` in `target`, which is empty; how many they were."""
    n = sum(_copy_table(source, target, table) for table in metadata.sorted_tables)
    if target.get_bind().dialect.name == "postgresql":
        for table in metadata.sorted_tables:
            _count_on(target, table)
    numbers.pass_over(target, numbers.last(source))
    return n


def _copy_table(source: Session, target: Session, table: Table) -> int:
    # What leads to a row of the same table may be stored before that.
    later = [
        each for each in table.columns for key in each.foreign_keys if key.column.table is table
    ]
    rows = source.connection().execute(
        select(table).order_by(*table.primary_key), execution_options={"yield_per": BATCH}
    )
    n, linked = 0, list[RowMapping]()
    for batch in rows.mappings().partitions():
        n += len(batch)
        linked += [row for row in batch if any(row[each.name] is not None for each in later)]
        blank = dict.fromkeys(each.name for each in later)
        target.connection().execute(insert(table), [{**row, **blank} for row in batch])
    if linked:
        _link(target, table, later, linked)
    return n


def _link(
    target: Session,
    table: Table,
    columns: Sequence[Column[Any]],
    rows: Sequence[RowMapping],
) -> None:
    keys = list(table.primary_key)
    those = [key == bindparam(f"key_{key.name}") for key in keys]
    told: dict[str, Any] = {each.name: bindparam(f"to_{each.name}") for each in columns}
    target.connection().execute(
        update(table).where(*those).values(told),
        [
            {f"key_{key.name}": row[key.name] for key in keys}
            | {f"to_{each.name}": row[each.name] for each in columns}
            for row in rows
        ],
    )


def _count_on(target: Session, table: Table) -> None:
    """PostgreSQL does not notice numbers that it has not given out itself."""
    column = table.autoincrement_column
    if column is not None:
        last = select(column).order_by(column.desc()).limit(1)
        if (number := target.execute(last).scalar()) is not None:
            told = {"name": table.name, "column": column.name, "number": number}
            target.execute(_COUNT_ON, told)


_COUNT_ON = text("SELECT setval(pg_get_serial_sequence(:name, :column), :number)")
