"""`paperboy preview`, `run` and `rank`."""

import json
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import people, shown
from app.errors import AppError
from app.languages import amount

if TYPE_CHECKING:
    from sqlmodel import Session

    from app.pipeline import outcome
    from app.pipeline.compose import Envelope
    from app.pipeline.plan import Day
    from app.pipeline.rank import Tally
    from app.wire.server import Server

Edition = Annotated[str, typer.Option("--day", help="Edition of this day, YYYY-MM-DD.")]


def preview(
    email: Annotated[str, typer.Argument(help="The subscriber's mail address.")],
    day: Edition = "",
    browser: Annotated[bool, typer.Option("--open", help="Show the HTML in a browser.")] = False,
    mail_to: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Mail it there, signed and all, to see what arrives; its links are nobody's.",
        ),
    ] = "",
) -> None:
    """Print the letter somebody would get, or got.

    Records nothing, and sends the subscriber nothing.
    """
    from app import assembly
    from app.pipeline import due, ingest
    from app.pipeline import preview as previews
    from app.store import engine as engines

    edition, now = shown.parse_day(day) if day else None, shown.now()
    settings, engine = assembly.store()
    desk, today = assembly.day(settings, engine).desk, edition or ingest.day(now)
    with engines.transaction(engines.reading(engine)) as session:
        person = people.find(session, email)
        wanted = due.on(person, edition, now)
        letter = previews.letter_for(session, desk, wanted, today, now)
        tried = mail_to and previews.mail_for(session, desk, wanted, today, now, mail_to)
    if letter is None:
        raise AppError(f"No letter: no new paper fits what {person.address} asked for.")
    if tried:
        _mail(assembly.server(settings), tried)
        return
    print(f"Subject: {letter.subject}\n\n{letter.text}")
    if browser:
        _open(letter.html)


def _mail(server: "Server", letter: "Envelope") -> None:
    import asyncio

    from app.wire import single

    with shown.waiting("Handing it over …"):
        told = single.send(server, letter.sender, letter.recipient, letter.message)
        code, reply = asyncio.run(told)
    print(f"{server.host}:{server.port} took it for {letter.recipient}: {code} {reply}")


def _open(html: str) -> None:
    import tempfile
    import webbrowser

    with tempfile.NamedTemporaryFile("w", suffix=".html", delete=False, encoding="utf-8") as file:
        file.write(html)
    webbrowser.open(Path(file.name).as_uri())


