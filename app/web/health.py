"""Is the process alive, and is it of use? For supervisors, load balancers and robots."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import NotReady
from app.store import brakes, heartbeats, migration, queue, sources
from app.store import engine as engines
from app.store import health as figures
from app.web import gate
from app.web.deps import NowDep

router = APIRouter()
LEAST_FREE = 0.05
LONGEST_SILENCE = timedelta(seconds=90)
LONGEST_WAIT = timedelta(minutes=30)
# A worker that is killed leaves two shards at most; so many are of one that is killed again.
MOST_VANISHED = 4


@dataclass(frozen=True)
class Watched:
    """What readiness is judged by. ticks: whether a scheduler is to run here, since `started`.

    sources: the names of those that the setting names.
    """

    engine: Engine
    data_dir: Path
    ticks: bool
    started: datetime
    longest_silence: timedelta = LONGEST_SILENCE
    sources: tuple[str, ...] = ()


@router.get("/healthz")
def healthz() -> Response:
    """The process answers; nothing else is asked."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(request: Request, now: NowDep) -> Response:
    """200 where all is as it should be; else 503 with a sentence for each thing that is not."""
    faults = list(_faults(request.app.state.watched, now))
    if faults:
        return PlainTextResponse("".join(f"{fault}\n" for fault in faults), 503)
    return PlainTextResponse("ready\n")


def _faults(watched: Watched, now: datetime) -> Iterator[str]:
    yield from _of_disk(watched.data_dir)
    try:
        migration.require_current(watched.engine)
        with engines.transaction(engines.reading(watched.engine)) as session:
            yield from _of_scheduler(session, watched, now)
            yield from _of_workers(session)
            yield from _of_ranking(session, now)
            yield from _of_sending(session, now)
            yield from sources.silent(session, now).values()
    except NotReady as e:
        yield str(e)


def _of_disk(folder: Path) -> Iterator[str]:
    try:
        space = shutil.disk_usage(folder)
    except OSError as e:
        yield f"The data folder {folder} cannot be read: {e.strerror}."
        return
    if space.free < LEAST_FREE * space.total:
        yield (
            f"The disk of {folder} is full but for {space.free / space.total:.1%}; make room, for "
            "letters are sent only while it can be written down."
        )


def _of_scheduler(session: Session, watched: Watched, now: datetime) -> Iterator[str]:
    if not watched.ticks:
        return
    # A process that has just started is given as long as one that has just ticked.
    ticked = heartbeats.latest(session).get(heartbeats.SCHEDULER, watched.started)
    silent = now - max(ticked, watched.started)
    if silent > watched.longest_silence:
        seconds = silent.total_seconds()
        yield f"The scheduler has not ticked for {seconds:.0f} seconds; restart `paperboy serve`."


def _of_workers(session: Session) -> Iterator[str]:
    n = queue.count_taken_away(session)
    if n > MOST_VANISHED:
        yield (
            f"{n} shards were taken from workers that vanished within an hour; unless somebody "
            "killed them, look for what ends `paperboy worker`, such as too little memory."
        )


def _of_ranking(session: Session, now: datetime) -> Iterator[str]:
    first = figures.next_due(session)
    if first and now - first > LONGEST_WAIT:
        minutes = (now - first).total_seconds() // 60
        n = figures.count_unwritten(session, now)
        wait = "1 waits" if n == 1 else f"{n} wait"
        yield (
            f"A letter has been due for {minutes:.0f} minutes, and nobody writes it ({wait} to be "
            "written); the log says why. On PostgreSQL `paperboy worker` must run."
        )


def _of_sending(session: Session, now: datetime) -> Iterator[str]:
    waiting = figures.queue(session, now)
    if waiting.oldest and now - waiting.oldest > LONGEST_WAIT:
        minutes = (now - waiting.oldest).total_seconds() // 60
        yield (
            f"The oldest letter that is due has waited for {minutes:.0f} minutes "
            f"({waiting.n_letters} wait in all); the log says what the SMTP server answers."
        )
    yield from map(brakes.says, brakes.all_of(session))


@router.get("/robots.txt")
def robots() -> Response:
    """Papers may be indexed; what carries a token may not even be asked for, nor every search."""
    private = "".join(f"Disallow: /{first}/\n" for first in gate.WITH_TOKEN)
    return PlainTextResponse(f"User-agent: *\n{private}Disallow: /search\n")
