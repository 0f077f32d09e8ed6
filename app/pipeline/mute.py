"""Muting: from a pick in a letter to a negative interest, and back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlmodel import Session

from app.errors import BadValue
from app.languages import english
from app.mail import foreign
from app.papers import tex
from app.recommend import explain, interests
from app.recommend.explain import Reason
from app.recommend.interests import Interest, Kind
from app.store import feedback, subscribers
from app.store.tables import Paper, Pick

MOST_AUTHORS = 20


@dataclass(frozen=True)
class Choice:
    """Something that can be muted. written: as `interests.parse` reads it; names it in a form."""

    interest: Interest
    is_muted: bool

    @property
    def written(self) -> str:
        """Without the minus."""
        return interests.format([replace(self.interest, negative=False)])


@dataclass(frozen=True)
class Muted:
    """What was done. was: what it took the place of, which an undo brings back."""

    choice: Choice
    was: Interest | None = None


def choices(session: Session, subscriber_id: int, pick: Pick, paper: Paper) -> list[Choice]:
    """The authors of a pick, then the words of its reason: what they asked for, what it shares."""
    reason = explain.from_json(pick.reason)
    authors = [_author(name) for name in paper.authors[:MOST_AUTHORS]]
    typed = _typed(session, subscriber_id)
    muted = {interests.key(each) for each in typed if each.negative}
    offered: dict[object, Interest] = {}
    for text, kind in (*((name, Kind.AUTHOR) for name in authors), *_words(reason)):
        interest = _readable(text, kind)
        if interest is not None:
            offered.setdefault(interests.key(interest), interest)
    return [Choice(interest, key in muted) for key, interest in offered.items()]


def mute(session: Session, subscriber_id: int, choice: Choice) -> Muted:
    """Let nothing that holds it come any more; it takes the place of the same asked for.

    Raises BadValue, field "choice", where too little or too much would be left.
    """
    typed = _typed(session, subscriber_id)
    same = [each for each in typed if interests.key(each) == interests.key(choice.interest)]
    if any(each.negative for each in same):
        return Muted(replace(choice, is_muted=True))
    kept = [each for each in typed if each not in same]
    _check(session, subscriber_id, kept, choice)
    negative = replace(choice.interest, negative=True, weight=1.0)
    subscribers.set_interests(session, subscriber_id, [*kept, negative])
    return Muted(replace(choice, is_muted=True), same[0] if same else None)


def unmute(session: Session, subscriber_id: int, choice: Choice, weight: float | None) -> Choice:
    """Take it back. weight: what it counted for when it was asked for; None: it was not."""
    typed = _typed(session, subscriber_id)
    muted = [
        each
        for each in typed
        if each.negative and interests.key(each) == interests.key(choice.interest)
    ]
    kept = [each for each in typed if each not in muted]
    if muted and weight is not None:
        kept.append(replace(muted[0], negative=False, weight=weight))
    subscribers.set_interests(session, subscriber_id, kept)
    return replace(choice, is_muted=False)


def _check(session: Session, subscriber_id: int, kept: list[Interest], choice: Choice) -> None:
    if len(kept) >= interests.MAX_INTERESTS:
        raise BadValue(
            "choice",
            english(
                "You name {n} words and authors already, and more cannot be kept. Take some out "
                "on your own page first.",
                n=len(kept),
            ),
        )
    is_left = any(not each.negative for each in kept) or feedback.has_liked(session, subscriber_id)
    if not is_left:
        raise BadValue(
            "choice",
            english(
                "“{text}” is all you asked for so far: without it there would be nothing to pick "
                "papers by. Add another word on your own page first.",
                text=choice.interest.text,
            ),
        )


def _typed(session: Session, subscriber_id: int) -> tuple[Interest, ...]:
    return subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, ())


def _words(reason: Reason) -> Iterable[tuple[str, Kind]]:
    for term in reason.terms:
        yield term.text, term.kind
        for word in (*term.part, *term.near):
            yield word, Kind.WORD
    for near in (*reason.liked, *reason.disliked):
        yield from ((word, Kind.WORD) for word in near.words)


def _author(name: str) -> str:
    return foreign.tame(tex.to_unicode(name)).replace('"', "")


def _readable(text: str, kind: Kind) -> Interest | None:
    """The interest, if what people type can say it; None for what means nothing alone."""
    if kind is Kind.WORD and len(text.split()) > 1:
        kind = Kind.PHRASE
    interest = Interest(text, kind)
    try:
        read = interests.parse(interests.format([interest]))
    except BadValue:
        return None
    is_one = len(read) == 1 and not read[0].negative and read[0].kind is kind
    return read[0] if is_one else None
