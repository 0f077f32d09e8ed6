"""A reader's letters go to another address, once somebody there has said yes."""

from datetime import datetime, timedelta

from sqlmodel import Session

from app.errors import BadLink, BadValue
from app.languages import ENGLISH, Language, english
from app.mail.links import Purpose, Tokens
from app.pipeline import erasure, notices
from app.pipeline.compose import Letterhead
from app.store import permits, scrubbing, subscribers, suppressions
from app.store.tables import Consent, Letter, LetterKind, Status, Subscriber

DAY = timedelta(days=1)
# Letters to a new address, by the reader who asks for them and by the address.
PER_READER, PER_ADDRESS = 3, 1
# What the page says to whoever presses there; see templates/web/move.html.
ASKED = english("Shall your letters come here? One press, and they go to this address from now on.")


def request(
    session: Session, tokens: Tokens, reader: Subscriber, address: str, now: datetime, domain: str
) -> None:
    """Queue the letter that asks at the new address, if it can be taken at all.

    Tells nobody whether it is somebody else's or suppressed. Raises BadValue, field "address", for
    what says nothing of others: their own address, and too many letters in one day.
    """
    if address == reader.address:
        raise BadValue("address", english("Your letters go to this address already."))
    if not permits.take(session, f"move of {reader.id}", PER_READER, DAY, now):
        raise BadValue(
            "address", english("That was asked for three times today. Try again tomorrow.")
        )
    name = f"move to {tokens.marks('move', address)[0]}"
    if permits.take(session, name, PER_ADDRESS, DAY, now) and _is_free(session, address):
        notices.queue(session, reader, LetterKind.MOVE, now, domain, recipient=address)


def _is_free(session: Session, address: str) -> bool:
    other = subscribers.by_address(session, address)
    is_taken = other is not None and not _was_never_confirmed(other)
    return not is_taken and not suppressions.has(session, address)


def _was_never_confirmed(other: Subscriber) -> bool:
    return other.status == Status.PENDING and other.confirmed_at is None


def read_token(
    session: Session, tokens: Tokens, token: str, now: datetime
) -> tuple[Letter, Subscriber]:
    """The letter to the new address, and whose it is to become. Raises BadLink."""
    letter, reader = notices.read_token(session, tokens, Purpose.MOVE, token, now)
    if reader.status != Status.ACTIVE:
        raise BadLink(english("There are no letters to move: you get none at present."))
    return letter, reader


def move(
    session: Session, head: Letterhead, token: str, now: datetime, language: Language = ENGLISH
) -> Subscriber:
    """Change the address, make the links mailed so far void, and tell the old one. Raises BadLink.

    A sign-up of that address that nobody confirmed gives way: its owner is here. language: of the
    page they were asked on.
    """
    tokens = head.links.tokens
    letter, reader = read_token(session, tokens, token, now)
    address, old = letter.recipient, reader.address
    if not _is_free(session, address):
        raise BadLink(english("This address cannot take your letters. They go where they went."))
    if other := subscribers.by_address(session, address):
        subscribers.remove(session, other)
    subscribers.move(session, reader, address)
    erasure.welcome_back(session, tokens, address)
    session.add(_consent(head, letter, now, language.say(ASKED)))
    scrubbing.ask(session, now)
    notices.queue(session, reader, LetterKind.MOVED, now, head.domain, recipient=old)
    return reader


def _consent(head: Letterhead, letter: Letter, now: datetime, text: str) -> Consent:
    """That the owner of the new address wanted letters there."""
    return Consent(
        subscriber_id=letter.subscriber_id,
        text=text,
        form_url=f"{head.links.base_url}/move",
        asked_at=letter.date,
        message_id=letter.message_id,
        confirmed_at=now,
    )
