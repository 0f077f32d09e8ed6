"""Digests that are put into a folder of the operator's: how reading them went is kept, too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from app.errors import AppError
from app.languages import amount
from app.pipeline import ingest
from app.pipeline.catalogue import Listed
from app.pipeline.ingest import Report
from app.store import engine as engines
from app.store import sources
from app.store.sources import Outcome
from app.store.tables import SourceState


def read(engine: Engine, listed: Listed, now: datetime) -> Iterator[Report | AppError]:
    """Read all that is in a folder, of which most is known; see `ingest.ingest_folder`."""
    folder = Path(listed.argument)
    reports: list[Report] = []
    bad: list[AppError] = []
    for told in ingest.ingest_folder(engine, folder, now):
        reports += [told] if isinstance(told, Report) else []
        bad += [told] if isinstance(told, AppError) else []
        yield told
    outcome = _outcome(reports, bad, is_there=folder.is_dir())
    with engines.transaction(engine) as session:
        source = sources.named(session, listed.name)
        sources.note(session, source, now.astimezone(UTC).date(), outcome, now)
        sources.note_last(session, source, outcome, now)


def _outcome(reports: list[Report], bad: list[AppError], *, is_there: bool) -> Outcome:
    """One file that cannot be read is told, but does not make the folder a broken source."""
    new = [report for report in reports if not report.is_known]
    also = f" Not read: {str(bad[0]).rstrip('.')}." if bad else ""
    if bad and not is_there:
        return Outcome(SourceState.FAILED, str(bad[0]))
    if new:
        n_entries, n_new = (sum(each) for each in zip(*map(_counts, new), strict=True))
        listed, files = amount(n_entries, "paper", "papers"), amount(len(new), "file", "files")
        says = f"{listed} in {files}, {n_new} of them new.{also}"
        return Outcome(SourceState.FRESH, says, n_entries, n_new)
    if bad and not reports:
        return Outcome(SourceState.UNREADABLE, also.strip())
    return Outcome(SourceState.EMPTY, f"No new file.{also}")


def _counts(report: Report) -> tuple[int, int]:
    return report.n_entries, report.n_new
