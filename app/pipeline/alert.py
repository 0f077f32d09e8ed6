"""What the operator must know, told once for each cause until it is gone: by mail, by webhook.

Heartbeats remember it: of what is being told, so that no second process tells it too, and of what
was told. A cause that nobody could be told of is tried again after a while.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import AppError
from app.mail import alert, message
from app.pipeline import admission, guard
from app.pipeline.compose import Letterhead
from app.store import brakes, doubts, heartbeats, sources, submissions, turns
from app.store import engine as engines
from app.store.tables import SubmissionState
from app.wire import single, webhook
from app.wire.server import Server

log = structlog.get_logger()
TELLING, TOLD = "telling ", "told "
DANGER = "sending is in danger"
MISSED = "editions missed"
WANTED = "papers wait for your nod"
# How long editions that were missed are news.
NEWS = timedelta(days=1)
TRY_AGAIN_AFTER = timedelta(hours=1)
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Ways:
    """mail_to: a bare address. webhook: a URL that takes JSON by POST. "": not that way."""

    mail_to: str = ""
    webhook: str = ""


@dataclass(frozen=True)
class Alerts:
    """Tells of what is wrong now. stop: set it, and no other way is tried."""

    engine: Engine
    head: Letterhead
    server: Server
    ways: Ways
    clock: Callable[[], datetime]
    stop: threading.Event

    def tell(self) -> None:
        """Tell what is new. Raises NotReady if the database fails."""
        for name, reason in self._new().items():
            if self.stop.is_set():
                return
            log.error("alert", about=name, reason=reason)
            # With no way to tell it, what is logged was told.
            if self._mailed(name, reason) | self._posted(name, reason) or self.ways == Ways():
                with engines.transaction(self.engine) as session:
                    heartbeats.beat(session, TOLD + name, self.clock())

    def _new(self) -> dict[str, str]:
        """The causes that are to be told now, taken on for us alone."""
        now, new = self.clock(), {}
        with engines.transaction(self.engine) as session:
            turns.wait(session, "alerts")
            found, known = dict(causes(session, now)), heartbeats.latest(session)
            for row, at in known.items():
                first = next((word for word in (TELLING, TOLD) if row.startswith(word)), None)
                name = row.removeprefix(first or "")
                # A rate at its limit comes and goes with every letter.
                is_gone = not name.startswith(DANGER) or abs(now - at) >= NEWS
                if first and name not in found and is_gone:
                    heartbeats.forget(session, row)
            for name, reason in found.items():
                tried = known.get(TELLING + name)
                waits = tried is not None and abs(now - tried) < TRY_AGAIN_AFTER
                if TOLD + name not in known and not waits:
                    heartbeats.beat(session, TELLING + name, now)
                    new[name] = reason
        return new

    def _mailed(self, name: str, reason: str) -> bool:
        if not self.ways.mail_to:
            return False
        try:
            asyncio.run(self._unless_stopped(self._mail(name, reason)))
        except (AppError, TimeoutError) as e:
            log.error("alert_not_mailed", about=name, reason=str(e) or "no answer in time")
            return False
        return True

    async def _unless_stopped(self, mail: Coroutine[Any, Any, None]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            task = asyncio.ensure_future(mail)
            while not task.done():
                await asyncio.wait({task}, timeout=0.1)
                if self.stop.is_set():
                    raise TimeoutError
            task.result()

    async def _mail(self, name: str, reason: str) -> None:
        head, to = self.head, message.envelope_address(self.ways.mail_to)
        content = alert.build(head.sender, to, name, reason, self.clock())
        signed = head.signer.sign(content) if head.signer else content
        await single.send(self.server, head.address, to, signed)

    def _posted(self, name: str, reason: str) -> bool:
        if not self.ways.webhook:
            return False
        told = {"from": self.head.domain, "alert": name, "text": f"Paperboy: {reason}"}
        try:
            webhook.post(self.ways.webhook, told | {"at": self.clock().isoformat()})
        except AppError as e:
            log.error("alert_not_posted", about=name, reason=str(e))
            return False
        return True


def causes(session: Session, now: datetime) -> Iterator[tuple[str, str]]:
    """What is wrong now: what it is called, and a sentence or two with the cure."""
    held = brakes.all_of(session)
    for brake in held:
        what = brakes.held_by(brake.name)
        yield f"{what[0].lower()}{what[1:]} ({brake.name})", brakes.says(brake)
    for found in guard.findings(session, now):
        if found.reason and found.name not in {brake.name for brake in held}:
            yield f"{DANGER} ({found.name})", f"Sending is in danger: {found.reason}."
    missed = heartbeats.latest(session).get(MISSED)
    if missed is not None and abs(now - missed) < NEWS:
        at = f"{missed:%d %B %Y, %H:%M} UTC"
        yield (
            MISSED,
            f"Editions had been missed by more than twelve hours at {at}; their papers go into the "
            "next ones. `paperboy stats` counts them.",
        )
    if n := doubts.count(session):
        one, many = (
            "1 letter may have arrived, and waits",
            f"{n} letters may have arrived, and wait",
        )
        yield (
            "letters in doubt",
            f"{one if n == 1 else many} for your word: `paperboy doubts list`.",
        )
    if admission.is_flooded(session, now):
        yield (
            "too many sign-ups",
            f"More people sign up than the {admission.PER_HOUR} an hour whom letters may ask to "
            "confirm; the others wait. Somebody may be misusing the form to flood mailboxes.",
        )
    for source, sentence in sources.silent(session, now).items():
        yield f"a source is silent ({source.partition('?')[0]})", sentence
    yield from _wanted(session, now)


def _wanted(session: Session, now: datetime) -> Iterator[tuple[str, str]]:
    """That papers wait for a nod: told while some are new, and not twice within a day."""
    told_at = heartbeats.latest(session).get(TOLD + WANTED)
    n = submissions.count(session, SubmissionState.FOUND)
    # A day after it was told it is no cause for a moment, so forgotten, and may be told anew.
    if told_at is not None:
        is_cause = abs(now - told_at) < NEWS
    else:
        is_cause = submissions.waits_since(session, now - 2 * NEWS)
    if is_cause:
        one, many = "1 paper that people sent in waits", f"{n} papers that people sent in wait"
        yield (
            WANTED,
            f"{one if n == 1 else many} for your nod: “Sent in” on the operator’s pages, or "
            "`paperboy submissions list`.",
        )
