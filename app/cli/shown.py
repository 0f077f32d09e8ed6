"""How the command line reads days and shows things: tables, progress, problems."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from app.errors import AppError, BadValue

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


def now() -> datetime:
    """The moment, in UTC: the one place where the command line looks at the clock."""
    return datetime.now(UTC)


def parse_day(text: str) -> date:
    """Read YYYY-MM-DD. Raises BadValue."""
    try:
        day = date.fromisoformat(text)
    except ValueError as e:
        raise BadValue("day", f"“{text}” is no day; write it like 2026-11-21.") from e
    if not 1990 <= day.year <= 2200:
        raise BadValue("day", f"“{text}” is no day of any digest; write it like 2026-11-21.")
    return day


def moment(day: str) -> datetime:
    """Now, or noon UTC of the day that was asked for. Raises BadValue."""
    return datetime.combine(parse_day(day), time(12), tzinfo=UTC) if day else now()


def problem(sentence: str) -> None:
    """Say on standard error what went wrong."""
    print(f"paperboy: {sentence}", file=sys.stderr)


def plain(value: "DataclassInstance | dict[str, Any]") -> dict[str, Any]:
    """A dataclass, or what one would be, as JSON can write it."""
    told = value if isinstance(value, dict) else asdict(value)
    plained: dict[str, Any] = json.loads(json.dumps(told, default=_plain))
    return plained


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return value.value if isinstance(value, Enum) else str(value)


def progress(title: str, steps: Iterable[T], total: int) -> Iterator[T]:
    """Pass the steps on, with a bar on a terminal's standard error."""
    with counting(title, total) as advance:
        for step in steps:
            advance()
            yield step


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """Say what is being waited for, on a terminal's standard error."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(title):
        yield


@contextmanager
def counting(title: str, total: int) -> Iterator[Callable[[], None]]:
    """Give a function to call after each step; shows nothing where nobody looks on."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


def table(headings: Iterable[str], rows: Iterable[Iterable[object]], title: str = "") -> None:
    """Print a table as wide as the terminal allows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shape = Table(*headings, title=title or None, title_justify="left", box=box.SIMPLE_HEAD)
    for row in rows:
        # Text, not str: a title with [brackets] is no markup.
        shape.add_row(*(Text(str(cell)) for cell in row))
    width = None if sys.stdout.isatty() else 110
    Console(width=width, highlight=False).print(shape)


@contextmanager
def writing(output: Path | None) -> Iterator[TextIO]:
    """Open a file to write text to, or standard output. Raises AppError."""
    if output is None:
        yield sys.stdout
        return
    try:
        with output.open("w", encoding="utf-8") as stream:
            yield stream
    except OSError as e:
        raise AppError(f"{output} cannot be written: {e.strerror}.") from e
