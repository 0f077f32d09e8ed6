"""What we think of a reader: the words they typed, and those that their likes taught."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.mail import letter as letters_mail
from app.pipeline import ingest, readers
from app.pipeline.models import Models
from app.recommend import interests, portrait, words
from app.recommend.interests import Interest, Kind
from app.store import feedback, papers, subscribers
from app.store.tables import Subscriber


@dataclass(frozen=True)
class Learned:
    """A word that moves scores. weight: from −1 to 1. taught_by: (id, title) of papers.

    standing: "typed" or "left out" where the reader typed the same themselves, else "".
    """

    text: str
    weight: float
    taught_by: tuple[tuple[int, str], ...]
    standing: str = ""


@dataclass(frozen=True)
class Portrait:
    """typed: each interest, as it is written. learned: None while there is no model to ask."""

    typed: Sequence[tuple[str, Interest]]
    learned: Sequence[Learned] | None
    n_liked: int = 0
    n_disliked: int = 0


def of(session: Session, models: Models, reader: Subscriber, now: datetime) -> Portrait:
    """Never fits a model: a page cannot wait so long."""
    today = ingest.day(now)
    taste = readers.of(session, [reader], today, now)[0].taste
    typed = [(interests.format([each]), each) for each in taste.interests]
    model = models.at_hand(session, today, now)
    learned = None
    if model is not None and model.row_of:
        traits = portrait.learned(model, taste)
        titles = _titles(session, traits)
        standing = {_key(each): each.negative for _, each in typed if _key(each)}
        learned = [_learned(trait, titles, standing) for trait in traits]
    return Portrait(typed, learned, len(taste.liked), len(taste.disliked))


def _titles(session: Session, traits: Sequence[portrait.Trait]) -> dict[int, str]:
    named = sorted({paper_id for trait in traits for paper_id in trait.papers})
    rows = papers.by_ids(session, named)
    return {paper_id: letters_mail.show(papers.told(row)).title for paper_id, row in rows.items()}


def _learned(
    trait: portrait.Trait, titles: dict[int, str], standing: dict[tuple[str, ...], bool]
) -> Learned:
    negative = standing.get(tuple(words.phrase(trait.text)))
    named = {None: "", True: "left out", False: "typed"}[negative]
    taught = tuple((paper_id, titles[paper_id]) for paper_id in trait.papers)
    return Learned(trait.text, trait.weight, taught, named)


def _key(interest: Interest) -> tuple[str, ...]:
    return tuple(words.phrase(interest.text)) if interest.kind in {Kind.WORD, Kind.PHRASE} else ()


def drop(session: Session, reader: Subscriber, written: str) -> None:
    """Delete one typed interest, as it is written; one that is not there changes nothing.

    Raises BadValue if nothing would be left to pick papers by.
    """
    kept = [each for each in _typed(session, reader) if interests.format([each]) != written]
    _keep(session, reader, kept)


def leave_out(session: Session, reader: Subscriber, word: str) -> None:
    """Show no more papers that speak of a word or pair of words. Raises BadValue."""
    wanted = " ".join(word.replace('"', " ").split())
    kind = Kind.WORD if wanted.isalpha() else Kind.PHRASE
    negative = Interest(wanted, kind, negative=True)
    _keep(session, reader, [*_typed(session, reader), negative])


def _typed(session: Session, reader: Subscriber) -> tuple[Interest, ...]:
    return subscribers.interests_of(session, [reader.id or 0]).get(reader.id or 0, ())


def _keep(session: Session, reader: Subscriber, wanted: Sequence[Interest]) -> None:
    # Written and read again, so that the rules of the form hold here too.
    has_likes = feedback.has_liked(session, reader.id or 0)
    read = interests.parse(interests.format(wanted), has_likes=has_likes)
    subscribers.set_interests(session, reader.id or 0, read)
