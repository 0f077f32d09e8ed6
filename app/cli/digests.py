"""`paperboy ingest` and `paperboy export`."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import shown
from app.errors import AppError
from app.languages import amount

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.pipeline.fetch import Told
    from app.pipeline.ingest import Report
    from app.store import tables

EXPORTED = (
    *("id", "title", "abstract", "authors", "organisation", "categories", "url", "arxiv_id", "doi"),
    *("published_doi", "published", "version", "journal", "comment", "code_url", "stars"),
    *("project_url", "thumbnail", "keywords", "announced", "withdrawn_on", "first_seen"),
)
export = typer.Typer(help="Write what is stored as JSON lines.", no_args_is_help=True)


def ingest(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Digest files in any format; - for standard input."),
    ] = None,
    day: Annotated[
        str, typer.Option(help="As if read on this day, YYYY-MM-DD; of web sources, its list.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a digest.")] = False,
) -> None:
    """Read digests into the store.

    FILES, or else whatever the configured sources hold. Reading the same digest twice changes
    nothing. Every line that could not be placed is listed with its number. A file that is no
    digest is named, and the others are read all the same.
    """
    from app import assembly

    now = shown.moment(day)
    settings, engine = assembly.store()
    reports: Iterable[Told]
    if files:
        reports = shown.progress("Reading digests", _each(engine, files, now), len(files))
    else:
        edition = shown.parse_day(day) if day else None
        reports = assembly.day(settings, engine).ingest_sources(edition)
    readable = [_tell(report, as_json) for report in reports]
    if not as_json:
        _sum_up(engine, readable)
    if not all(readable):
        raise typer.Exit(1)


def _each(engine: "Engine", files: list[str], now: datetime) -> "Iterator[Report | AppError]":
    from app.pipeline import ingest as station

    for file in files:
        if file == "-":
            origin = station.Origin("files", "standard input", is_own=True)
            raw = sys.stdin.buffer.read(station.LARGEST + 1)
            yield station.ingest_bytes(engine, raw, origin, now)
        else:
            yield station.ingest_file(engine, Path(file), now)


def _tell(report: "Told", as_json: bool) -> bool:
    """Print one digest's outcome; False if it could not be read."""
    from app.pipeline.fetch import Quiet

    if isinstance(report, AppError):
        shown.problem(str(report))
        return False
    if as_json:
        print(json.dumps(shown.plain(report), ensure_ascii=False))
        return True
    if isinstance(report, Quiet):
        print(f"{report.name}: {report.says}")
        return True
    dated = f" of {report.date.day} {report.date:%B %Y}" if report.date else ""
    known = ", all stored before" if report.is_known else ""
    left_out = f", {report.n_left_out} left out" if report.n_left_out else ""
    print(
        f"{report.name}: {report.layout} digest{dated}, "
        f"{amount(report.n_entries, 'entry', 'entries')}, "
        f"{amount(report.n_new, 'new paper', 'new papers')}{left_out}{known}"
    )
    for line in report.unread:
        print(f"  line {line.number} not read ({line.reason}): {line.text[:70]}")
    return True


def _sum_up(engine: "Engine", readable: list[bool]) -> None:
    from app.store import engine as engines
    from app.store import papers, sources

    with engines.transaction(engines.reading(engine)) as session:
        n_entries, n_papers = sources.count_entries(session), papers.count(session)
    were = amount(len(readable), "was", "were")
    unread = "" if all(readable) else f" {readable.count(False)} of {were} not read."
    entries, papers_too = amount(n_entries, "entry", "entries"), amount(n_papers, "paper", "papers")
    print(f"In the store: {entries}, {papers_too}.{unread}")


@export.command("papers")
def export_papers(
    output: Annotated[
        Path | None, typer.Argument(help="File to write; standard output if left out.")
    ] = None,
) -> None:
    """Every paper with its entries, for `paperboy ingest`.

    Fields: id, title, abstract, authors, organisation, categories, url, arxiv_id, doi,
    published_doi (of what a journal made of it), published, version, journal, comment, code_url,
    stars, project_url, thumbnail, keywords, votes, n_comments, announced, withdrawn_on,
    first_seen, entries (digest, date, position).
    """
    from app import assembly
    from app.store import engine as engines
    from app.store import papers

    _, engine = assembly.store()
    with (
        shown.writing(output) as stream,
        engines.transaction(engines.reading(engine)) as session,
    ):
        for paper, entries, counted in papers.exported(session):
            line = _line(paper, entries) | counted
            stream.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")


def _line(paper: "tables.Paper", entries: "list[tuple[tables.Digest, int]]") -> dict[str, Any]:
    listed = [
        {"digest": digest.name, "date": digest.date, "position": position}
        for digest, position in entries
    ]
    return {name: getattr(paper, name) for name in EXPORTED} | {"entries": listed}


@export.callback()
def _more_may_follow() -> None:
    """Write what is stored as JSON lines."""
