"""Double opt-in: a wish to subscribe, the letter that asks "was it you?", and the answer."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlmodel import Session

from app.errors import BadLink
from app.languages import english
from app.mail import edition, message
from app.mail.links import CONFIRM_WITHIN, Purpose, Tokens
from app.pipeline import admission, erasure
from app.pipeline.compose import Letterhead
from app.recommend import interests, tuning
from app.recommend.interests import Interest
from app.recommend.tuning import Tuning
from app.store import bounces, consents, feedback, outbox, subscribers, suppressions
from app.store.tables import Consent, Letter, LetterKind, Status, Subscriber


@dataclass(frozen=True)
class Wish:
    """What somebody asked for at sign-up. address: normalised; liked: paper ids.

    language: its code, "" where nobody said.
    """

    address: str
    interests: tuple[Interest, ...]
    liked: tuple[int, ...] = ()
    zone: str = "UTC"
    hour: int = 7
    days: frozenset[str] = frozenset(edition.DAYS)
    letter_size: int = 10
    tuning: Tuning = tuning.USUAL
    language: str = ""


@dataclass(frozen=True)
class Asked:
    """How a wish reached us. text: word for word what the person was told. form: where.

    network: whence, "" where the operator typed it or it cannot be told; keeps_network: whether
    to note it with the consent.
    """

    text: str
    form: str
    network: str = ""
    keeps_network: bool = False


def request(
    session: Session, head: Letterhead, wish: Wish, asked: Asked, now: datetime
) -> datetime | None:
    """Note a wish and queue the letter that asks for confirmation, as often as admission allows.

    Returns when that letter goes, None if there is none; only an operator may be told so. To
    everybody else it must not show whether the address is known, suppressed or new, for whoever
    typed it need not be its owner: neither in the answer nor in the time it takes. For the same
    reason an active subscription is left exactly as it is.
    Raises TooMany for the network, never for the address.
    """
    admission.admit(session, head.links.tokens, asked.network, now)
    known = subscribers.by_address(session, wish.address)
    is_active = known is not None and known.status == Status.ACTIVE
    if not suppressions.has(session, wish.address) and not is_active:
        return _ask(session, head, wish, asked, now, known)
    # The same work as for anybody, for nobody.
    stranger = replace(wish, address=f"{secrets.token_hex(16)}@stranger.invalid")
    nested = session.begin_nested()
    _ask(session, head, stranger, asked, now, None)
    nested.rollback()
    return None


def vouch(session: Session, wish: Wish, asked: Asked, now: datetime) -> Subscriber:
    """Start the letters of somebody of whom the operator says that they agreed already."""
    subscriber = note(session, wish, now)
    consents.ask(session, _consent(subscriber, asked, now))
    _start(session, subscriber, now)
    return subscriber


def _ask(
    session: Session,
    head: Letterhead,
    wish: Wish,
    asked: Asked,
    now: datetime,
    known: Subscriber | None,
) -> datetime | None:
    subscriber = _store(session, wish, known, now)
    tokens, answered_at = head.links.tokens, subscriber.confirmed_at
    due_at = admission.book(session, tokens, wish.address, now, answered_at)
    letter = _confirm_letter(subscriber, wish, head.domain, due_at or now)
    consent = _consent(subscriber, asked, now)
    if due_at is not None and _make_room(session, letter):
        outbox.queue(session, letter, due_at)
        consent.message_id = letter.message_id
    else:
        due_at, letter.edition_date = None, date.min  # beside today's, if that is there
        letter.message_id = secrets.token_hex(16)
        nothing = session.connection().begin_nested()
        outbox.queue(session, letter, now)
        nothing.rollback()
    consents.ask(session, consent)
    return due_at


def _consent(subscriber: Subscriber, asked: Asked, now: datetime) -> Consent:
    return Consent(
        subscriber_id=subscriber.id or 0,
        text=asked.text,
        form_url=asked.form,
        network=asked.network if asked.keeps_network else "",
        asked_at=now,
    )


def note(session: Session, wish: Wish, now: datetime) -> Subscriber:
    """Store the wish as a pending subscriber, in place of what the address asked for before."""
    return _store(session, wish, subscribers.by_address(session, wish.address), now)


def _store(session: Session, wish: Wish, known: Subscriber | None, now: datetime) -> Subscriber:
    wanted = {
        "status": Status.PENDING,
        "zone": wish.zone,
        "hour": wish.hour,
        "days": ",".join(day for day in edition.DAYS if day in wish.days),
        "letter_size": wish.letter_size,
        "language": wish.language,
        **subscribers.tuned(wish.tuning),
    }
    # At once for who is new: to set a field of a row takes as long as to make it with one.
    subscriber = known or Subscriber(address=wish.address, created_at=now, **wanted)
    for name, value in wanted.items() if known else ():
        setattr(subscriber, name, value)
    subscribers.add(session, subscriber)
    _set_tastes(session, subscriber.id or 0, wish.interests, wish.liked, now)
    return subscriber


def _set_tastes(
    session: Session,
    subscriber_id: int,
    typed: Sequence[Interest],
    liked: Sequence[int],
    now: datetime,
) -> None:
    subscribers.set_interests(session, subscriber_id, typed)
    feedback.forget_unlettered(session, subscriber_id)
    feedback.like_all(session, subscriber_id, liked, now)


def _confirm_letter(subscriber: Subscriber, wish: Wish, domain: str, due_at: datetime) -> Letter:
    subscriber_id, day = subscriber.id or 0, due_at.astimezone(UTC).date()
    return Letter(
        subscriber_id=subscriber_id,
        kind=LetterKind.CONFIRM,
        edition_date=day,
        recipient=subscriber.address,
        message_id=message.message_id(
            day, subscriber_id, LetterKind.CONFIRM, domain, nth=int(due_at.timestamp())
        ),
        date=due_at.replace(microsecond=0),
        why=interests.format(wish.interests),
        version=subscriber.version,
        language=subscriber.language,
    )


def _make_room(session: Session, letter: Letter) -> bool:
    """Remove a letter of the same day: who answered it, left and wants back needs another.

    False while a sender holds that one.
    """
    kind, day = LetterKind.CONFIRM, letter.edition_date
    earlier = outbox.of_edition(session, letter.subscriber_id, day, kind)
    if earlier is None:
        return True
    bounces.forget_letter(session, earlier.letter_id or 0)
    return outbox.forget(session, earlier)


def read_confirm_token(session: Session, tokens: Tokens, token: str, now: datetime) -> Subscriber:
    """Whom a confirmation link speaks for. Raises BadLink if it is too old or void."""
    subscriber_id, stamp = tokens.read(Purpose.CONFIRM, token, n_facts=2)
    subscriber = subscribers.by_id(session, subscriber_id)
    if now.timestamp() - stamp > CONFIRM_WITHIN.total_seconds():
        raise BadLink(english("This link was good for 48 hours. Please sign up once more."))
    if subscriber is None or subscriber.status == Status.UNSUBSCRIBED:
        raise BadLink(english("This sign-up was withdrawn. Please sign up once more."))
    return subscriber


def confirm(session: Session, tokens: Tokens, token: str, now: datetime) -> Subscriber:
    """Start the letters; the second time changes nothing. Raises BadLink."""
    subscriber = read_confirm_token(session, tokens, token, now)
    if subscriber.status == Status.PENDING:
        _start(session, subscriber, now)
        erasure.welcome_back(session, tokens, subscriber.address)
    return subscriber


def _start(session: Session, subscriber: Subscriber, now: datetime) -> None:
    subscribers.activate(session, subscriber, now)
    consents.confirm(session, subscriber.id or 0, now)
