"""When the server refuses us and not our readers: hold everything before it costs a good name.

A domain's record is missing, a key is wrong, a log-in has changed: each further letter would be
refused too. The brake lets go after half an hour for one letter; if that is refused it holds again.
"""

import secrets
from collections import deque
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from app.errors import DeliveryError
from app.store import brakes, refusals

log = structlog.get_logger()
NAME = "sender refused"
# Ten in a row, or 5 % of the last two hundred: the one is a case of the other. Over all machines,
# and of a reader's letters one.
MEMORY, TOO_MANY = 200, 10
TRY_AGAIN_AFTER = timedelta(minutes=30)
A_DAY = timedelta(days=1)


@dataclass
class Breaker:
    """Remembers how the last letters fared. Give one to all lanes of a process, and keep it.

    held: why nothing may be sent; "" while letters may go. holds_sign_ups: whether those may not
    that ask somebody to confirm. hangs_up: what the server said last, if it hung up on too many
    letters in a row: each more would cost a connection, or make a doubt.
    """

    held: str = ""
    holds_sign_ups: bool = False
    hangs_up: str = ""
    _letters: deque[tuple[str, datetime]] = field(default_factory=lambda: deque(maxlen=MEMORY))
    _rejected: list[str] = field(default_factory=list)
    _told: str = ""
    _others: Set[str] = frozenset()
    _n_refused: int = 0
    _n_in_a_row: int = 0
    _n_hung_up: int = 0
    _name: str = field(default_factory=lambda: secrets.token_hex(4))

    def open(self, session: Session, now: datetime) -> bool:
        """Look at the brakes at the start of a run; True if only one letter is to go, as a try."""
        is_try = brakes.take_a_try(session, NAME, now, now + TRY_AGAIN_AFTER)
        self.look(session, now)
        if is_try and not self._others:
            self.held = ""
            return True
        if self.held and self.held != self._told:
            log.warning("sending_held", reason=self.held)
        self._told = self.held
        return False

    def look(self, session: Session, now: datetime) -> None:
        """Take note of what holds, whoever put it on."""
        held = {brake.name: brake.reason for brake in brakes.held(session, now)}
        self.holds_sign_ups = bool(held.pop(brakes.SIGN_UPS, ""))
        self._others = held.keys() - {NAME}
        self.held = "; ".join(f"{name}: {reason}" for name, reason in held.items())

    def counts(self, now: datetime, refused: str = "") -> bool:
        """Count a letter. True if that makes too many.

        refused: by what it is known, if it was for our sake. Of one reader it counts once, however
        often it is tried: one firm's filter must not hold everybody's letters.
        """
        self._n_in_a_row = self._n_in_a_row + 1 if refused else 0
        if refused and any(each == refused for each, _ in self._letters):
            return False
        self._letters.append((refused, now))
        return refused != "" and sum(each != "" for each, _ in self._letters) >= TOO_MANY

    def knows_by(self, reader: int | None) -> str:
        """What a refusal is known by; each by another where no reader's letter got as far."""
        if reader is None:
            self._n_refused += 1
            return f"{self._name}-{self._n_refused}"
        return str(reader)

    def counts_taken(self, now: datetime) -> None:
        """Count a letter that the server took over."""
        self.counts(now)
        self._rejected.clear()
        self.counts_heard("")

    def counts_heard(self, hung_up: str) -> None:
        """Count a letter that the server heard out, or on which it hung up, and how."""
        self._n_hung_up = self._n_hung_up + 1 if hung_up else 0
        self.hangs_up = hung_up if self._n_hung_up >= TOO_MANY else ""

    def counts_rejected(self, now: datetime, why: str) -> bool:
        """Count a letter rejected for good; True if none was taken, and too many for one reason.

        Whatever that says, not all these readers can be to blame.
        """
        self.counts(now)
        self._rejected = [*(each for each in self._rejected if each == why), why]
        return len(self._rejected) >= TOO_MANY

    def counts_with_others(self, session: Session, now: datetime, refused: str) -> bool:
        """The same for the refusal just counted, and those that other processes met.

        What they send by the way is taken to be as much as we do, until that makes too many: then
        the letters that went are looked up, for some who met refusals are gone, and we may be new.
        Where a day's readers are fewer than ten, so many tries without a letter taken are too many.
        """
        if self._n_in_a_row >= TOO_MANY and not refusals.n_sent(session, now - A_DAY, 0):
            return True
        refusals.note(session, self._name, refused, now, TOO_MANY)
        lately = refusals.lately(session, now, TOO_MANY)
        ours = sum(at >= lately.since for _, at in self._letters)
        is_shared = lately.n >= TOO_MANY and lately.n_processes > 1
        if not is_shared or ours * lately.n_processes > MEMORY:
            return False
        return lately.n + refusals.n_sent(session, lately.since, MEMORY) <= MEMORY

    def brake(self, session: Session, failure: DeliveryError, now: datetime) -> None:
        """Hold everything, and say so."""
        words = f"{failure.code} {failure.reply}" if failure.code else failure.reply
        reason = f"the mail server refuses the sender ({words})"
        brakes.put_on(session, NAME, reason, now, now + TRY_AGAIN_AFTER)
        self._count_anew(session)
        if self.held:
            return  # another lane was first
        self.held = self._told = f"{NAME}: {reason}"
        log.error("sending_held", reason=self.held, again=str(now + TRY_AGAIN_AFTER))

    def let_go(self, session: Session) -> None:
        """The letter sent as a try was not refused."""
        brakes.take_off(session, NAME)
        self._count_anew(session)
        log.info("sending_goes_on")

    def _count_anew(self, session: Session) -> None:
        self._letters.clear()
        self._n_in_a_row = 0
        self._rejected.clear()
        refusals.forget(session)
