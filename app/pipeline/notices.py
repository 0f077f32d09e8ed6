"""Bare letters that a reader asked for on a page: their link, a new address, to be erased."""

from datetime import UTC, datetime

from sqlmodel import Session

from app.errors import BadLink
from app.languages import Language, english
from app.mail import letter as letters_mail
from app.mail import message
from app.mail.links import ASKED_WITHIN, Links, Purpose, Tokens
from app.store import bounces, letters, outbox, subscribers
from app.store.tables import Letter, LetterKind, OutboxEntry, State, Subscriber

# Why its reader gets it, by kind.
WHY = {
    LetterKind.LINK: english("Somebody, most likely you, asked for this link on our pages."),
    LetterKind.MOVE: english(
        "Somebody, most likely you, typed this address on their page of preferences."
    ),
    LetterKind.MOVED: english("Your letters from Paperboy went to this address until now."),
    LetterKind.ERASE: english(
        "Somebody, most likely you, pressed “delete” on your page of preferences."
    ),
}
KINDS = frozenset(WHY)
_ASKS = {Purpose.MOVE: LetterKind.MOVE, Purpose.ERASE: LetterKind.ERASE}


def queue(
    session: Session,
    subscriber: Subscriber,
    kind: LetterKind,
    now: datetime,
    domain: str,
    recipient: str = "",
) -> bool:
    """Put such a letter in the outbox; False while a sender holds the one before it.

    recipient: the subscriber's own address if left out. An earlier one of that kind and day gives
    way, and the link in it becomes void.
    """
    today, subscriber_id = now.astimezone(UTC).date(), subscriber.id or 0
    if not _make_room(session, subscriber_id, kind, now):
        return False
    nth = int(now.timestamp())
    letter = Letter(
        subscriber_id=subscriber_id,
        kind=kind,
        edition_date=today,
        recipient=recipient or subscriber.address,
        message_id=message.message_id(today, subscriber_id, kind, domain, nth=nth),
        date=now.replace(microsecond=0),
        version=subscriber.version,
        language=subscriber.language,
    )
    letters.add(session, letter)
    entry = OutboxEntry(
        subscriber_id=subscriber_id,
        kind=kind,
        edition_date=today,
        letter_id=letter.id,
        state=State.READY,
        due_at=now,
        first_due_at=now,
    )
    return outbox.add(session, entry)


def _make_room(session: Session, subscriber_id: int, kind: LetterKind, now: datetime) -> bool:
    today = now.astimezone(UTC).date()
    earlier = outbox.of_edition(session, subscriber_id, today, kind)
    if earlier is None:
        return True
    bounces.forget_letter(session, earlier.letter_id or 0)
    return outbox.forget(session, earlier)


def view(
    links: Links, row: Letter, language: Language, *, postal: str, contact: str
) -> letters_mail.Notice:
    """What a stored one says."""
    until = row.date + ASKED_WITHIN
    return letters_mail.Notice(
        kind=row.kind.value,
        why=language.say(WHY[row.kind]),
        url=_url(links, row),
        expires=language.until(until),
        postal=postal,
        contact=contact,
    )


def _url(links: Links, row: Letter) -> str:
    if row.kind == LetterKind.LINK:
        return links.preferences(row.subscriber_id, row.version)
    if row.kind == LetterKind.MOVE:
        return links.move(row.id or 0)
    return links.erase(row.id or 0) if row.kind == LetterKind.ERASE else ""


def read_token(
    session: Session, tokens: Tokens, purpose: Purpose, token: str, now: datetime
) -> tuple[Letter, Subscriber]:
    """The letter whose link was used, and whom it speaks for. Raises BadLink."""
    (letter_id,) = tokens.read(purpose, token, n_facts=1)
    letter = letters.by_id(session, letter_id)
    subscriber = subscribers.by_id(session, letter.subscriber_id) if letter else None
    is_of_it = letter is not None and letter.kind == _ASKS[purpose]
    if not (letter and subscriber and is_of_it and letter.version == subscriber.version):
        raise BadLink(english("This link was used already, or a newer letter has taken its place."))
    if now - letter.date > ASKED_WITHIN:
        raise BadLink(english("This link was good for 48 hours. Please ask for a new one."))
    return letter, subscriber
