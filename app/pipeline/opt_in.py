"""Double opt-in: a wish to subscribe, the letter that asks "was it you?", and the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from app.errors import BadLink
from app.mail import edition, message
from app.mail.links import CONFIRM_WITHIN, Purpose, Tokens, Verdict
from app.recommend import interests, tuning
from app.recommend.interests import Interest
from app.recommend.tuning import Tuning
from app.store import bounces, feedback, letters, outbox, subscribers, suppressions
from app.store.tables import Letter, LetterKind, OutboxEntry, State, Status, Subscriber


@dataclass(frozen=True)
class Wish:
    """What somebody asked for at sign-up. address: normalised; liked: paper ids."""

    address: str
    interests: tuple[Interest, ...]
    liked: tuple[int, ...] = ()
    zone: str = "UTC"
    hour: int = 7
    days: frozenset[str] = frozenset(edition.DAYS)
    letter_size: int = 10
    tuning: Tuning = tuning.USUAL


def request(session: Session, wish: Wish, now: datetime, domain: str) -> None:
    """Note a wish and queue the letter that asks for confirmation, one a day at most.

    Tells nobody whether the address is known, suppressed or new: whoever typed it need not be its
    owner. For the same reason an active subscription is left exactly as it is.
    """
    subscriber = subscribers.by_address(session, wish.address)
    status = subscriber.status if subscriber else Status.PENDING
    if suppressions.has(session, wish.address) or status == Status.ACTIVE:
        return
    subscriber = note(session, wish, now)
    # Who left today and wants back must get a second letter: the link in the first is used up.
    _queue_confirm_letter(session, subscriber, now, domain, anew=status == Status.UNSUBSCRIBED)


def note(session: Session, wish: Wish, now: datetime) -> Subscriber:
    """Store the wish as a pending subscriber, in place of what the address asked for before."""
    subscriber = subscribers.by_address(session, wish.address)
    if subscriber is None:
        subscriber = subscribers.add(session, Subscriber(address=wish.address, created_at=now))
    subscriber.status = Status.PENDING
    subscriber.zone, subscriber.hour = wish.zone, wish.hour
    subscriber.days = ",".join(day for day in edition.DAYS if day in wish.days)
    subscriber.letter_size = wish.letter_size
    subscribers.tune(subscriber, wish.tuning)
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
    for paper_id in liked:
        feedback.record(session, subscriber_id, paper_id, Verdict.LIKE, now)


def _queue_confirm_letter(
    session: Session, subscriber: Subscriber, now: datetime, domain: str, anew: bool
) -> None:
    subscriber_id, today = subscriber.id or 0, now.astimezone(UTC).date()
    earlier = outbox.of_edition(session, subscriber_id, today, LetterKind.CONFIRM)
    if earlier and anew:
        bounces.forget_letter(session, earlier.letter_id or 0)
    if earlier and not (anew and outbox.forget(session, earlier)):
        return
    typed = subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, ())
    letter = Letter(
        subscriber_id=subscriber_id,
        kind=LetterKind.CONFIRM,
        edition_date=today,
        recipient=subscriber.address,
        message_id=message.message_id(
            today, subscriber_id, LetterKind.CONFIRM, domain, nth=int(now.timestamp())
        ),
        date=now.replace(microsecond=0),
        why=interests.format(typed),
        version=subscriber.version,
    )
    letters.add(session, letter)
    entry = OutboxEntry(
        subscriber_id=subscriber_id,
        kind=LetterKind.CONFIRM,
        edition_date=today,
        letter_id=letter.id,
        state=State.READY,
        due_at=now,
        first_due_at=now,
    )
    outbox.add(session, entry)


def read_confirm_token(session: Session, tokens: Tokens, token: str, now: datetime) -> Subscriber:
    """Whom a confirmation link speaks for. Raises BadLink if it is too old or void."""
    subscriber_id, stamp = tokens.read(Purpose.CONFIRM, token, n_facts=2)
    subscriber = subscribers.by_id(session, subscriber_id)
    if now.timestamp() - stamp > CONFIRM_WITHIN.total_seconds():
        raise BadLink("This link was good for 48 hours. Please sign up once more.")
    if subscriber is None or subscriber.status == Status.UNSUBSCRIBED:
        raise BadLink("This sign-up was withdrawn. Please sign up once more.")
    return subscriber


def confirm(session: Session, tokens: Tokens, token: str, now: datetime) -> Subscriber:
    """Start the letters; the second time changes nothing. Raises BadLink."""
    subscriber = read_confirm_token(session, tokens, token, now)
    if subscriber.status == Status.PENDING:
        subscribers.activate(session, subscriber, now)
    return subscriber
