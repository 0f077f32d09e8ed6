"""`paperboy submissions`: what people sent in, for operators who keep no pages of their own."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import shown
from app.errors import AppError

if TYPE_CHECKING:
    from sqlmodel import Session

    from app.store.tables import Submission

app = typer.Typer(
    help="Papers that people sent in: list, look again, accept, decline, take back.",
    no_args_is_help=True,
)

Number = Annotated[int, typer.Argument(help="As `list` shows it.", min=1, max=2**31 - 1)]
MOST = 500


@app.command("list")
def list_open(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """What waits for your nod, and what is being looked up.

    With how many readers and visitors asked for it.
    """
    from app import assembly
    from app.store import engine as engines
    from app.store import submissions

    _, engine = assembly.store()
    with engines.transaction(engines.reading(engine)) as session:
        rows = submissions.in_states(session, submissions.OPEN, MOST)
        readers = submissions.n_supporters(session, [row.id or 0 for row in rows])
        lines = [_line(row, readers.get(row.id or 0, 0)) for row in rows]
    if as_json:
        print(json.dumps(lines, ensure_ascii=False, indent=1))
    elif not lines:
        print("Nothing waits.")
    else:
        heads = ("", "state", "readers", "visitors", "paper", "where")
        shown.table(heads, [list(line.values()) for line in lines])


def _line(row: "Submission", n_readers: int) -> dict[str, Any]:
    from app.mail import foreign
    from app.papers import tex
    from app.store import submissions

    told = submissions.told(row)
    return {
        "id": row.id,
        "state": row.state.value,
        "readers": n_readers,
        "visitors": row.n_visitors,
        "title": foreign.tame(tex.to_unicode(told.title)),
        "url": foreign.href(told.url) or foreign.tame(row.sent),
    }


@app.command()
def accept(number: Number) -> None:
    """Put a paper on today's list.

    It is there as sent in by the research community.
    """
    from app import assembly
    from app.pipeline import submissions as station
    from app.store import engine as engines
    from app.store import submissions

    _, engine = assembly.store()
    with engines.transaction(engine) as session:
        row = _row(session, number)
        if row.state not in submissions.ACCEPTABLE or not row.told:
            raise AppError(f"Submission {number} is {row.state.value}: only a found one joins.")
        station.accept(session, row, shown.now())
    print(f"Submission {number} is on today's list.")


@app.command()
def decline(number: Number) -> None:
    """Leave a paper out."""
    from app import assembly
    from app.pipeline import submissions as station
    from app.store import engine as engines
    from app.store import submissions

    _, engine = assembly.store()
    with engines.transaction(engine) as session:
        row = _row(session, number)
        if row.state not in submissions.DECLINABLE:
            raise AppError(f"Submission {number} is {row.state.value} already.")
        station.decline(session, row, shown.now())
    print(f"Submission {number} stays out.")


def _row(session: "Session", number: int) -> "Submission":
    from app.store import submissions

    row = submissions.by_id(session, number)
    if row is None:
        raise AppError(f"There is no submission {number}; see `paperboy submissions list`.")
    return row