def run(
    day: Edition = "",
    now: Annotated[bool, typer.Option("--now", help="For everyone active, due or not.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who would get what; record and send nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Rank and send for everyone who is due.

    With --day: for everyone who gets that day's edition, whatever the hour.

    Nobody gets a second letter of one day, however often this runs.
    """
    import asyncio

    from app import assembly

    edition = shown.parse_day(day) if day else None
    settings, engine = assembly.store()
    the_day = assembly.day(settings, engine)
    if dry_run:
        _show_plan(the_day, edition, everyone=now, as_json=as_json)
        return
    tidied = the_day.tidy()
    if tidied.given_up:
        letters = amount(tidied.given_up, "letter was", "letters were")
        shown.problem(f"{letters} given up: too old by now to be sent.")
    ranked = _rank(the_day, edition, everyone=now)
    delivered, stopped_by = asyncio.run(_deliver(the_day))
    the_day.tell()
    _tell(ranked, delivered, as_json)
    _tell_held(the_day)
    if stopped_by:
        raise typer.Exit(128 + stopped_by)
    is_held = bool(delivered.unreachable or delivered.held)
    if is_held or delivered.failed or delivered.in_doubt or ranked.n_failed or tidied.given_up:
        raise typer.Exit(1)


def _rank(the_day: "Day", edition: date | None, everyone: bool) -> "Tally":
    with shown.waiting("Ranking the papers …"):
        if edition is None and not everyone:
            return the_day.rank_due()
        return the_day.rank_edition(edition, everyone)


async def _deliver(the_day: "Day") -> "tuple[outcome.Tally, int]":
    """Send what waits; a signal ends it after the letters on their way, and is returned."""
    import asyncio

    caught: list[int] = []

    def stop(number: int) -> None:
        caught.append(number)
        the_day.stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    with shown.counting("Sending letters", the_day.count_waiting()) as advance:
        tally = await the_day.deliver(advance)
    return tally, caught[0] if caught else 0


def _tell(ranked: "Tally", delivered: "outcome.Tally", as_json: bool) -> None:
    figures = {
        "due": ranked.n_subscribers,
        "letters": ranked.n_letters,
        "skipped": dict(ranked.skipped),
        "sent": delivered.sent,
        "deferred": delivered.deferred,
        "failed": delivered.failed + ranked.n_failed,
        "in_doubt": delivered.in_doubt,
        "unreachable": delivered.unreachable,
        "held": delivered.held,
    }
    if as_json:
        print(json.dumps(figures))
        return
    skipped = "".join(f"; {n} skipped: {reason}" for reason, n in ranked.skipped.items())
    letters = amount(ranked.n_letters, "letter", "letters")
    print(f"{ranked.n_subscribers} due, {letters} written{skipped}.")
    print(
        f"{delivered.sent} sent, {delivered.deferred} deferred, "
        f"{delivered.failed + ranked.n_failed} failed."
    )
    if delivered.in_doubt:
        doubtful = amount(
            delivered.in_doubt,
            "letter may have arrived, and is not",
            "letters may have arrived, and are not",
        )
        shown.problem(f"{doubtful} sent again until you say so; see `paperboy doubts list`.")
    if delivered.unreachable:
        shown.problem(f"{delivered.unreachable.rstrip('.')}; what waits is sent by the next run.")
    if delivered.held:
        shown.problem(
            f"Sending is held. {delivered.held.rstrip('.')}. The letters wait; when the cause is "
            "gone, `paperboy resume` lets them go."
        )


def _tell_held(the_day: "Day") -> None:
    from app.store import engine as engines
    from app.store import outbox

    with engines.transaction(engines.reading(the_day.desk.engine)) as session:
        counts = outbox.count_by_state(session)
    if held := sum(counts.get(state, 0) for state in outbox.HELD):
        wait = int(the_day.lease.total_seconds() // 60)
        shown.problem(
            f"{amount(held, 'letter is', 'letters are')} held by another run; should that "
            f"have died, what it claimed is taken up again {wait} minutes later."
        )


def _show_plan(the_day: "Day", edition: date | None, everyone: bool, as_json: bool) -> None:
    from app.store import engine as engines

    with (
        shown.waiting("Ranking the papers …"),
        engines.transaction(engines.reading(the_day.desk.engine)) as session,
    ):
        rows = list(_planned(session, the_day, edition, everyone))
    if as_json:
        names = ("email", "edition", "subject")
        plan = [
            dict(zip(names, (who, str(day), subject), strict=True)) for who, day, subject in rows
        ]
        print(json.dumps(plan, ensure_ascii=False))
        return
    shown.table(
        ("who", "edition", "letter"), [(w, d, s or "none: nothing fits") for w, d, s in rows]
    )
    print(f"{len(rows)} due; nothing was recorded or sent.")


def _planned(
    session: "Session", the_day: "Day", edition: date | None, everyone: bool
) -> Iterator[tuple[str, date, str | None]]:
    from app.pipeline import due, ingest
    from app.pipeline import preview as previews

    now = the_day.clock()
    today = edition or ingest.day(now)
    for each in due.expected(session, edition, everyone, now):
        letter = previews.letter_for(session, the_day.desk, each, today, now)
        yield each.subscriber.address, each.edition, letter.subject if letter else None


def rank(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Holds papers.jsonl, background.txt, requests.jsonl and, if readers share their "
            "likes, community.jsonl."
        ),
    ],
    scores: Annotated[Path, typer.Argument(help="Where to write JSON lines {id, scores}.")],
) -> None:
    """Score a yardstick's requests as the day would."""
    from app.recommend import evaluation

    papers = dict(map(evaluation.read_paper, _objects(folder / "papers.jsonl")))
    requests = list(map(evaluation.read_request, _objects(folder / "requests.jsonl")))
    shared = folder / "community.jsonl"
    libraries = [each for _, each in _json_lines(shared)] if shared.exists() else []
    community = list(map(evaluation.read_library, libraries))
    background = [line.strip() for line in _lines(folder / "background.txt") if line.strip()]
    scored = evaluation.score_requests(papers, background, requests, community)
    with shown.writing(scores) as stream:
        for name, values in shown.progress("Scoring requests", scored, len(requests)):
            stream.write(json.dumps({"id": name, "scores": values}) + "\n")
    print(f"Scored {len(requests)} requests over {len(papers)} papers into {scores}.")


def _lines(path: Path) -> list[str]:
    try:
        # Not splitlines(): an abstract may hold U+2028.
        return path.read_text(encoding="utf-8").split("\n")
    except OSError as e:
        raise AppError(f"{path} cannot be read: {e.strerror}.") from e
    except UnicodeDecodeError as e:
        raise AppError(f"{path} cannot be read: it is not UTF-8 text.") from e


def _objects(path: Path) -> list[dict[str, Any]]:
    rows = []
    for number, row in _json_lines(path):
        if not isinstance(row, dict):
            raise AppError(f"{path}, line {number}: this is no JSON object.")
        rows.append(row)
    return rows


def _json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """What stands on each line that is not empty, and its number."""
    for number, line in enumerate(_lines(path), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as e:
                raise AppError(f"{path}, line {number}: this is no JSON ({e}).") from e
