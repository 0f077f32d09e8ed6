"""`paperboy sources`: how each source fares, and what one of them has today."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import shown
from app.errors import AppError
from app.languages import amount

if TYPE_CHECKING:
    from app.papers.paper import Digest
    from app.pipeline.catalogue import Listed
    from app.pipeline.inquiry import Found
    from app.settings import Settings
    from app.store.sources import Standing

app = typer.Typer(help="How each source fares; `test` asks one of them.")
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]
WEEK = timedelta(days=7)


@app.callback(invoke_without_command=True)
def fare(context: typer.Context, as_json: AsJson = False) -> None:
    """How each source fares, with each of its last seven days: those of PAPERBOY_SOURCES, and
    those that the operator named on their page.

    fresh: a new list came. empty: nothing was announced. stale: an earlier list came again.
    throttled: it wants to be left alone. failed: no answer, or an error. unreadable: an answer that
    is no list of papers.
    """
    if context.invoked_subcommand is not None:
        return
    from app import assembly
    from app.pipeline.catalogue import Kind
    from app.store import chosen, sources
    from app.store import engine as engines

    settings, engine = assembly.store()
    listed = _listed(settings)
    fixed = [each.name for each in listed]
    with engines.transaction(engines.reading(engine)) as session:
        own = {row.name: row.paused for row in chosen.all_of(session) if row.name not in fixed}
        found = sources.standings(session, [*fixed, *own], (shown.now() - WEEK).date())
    folders = [each.argument for each in listed if each.kind is Kind.FOLDER]
    if as_json:
        told = {"sources": [_plain(each, own) for each in found], "folders": folders}
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    _print(found, own)
    for folder in folders:
        print(f"folder:{folder} is read every ten minutes.")
    if not listed and not own:
        print("No source is named: set PAPERBOY_SOURCES, or put digests into DATA_DIR/digests.")


def _listed(settings: "Settings") -> "list[Listed]":
    from app.pipeline import catalogue

    return catalogue.parse(settings.sources, settings.data_dir)


def check(settings: "Settings") -> None:
    """Raises AppError, naming what of the settings cannot be read."""
    from app.wire import addresses

    _listed(settings)
    addresses.reach(settings.source_hosts)


def problems(settings: "Settings") -> Iterator[str]:
    """What of the settings cannot be read, for the doctor."""
    try:
        check(settings)
    except AppError as e:
        yield str(e)


def _plain(standing: "Standing", own: Mapping[str, bool]) -> dict[str, Any]:
    source = standing.source
    told = {"name": standing.name, "state": None, "says": "", "failures": 0}
    told |= {"fixed": standing.name not in own, "paused": own.get(standing.name, False)}
    if source is not None:
        told |= {"state": source.state, "says": source.says, "failures": source.failures}
        moments = ("asked_at", "good_at", "next_at")
        told |= {name: _iso(getattr(source, name)) for name in moments}
    kept = ("state", "says", "n_entries", "n_new", "n_asked")
    days = [
        {"day": row.day.isoformat()} | {name: getattr(row, name) for name in kept}
        for row in standing.days
    ]
    return told | {"days": days}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _print(found: "list[Standing]", own: Mapping[str, bool]) -> None:
    """own: those named on the operator's page, and whether each is paused."""
    rows = []
    for each in found:
        source = each.source
        state = (source.state if source else None) or "not asked yet"
        state = "paused" if own.get(each.name) else state
        asked = source.asked_at if source else None
        following = source.next_at if source else None
        rows.append((each.name, state, _minute(asked), _minute(following)))
        rows += [("", row.state, f"{row.day:%a %d %b}", row.says) for row in each.days]
    if rows:
        shown.table(("source", "state", "asked (UTC)", "asked next (UTC)"), rows)


def _minute(moment: datetime | None) -> str:
    return f"{moment:%d %b, %H:%M}" if moment else ""


@app.command("test")
def look(
    name: Annotated[
        str, typer.Argument(help="As in PAPERBOY_SOURCES, whether it is there or not.")
    ],
    as_json: AsJson = False,
) -> None:
    """Ask one source once, show what was read, store nothing.

    Exits with 1 if the source is throttled, broken or cannot be read. Mails stay unread; of a
    folder every file is read.
    """
    from app import assembly
    from app.pipeline import catalogue, fetch
    from app.store.sources import GOOD

    settings, engine = assembly.store()
    named = catalogue.called(name)
    if len(named) != 1:
        raise AppError(f"“{name}” is not one source; give {catalogue.HOW}.")
    listed = named[0]
    if listed.kind is catalogue.Kind.FOLDER:
        _print_files(listed)
        return
    if not listed.is_web:
        _print_mails(listed, settings)
        return
    with shown.waiting(f"Asking {name} …"):
        found = fetch.look(assembly.day(settings, engine).asker, listed)
    if as_json:
        print(json.dumps(_read(found), ensure_ascii=False, indent=1))
    else:
        _print_read(listed.name, found)
    if found.outcome.state not in GOOD:
        raise typer.Exit(1)


def _print_files(listed: "Listed") -> None:
    from app.pipeline import ingest

    n_files = n_bad = 0
    for file, read in ingest.look(Path(listed.argument), shown.now()):
        n_files += 1
        n_bad += isinstance(read, AppError)
        told = str(read) if isinstance(read, AppError) else _counted(read)
        print(f"{file}: {told}")
    print(f"{listed.name}: {amount(n_files, 'file', 'files')}; nothing is stored.")
    if n_bad:
        raise typer.Exit(1)


def _counted(found: "Digest") -> str:
    told = f"{found.layout}, {amount(len(found.entries), 'paper', 'papers')}"
    n_unread = amount(len(found.unread), "line", "lines")
    return f"{told}, {n_unread} not read" if found.unread else told


def _print_mails(listed: "Listed", settings: "Settings") -> None:
    from app.pipeline import inbox

    n_mails = 0
    password = settings.sources_password.get_secret_value()
    for subject, read in inbox.look(listed, password, shown.now()):
        n_mails += 1
        if isinstance(read, AppError):
            print(f"{subject}: {read}")
        else:
            print(f"{subject}: {_counted(read)}")
    print(f"{listed.name}: {amount(n_mails, 'new mail', 'new mails')}; nothing is marked as read.")


def _read(found: "Found") -> dict[str, Any]:
    listed = found.digest.entries if found.digest else ()
    papers = [shown.plain(each._asdict() | {"paper": each.paper._asdict()}) for each in listed]
    return {"state": found.outcome.state, "says": found.outcome.says, "entries": papers}


def _print_read(name: str, found: "Found") -> None:
    print(f"{name}: {found.outcome.state}. {found.outcome.says}")
    if found.digest is None:
        return
    rows = []
    for entry in found.digest.entries:
        votes = "" if entry.votes is None else entry.votes
        rows.append(
            (entry.position, entry.paper.arxiv_id or entry.paper.doi, entry.paper.title, votes)
        )
    if rows:
        shown.table(("", "id", "title", "votes"), rows)
    for line in found.digest.unread:
        print(f"  {line.number} not read ({line.reason}): {line.text[:70]}")
    if found.digest.n_left_out:
        print(f"{found.digest.n_left_out} more are left out: replaced, or of no wanted kind.")
