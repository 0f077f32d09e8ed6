"""Everything we know of a person, deleted at their wish (GDPR, article 17).

What stays is a mark of their address, made with our key: an operator who imports an old list does
not bring them back. They themselves may come back at any time, and then the mark goes.
"""

from datetime import datetime, timedelta

from sqlmodel import Session

from app.errors import BadValue
from app.languages import english
from app.mail.links import Purpose, Tokens
from app.pipeline import notices
from app.store import permits, scrubbing, subscribers, suppressions
from app.store.tables import LetterKind, Subscriber

DAY, PER_DAY = timedelta(days=1), 3
# What stands before a mark, in place of an address; no address has a blank.
ERASED = "erased "


def request(session: Session, reader: Subscriber, now: datetime, domain: str) -> None:
    """Queue the letter that asks whether it is meant. Raises BadValue for the fourth in a day."""
    if not permits.take(session, f"erase {reader.id}", PER_DAY, DAY, now):
        raise BadValue(
            "erase", english("That was asked for three times today. Try again tomorrow.")
        )
    notices.queue(session, reader, LetterKind.ERASE, now, domain)


def read_token(session: Session, tokens: Tokens, token: str, now: datetime) -> Subscriber:
    """Who is to be erased. Raises BadLink, also where they are already."""
    return notices.read_token(session, tokens, Purpose.ERASE, token, now)[1]


def erase(session: Session, tokens: Tokens, reader: Subscriber, now: datetime) -> None:
    """Delete it all, letters that wait to be sent among it, and leave the mark."""
    address = reader.address
    recipients = subscribers.addresses_of(session, reader)
    subscribers.remove(session, reader)
    for each in recipients:
        suppressions.lift(session, each)
    suppressions.add(session, _marks(tokens, address)[0], "erased at their own wish", now)
    scrubbing.ask(session, now)


def is_erased(session: Session, tokens: Tokens, address: str) -> bool:
    """Whether its owner asked to be erased, and has not come back."""
    return any(suppressions.has(session, mark) for mark in _marks(tokens, address))


def welcome_back(session: Session, tokens: Tokens, address: str) -> None:
    """Take the mark away, for the owner of the address has just said yes."""
    for mark in _marks(tokens, address):
        suppressions.lift(session, mark)


def _marks(tokens: Tokens, address: str) -> list[str]:
    return [ERASED + mark for mark in tokens.marks("erased", address)]
