"""What a mail server's reply means for the letter it answers."""

import re
from typing import NamedTuple

from app.errors import Deferred, DeliveryError, Refused, Rejected
from app.mail import refusal

SERVICE_CLOSING, TOO_BIG = 421, 552
# RFC 4954 §6: log in first. Said to every letter alike until the operator has set it right.
LOG_IN_FIRST = {530, 535, 538}
LONGEST_REPLY = 1_000
_ABOUT_THE_LETTER = re.compile(r"5\.3\.4|5\.6\.")


class Reply(NamedTuple):
    """A code and what it says in words, the lines of several joined."""

    code: int
    words: str

    @property
    def is_yes(self) -> bool:
        """By its first digit alone, as RFC 5321 §4.2 has it: some say 252 to RCPT."""
        return self.code // 100 == 2


class NoReplyError(Exception):
    """The connection is lost, or what came is no reply; nothing more may be said on it."""


def silence(error: NoReplyError) -> Deferred:
    """The letter waits for a better moment."""
    return Deferred(0, f"connection lost: {on_one_line(str(error))}")


def meaning(reply: Reply) -> DeliveryError:
    """Of a reply that does not take the letter."""
    if reply.code < 400:  # it answers something else, and so may all that comes after it
        return silence(NoReplyError(f"out of step: {reply.code} {reply.words}"))
    code, words = reply.code, on_one_line(reply.words)
    if code < 500:
        return Deferred(code, words)
    rejected = Rejected(code, words)
    kind, _ = refusal.judge(f"{code} {words}")
    is_ours = kind is refusal.Kind.SENDER and not is_about_the_letter(rejected)
    return Refused(code, words) if is_ours or code in LOG_IN_FIRST else rejected


def is_about_the_letter(failure: DeliveryError) -> bool:
    """Whether neither reader nor sender is to blame."""
    if _ABOUT_THE_LETTER.match(failure.reply):
        return True
    return failure.code == TOO_BIG and not failure.reply.startswith("5.7.")


def on_one_line(reply: str) -> str:
    """A reply on one line, fit to be stored: servers may send any bytes, and many."""
    storable = reply.replace("\0", " ").encode("utf-8", "replace").decode()
    return " ".join(storable.split())[:LONGEST_REPLY]
