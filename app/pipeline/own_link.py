"""Somebody who lost the link to their own page gets it by mail."""

import secrets
from datetime import datetime, timedelta

from sqlmodel import Session

from app.mail.links import Tokens
from app.pipeline import notices
from app.store import permits, subscribers, suppressions
from app.store.tables import LetterKind, Status, Subscriber

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PER_HOUR, PER_DAY, PER_NETWORK = 1, 3, 10


def may_ask(session: Session, tokens: Tokens, network: str, now: datetime) -> bool:
    """Whether one more question may come from a network, whomever it is about."""
    name = f"link from {tokens.marks('link', network)[0]}"
    return permits.take(session, name, PER_NETWORK, HOUR, now)


def request(session: Session, tokens: Tokens, address: str, now: datetime, domain: str) -> None:
    """Queue a letter with the link, if the address is one of a reader's, and none went just now.

    Tells nobody whether it is: whoever typed it need not be its owner. Who unsubscribed gets it
    too, for they may still read, take away or delete what we know of them.
    """
    if not _is_permitted(session, f"link to {tokens.marks('link', address)[0]}", now):
        return
    reader = subscribers.by_address(session, address)
    if reader is not None and _is_known(reader) and not suppressions.has(session, address):
        notices.queue(session, reader, LetterKind.LINK, now, domain)
        return
    # The same work for nobody: an answer that came sooner would tell.
    nested = session.begin_nested()
    nobody = Subscriber(address=f"{secrets.token_hex(16)}@nobody.invalid", created_at=now)
    notices.queue(session, subscribers.add(session, nobody), LetterKind.LINK, now, domain)
    nested.rollback()


def _is_permitted(session: Session, name: str, now: datetime) -> bool:
    is_left = permits.count(session, name, DAY, now) < PER_DAY
    return is_left and permits.take(session, name, PER_HOUR, HOUR, now)


def _is_known(reader: Subscriber) -> bool:
    """Whether the address ever was its owner's own wish."""
    return reader.status == Status.ACTIVE or reader.confirmed_at is not None
