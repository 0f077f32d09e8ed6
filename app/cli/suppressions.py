"""`paperboy suppressions` and `paperboy learn`: who is never mailed again, why, and what tells."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import shown
from app.errors import AppError

if TYPE_CHECKING:
    from app.store.tables import Suppression

app = typer.Typer(
    help="Addresses never to mail again: list, add, check, lift.", no_args_is_help=True
)

Email = Annotated[str, typer.Argument(help="A mail address.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Every suppressed address, the latest first.

    With the reason and since when.
    """
    from app import assembly
    from app.store import engine as engines
    from app.store import suppressions

    _, engine = assembly.store()
    with engines.transaction(engines.reading(engine)) as session:
        lines = [_line(row) for row in suppressions.all_of(session)]
    if as_json:
        print(json.dumps(lines, ensure_ascii=False, indent=1))
    elif not lines:
        print("No address is suppressed.")
    else:
        shown.table(("email", "since (UTC)", "reason"), [list(line.values()) for line in lines])


def _line(row: "Suppression") -> dict[str, str]:
    return {"email": row.address, "since": f"{row.since:%Y-%m-%d %H:%M}", "reason": row.reason}


@app.command()
def add(
    email: Email,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later.")] = "by the operator",
) -> None:
    """Never mail an address again.

    Letters to it that wait are not sent.
    """
    from app import assembly
    from app.mail import address
    from app.pipeline import learn
    from app.store import engine as engines

    normal = address.normalise(email)
    _, engine = assembly.store()
    with engines.transaction(engine) as session:
        if not learn.suppress(session, normal, reason, shown.now()):
            raise AppError(f"{normal} is suppressed already; see `paperboy suppressions check`.")
    print(f"{normal} gets no more mail.")


@app.command()
def lift(email: Email) -> None:
    """Let an address be mailed again.

    Because its owner asked for it, or the fault is mended.
    """
    from app import assembly
    from app.mail import address
    from app.pipeline import learn
    from app.store import engine as engines

    normal = address.normalise(email)
    _, engine = assembly.store()
    with engines.transaction(engine) as session:
        if not learn.lift(session, normal, shown.now()):
            raise AppError(f"{normal} is not suppressed.")
    print(f"{normal} may be mailed again. Whoever had unsubscribed stays so until they sign up.")


@app.command()
def check(email: Email, as_json: AsJson = False) -> None:
    """Whether an address is suppressed, and why.

    And what has come back from it.
    """
    from app import assembly
    from app.mail import address
    from app.store import bounces, subscribers, suppressions
    from app.store import engine as engines

    normal = address.normalise(email)
    _, engine = assembly.store()
    with engines.transaction(engines.reading(engine)) as session:
        row = suppressions.of_address(session, normal)
        person = subscribers.by_address(session, normal)
        told = bounces.of_subscriber(session, (person.id if person else None) or 0)
    returned = [
        {"at": f"{b.at:%Y-%m-%d %H:%M}", "kind": b.kind.value, "code": b.code, "said": b.said}
        for b in told
    ]
    line = _line(row) if row else {"email": normal, "since": "", "reason": ""}
    if as_json:
        print(json.dumps({**line, "suppressed": row is not None, "bounces": returned}, indent=1))
        return
    since = f"suppressed since {line['since']}: {line['reason']}" if row else "not suppressed"
    print(f"{normal} is {since}.")
    if returned:
        shown.table(("at (UTC)", "kind", "code", "what was said"), [b.values() for b in returned])


def learn(as_json: AsJson = False) -> None:
    """Read the bounce mailbox now.

    While `serve` runs, it does so every five minutes.
    """
    from app import assembly

    settings, engine = assembly.store()
    if not settings.bounce_mailbox:
        raise AppError("PAPERBOY_BOUNCE_MAILBOX is not set: there is no mailbox to read.")
    tally = assembly.day(settings, engine).learn()
    if as_json:
        print(json.dumps(shown.plain(tally), indent=1))
        return
    print(f"Read {tally.read} mails; {tally.ignored} had nothing to tell.")
    for kind, n in sorted(tally.kinds.items()):
        if kind != "none":
            print(f"  {kind}: {n}")
    if tally.failed:
        raise AppError(f"{tally.failed} mails could not be stored and stay unread; see the log.")
