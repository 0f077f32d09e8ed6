"""`paperboy subscribers export` and `import`: people as CSV, from one Paperboy to another."""

import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import shown, wishes
from app.errors import AppError, BadValue

if TYPE_CHECKING:
    from sqlmodel import Session

    from app.mail.links import Tokens
    from app.pipeline.opt_in import Wish
    from app.store.tables import Subscriber

COLUMNS = (
    *("email", "status", "interests", "likes", "dislikes"),
    *("zone", "hour", "days", "size", "paused_until"),
    "language",
    *wishes.TUNING,
)


def lines(session: "Session", *, only: "Subscriber | None" = None) -> list[dict[str, Any]]:
    """What we know of everyone, or of one, in the words of the columns."""
    from app.recommend import interests, tuning
    from app.store import opinions, papers, subscribers

    people = [only] if only else list(subscribers.all_of(session))
    ids = [person.id or 0 for person in people]
    typed = subscribers.interests_of(session, ids)
    said = opinions.of(session, ids)
    every = [paper for each in said.values() for paper in (*each.liked, *each.disliked)]
    titles = {paper_id: row.title for paper_id, row in papers.by_ids(session, every).items()}
    lines = []
    for person in people:
        opinion = said.get(person.id or 0, opinions.Opinion())
        due = f"{person.next_due_at:%Y-%m-%d %H:%M}" if person.next_due_at else "—"
        lines.append(
            {
                "email": person.address,
                "status": person.status.value,
                "interests": interests.format(typed.get(person.id or 0, ())),
                "likes": [titles[paper_id] for paper_id in opinion.liked],
                "dislikes": [titles[paper_id] for paper_id in opinion.disliked],
                "zone": person.zone,
                "hour": person.hour,
                "days": person.days,
                "size": person.letter_size,
                "paused_until": person.paused_until.isoformat() if person.paused_until else "",
                "threshold": person.threshold,
                "dial": person.dial,
                "exploration": tuning.name_exploration(person.exploration),
                "shares_likes": person.shares_likes,
                "empty_day": person.empty_day,
                "language": person.language,
                "next": due,
            }
        )
    return lines


def export(
    output: Annotated[
        Path | None, typer.Argument(help="CSV file; standard output if left out.")
    ] = None,
) -> None:
    """Everyone as CSV, in the columns that `import` reads.

    Not in it: saved papers, and which papers were sent already.
    """
    from app import assembly
    from app.store import engine as engines

    _, engine = assembly.store()
    with engines.transaction(engines.reading(engine)) as session:
        people = lines(session)
    with shown.writing(output) as stream:
        writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for line in people:
            papers = {name: "\n".join(line[name]) for name in ("likes", "dislikes")}
            writer.writerow({name: cell(value) for name, value in {**line, **papers}.items()})


def cell(value: object) -> object:
    """One fact about somebody as a person reads and types it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else value


def import_(
    file: Annotated[Path, typer.Argument(help="CSV with at least the columns email, interests.")],
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="They agreed already: mail no confirmation.")
    ] = False,
) -> None:
    """Subscribe everyone in a CSV file.

    If one line is wrong, nobody is. Who is a subscriber already, suppressed, or unsubscribed in
    the file, is left out. Who is pending in the file gets a letter that asks, with --confirmed too.
    """
    from app import assembly
    from app.pipeline import admission
    from app.store import engine as engines

    now = shown.now()
    settings, engine = assembly.store()
    rows = _csv_rows(file)
    head, unasked = assembly.letterhead(settings), []
    with engines.transaction(engine) as session:
        asked = list(_read_rows(session, rows, settings.letter_size))
        new = [row for row in asked if not _is_known(session, head.links.tokens, row.wish.address)]
        for row in shown.progress("Adding subscribers", new, len(new)):
            has_agreed = confirmed and row.has_agreed
            if not wishes.subscribe(session, row.wish, now, has_agreed, head) and not has_agreed:
                unasked.append(row.wish.address)
            _finish(session, row, now)
    others = "; the others are named above, or unsubscribed" if len(new) < len(rows) else ""
    print(f"Added {len(new)} of {len(rows)}{others}.")
    if unasked:
        shown.problem(
            f"Nobody asks {', '.join(unasked)} to confirm: {admission.PER_HOUR} such letters go "
            "out an hour. Remove them, and add them again later."
        )
    typed = [(f"line {row.line}: ", row.wish.interests) for row in new]
    wishes.tell_unknown(settings, engine, typed, now)


@dataclass(frozen=True)
class _Row:
    """One line of the file. has_agreed: it does not say that they never confirmed."""

    line: int
    wish: "Wish"
    disliked: tuple[int, ...]
    paused_until: date | None
    has_agreed: bool


def _read_rows(
    session: "Session", rows: list[tuple[int, dict[str, str]]], size: int
) -> Iterator[_Row]:
    line_of: dict[str, int] = {}
    for number, cells in rows:
        try:
            row = _read_row(session, number, cells, size)
        except BadValue as e:
            raise AppError(f"Line {number}: {str(e).rstrip('.')}. Nobody was added.") from e
        if row is None:
            continue
        address = row.wish.address
        if address in line_of:
            raise AppError(
                f"Line {number}: {address} stands in line {line_of[address]} too. Nobody was added."
            )
        line_of[address] = number
        yield row


def _read_row(session: "Session", line: int, row: dict[str, str], size: int) -> _Row | None:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if cells["status"] == "unsubscribed":
        return None
    likes, dislikes = (
        [title for title in cells[name].splitlines() if title.strip()]
        for name in ("likes", "dislikes")
    )
    asked = {**cells, "likes": likes, "size": cells["size"] or size}
    paused = cells["paused_until"]
    return _Row(
        line=line,
        wish=wishes.wish(session, asked, cells["interests"]),
        disliked=wishes.papers(session, dislikes),
        paused_until=shown.parse_day(paused) if paused else None,
        has_agreed=cells["status"] != "pending",
    )


def _finish(session: "Session", row: _Row, now: datetime) -> None:
    from app.mail.links import Verdict
    from app.store import feedback, subscribers

    person = subscribers.by_address(session, row.wish.address)
    if person is None:
        return
    for paper_id in row.disliked:
        feedback.record(session, person.id or 0, paper_id, Verdict.DISLIKE, now)
    person.paused_until = row.paused_until
    subscribers.plan_next(session, person, now)


def _csv_rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        if "\0" in text:  # not csv.Error from Python 3.11 on, and no database keeps it
            raise csv.Error
        reader = csv.DictReader(io.StringIO(text, newline=""))
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        reason = e.strerror if isinstance(e, OSError) else "it is no CSV in UTF-8"
        raise AppError(f"{file} cannot be read: {reason}.") from e
    if "email" not in (reader.fieldnames or ()):
        raise AppError(f"{file}: the first line must name the columns: {', '.join(COLUMNS)}.")
    return rows


def _is_known(session: "Session", tokens: "Tokens", address: str) -> bool:
    try:
        wishes.refuse_known(session, tokens, address, returning=False)
    except AppError as e:
        print(f"  {e}", file=sys.stderr)
        return True
    return False
