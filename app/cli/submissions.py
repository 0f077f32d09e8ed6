"""`paperboy submissions`: what people sent in, for operators who keep no pages of their own."""

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import shown
from app.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlmodel import Session

    from app.store.tables import Submission

app = typer.Typer(
    help="Papers that people sent in, for you to accept.",
    no_args_is_help=True,
)

Number = Annotated[int, typer.Argument(help="As `list` shows it.", min=1, max=2**31 - 1)]
MOST = 500
# What became of a submission, after its number; by the state that JSON tells.
STATES = {
    "sent": "is being looked up",
    "found": "waits for your nod",
    "unknown": "was not found",
    "known": "was here already",
    "accepted": "is on the list",
    "declined": "was left out",
}


@app.command("list")
def list_open(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    decided: Annotated[
        bool, typer.Option("--decided", help="Those accepted and declined, the last first.")
    ] = False,
) -> None:
    """What waits for your nod or was not found, and why.

    With how many readers and visitors asked for it.
    """
    from app import assembly
    from app.store import engine as engines
    from app.store import submissions
    from app.store.tables import SubmissionState

    _, engine = assembly.store()
    states = submissions.DECIDED if decided else (*submissions.OPEN, SubmissionState.UNKNOWN)
    with engines.transaction(engines.reading(engine)) as session:
        rows = submissions.in_states(session, states, MOST)
        readers = submissions.n_supporters(session, [row.id or 0 for row in rows])
        lines = [_line(row, readers.get(row.id or 0, 0)) for row in rows]
    if as_json:
        print(json.dumps(lines, ensure_ascii=False, indent=1))
    elif not lines:
        print("Nothing was decided yet." if decided else "Nothing waits.")
    else:
        _print(lines)


def _print(lines: list[dict[str, Any]]) -> None:
    heads = ("", "what became of it", "readers", "visitors", "paper", "where")
    rows = []
    for line in lines:
        state = f"{STATES[line['state']]}. {line['says']}".rstrip(". ")
        rows.append((line["id"], state, *(line[name] for name in ("readers", "visitors")),
                     line["title"], line["url"]))  # fmt: skip
    shown.table(heads, rows)


def _line(row: "Submission", n_readers: int) -> dict[str, Any]:
    from app.mail import foreign
    from app.papers import tex
    from app.store import submissions

    told = submissions.told(row)
    return {
        "id": row.id,
        "state": row.state.value,
        "says": foreign.tame(row.says),
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
    from app.pipeline import submissions as station
    from app.store import submissions

    with _opened(number) as (session, row):
        if row.state not in submissions.ACCEPTABLE or not row.told:
            raise AppError(f"Submission {number} {STATES[row.state]}: only a found one joins.")
        station.accept(session, row, shown.now())
        _note(session, row, "accepted a submission")
    print(f"Submission {number} is on today's list.")


@app.command()
def decline(number: Number) -> None:
    """Leave a paper out."""
    from app.pipeline import submissions as station
    from app.store import submissions

    with _opened(number) as (session, row):
        if row.state not in submissions.DECLINABLE:
            raise AppError(f"Submission {number} {STATES[row.state]} already.")
        station.decline(session, row, shown.now())
        _note(session, row, "declined a submission")
    print(f"Submission {number} stays out.")


@app.command("take-back")
def take_back(number: Number) -> None:
    """Take an accepted paper off the list again.

    Where no other list has it, no list of ours and no letter shows it from now on.
    """
    from app.pipeline import submissions as station
    from app.store.tables import SubmissionState

    with _opened(number) as (session, row):
        if row.state is not SubmissionState.ACCEPTED:
            raise AppError(f"Submission {number} {STATES[row.state]}: only an accepted one goes.")
        station.take_back(session, row, shown.now())
        _note(session, row, "took a submission back")
    print(f"Submission {number} is taken back, and off the list.")


@app.command()
def again(number: Number) -> None:
    """Look up once more what was not found."""
    from app.pipeline import submissions as station
    from app.store.tables import SubmissionState

    with _opened(number) as (session, row):
        if row.state is not SubmissionState.UNKNOWN:
            raise AppError(f"Submission {number} {STATES[row.state]}: nothing to look up again.")
        station.retry(session, row, shown.now())
        _note(session, row, "looked for a submission again")
    print(f"Submission {number} is looked up again with the next tick.")


@contextmanager
def _opened(number: int) -> "Iterator[tuple[Session, Submission]]":
    from app import assembly
    from app.store import engine as engines
    from app.store import submissions

    _, engine = assembly.store()
    with engines.transaction(engine) as session:
        row = submissions.by_id(session, number)
        if row is None:
            raise AppError(f"There is no submission {number}; see `paperboy submissions list`.")
        yield session, row


def _note(session: "Session", row: "Submission", action: str) -> None:
    """Write it down beside what is done on the pages."""
    from app.mail import foreign
    from app.papers import tex
    from app.store import deeds, submissions

    title = foreign.tame(tex.to_unicode(submissions.told(row).title))
    deeds.add(session, shown.now(), "command line", action, f"submission {row.id}", title)
