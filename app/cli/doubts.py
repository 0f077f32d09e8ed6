"""`paperboy doubts`: letters that may have arrived: thrice, or where PAPERBOY_DOUBT is "hold"."""

import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import shown
from app.errors import AppError

if TYPE_CHECKING:
    from sqlmodel import Session

app = typer.Typer(
    help="Letters that may have arrived: list, resend or leave them.",
    no_args_is_help=True,
)

Emails = Annotated[list[str] | None, typer.Argument(help="Whose letters.")]
All = Annotated[bool, typer.Option("--all", help="Every letter in doubt.")]
Decide = Callable[["Session", Collection[int], datetime], int]


@app.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Every letter in doubt, the oldest first.

    With the moment and the cause of the doubt.
    """
    from app import assembly
    from app.store import doubts
    from app.store import engine as engines

    _, engine = assembly.store()
    with engines.transaction(engines.reading(engine)) as session:
        lines = [
            {
                "email": recipient,
                "edition": entry.edition_date.isoformat(),
                "since": f"{entry.settled_at or entry.due_at:%Y-%m-%d %H:%M}",
                "reason": entry.reason,
            }
            for entry, recipient in doubts.held(session)
        ]
    if as_json:
        print(json.dumps(lines, ensure_ascii=False, indent=1))
    elif not lines:
        print("No letter is in doubt.")
    else:
        headings = ("email", "edition", "since (UTC)", "reason")
        shown.table(headings, [list(line.values()) for line in lines])


@app.command()
def resend(emails: Emails = None, everyone: All = False) -> None:
    """Send them once more, with the same Message-ID.

    The next run of `serve` or `paperboy run` does it.
    """
    from app.store import doubts

    print(f"To be sent by the next run: {_decide(doubts.resend, emails, everyone)}.")


@app.command()
def leave(emails: Emails = None, everyone: All = False) -> None:
    """Let them be: they are not sent again.

    Their papers count as sent.
    """
    from app.store import doubts

    print(f"Let be: {_decide(doubts.let_be, emails, everyone)}.")


def _decide(decide: Decide, emails: list[str] | None, everyone: bool) -> int:
    from app import assembly
    from app.mail import address
    from app.store import doubts
    from app.store import engine as engines

    if bool(emails) == everyone:
        raise AppError("Name the addresses, or give --all.")
    wanted = {address.normalise(email) for email in emails or ()}
    _, engine = assembly.store()
    with engines.transaction(engine) as session:
        held = doubts.held(session)
        if unknown := wanted - {recipient for _, recipient in held}:
            raise AppError(f"No letter to {min(unknown)} is in doubt; see `paperboy doubts list`.")
        ids = [entry.id or 0 for entry, to in held if everyone or to in wanted]
        return decide(session, ids, shown.now())
