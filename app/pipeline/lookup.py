"""What a visitor's search finds, in the model and in what it does not know yet or any more."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from app.papers import identity
from app.pipeline.models import Models
from app.recommend import alike, hints, interests, names, search, words
from app.recommend.alike import Alike
from app.recommend.interests import Interest, Kind
from app.recommend.vectors import Model
from app.store import papers, passages, tables
from app.store.passages import Needle, Span, Where

# Papers that the model does not know are read one by one: so many of the newest at most.
MOST_READ = 80
# Spellings near a word take long to find.
MOST_CORRECTED = 2
_PLAIN = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True)
class Correction:
    """A part of a search that no paper meets. near: spellings that papers know, and the searches
    that would have used them."""

    text: str
    near: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """paper_ids: best first. is_whole: they hold all that was asked for, else only a part of it.

    terms: what to mark in them. is_cut: of those that the model does not know, and that seemed to
    hold it, only the newest were read. is_weighed: whether there was a model.
    """

    paper_ids: tuple[int, ...]
    is_whole: bool
    terms: tuple[str, ...]
    corrections: tuple[Correction, ...]
    is_cut: bool
    is_weighed: bool


def is_name(text: str) -> bool:
    """Whether a text is the name of a paper, or a link, rather than words to look for."""
    is_link = text.startswith(("http://", "https://"))
    return is_link or bool(identity.arxiv_id_in(text) or identity.doi_in(text))


def answer(session: Session, models: Models, typed: str) -> Answer:
    """Search title and abstract, authors and categories. Raises BadValue, field "interests"."""
    asked = interests.parse(typed, skips_empty=True)
    model = models.latest()
    read, is_cut = _read(session, model, asked)
    hits = [search.judge({key: papers.told(row) for key, row in read.items()}, asked, model)]
    found = search.rank([search.find(model, asked), *hits] if model else hits)
    off = papers.unlisted(session)
    wanted = [each for each in asked if not each.negative]
    unmet = [each for each, is_met in zip(wanted, found.met, strict=True) if not is_met]
    return Answer(
        paper_ids=tuple(each for each in found.paper_ids if each not in off),
        is_whole=found.is_whole,
        terms=_terms(wanted, found.is_whole),
        corrections=tuple(_corrections(model, asked, unmet)) if model else (),
        is_cut=is_cut,
        is_weighed=model is not None,
    )


def like(models: Models, row: tables.Paper, limit: int) -> list[Alike] | None:
    """The papers of the model nearest to one, likest first; None before there is a model."""
    model = models.latest()
    return None if model is None else alike.to(model, row.id or 0, papers.told(row), limit)


def _read(
    session: Session, model: Model | None, asked: Sequence[Interest]
) -> tuple[dict[int, tables.Paper], bool]:
    """Papers outside of the model that may hold what is wanted, and whether there are more."""
    needles = [_needle(each) for each in asked if not each.negative]
    spans = [Span(*each) for each in search.gaps(model)] if model else [Span()]
    found = passages.holding(session, needles, spans, MOST_READ)
    strange = [each for each in found if model is None or each not in model.row_of]
    return papers.by_ids(session, strange), len(found) == MOST_READ


def _needle(interest: Interest) -> Needle:
    if interest.kind is Kind.CATEGORY:
        return Needle((interest.text,), Where.CATEGORIES)
    if interest.kind is Kind.AUTHOR:
        return Needle(tuple(_PLAIN.findall(_family(interest.text))), Where.AUTHORS)
    written = [word for sentence in words.sentences(interest.text) for word in sentence]
    return Needle(tuple(piece for word in written for piece in _pieces(word.casefold())))


def _family(typed: str) -> str:
    """The longest word of somebody's family name, as it was typed."""
    name = names.read(typed)
    family = name.family[0] if name else ""
    parts = typed.replace(",", " ").split()
    return max([part for part in parts if part.casefold() in family] or parts, key=len)


def _pieces(word: str) -> Sequence[str]:
    """What all forms of a word have in common; of one with accents, the stretches between them."""
    start = words.stem(word)
    while not word.startswith(start):
        start = start[:-1]
    kept = start[:-1] if start.endswith("i") and len(start) > 3 else start  # study, studies
    return [kept or word] if kept.isascii() else _PLAIN.findall(kept) or [kept]


def _terms(wanted: Sequence[Interest], is_whole: bool) -> tuple[str, ...]:
    texts = [each.text for each in wanted if each.kind in {Kind.WORD, Kind.PHRASE}]
    if is_whole:
        return tuple(texts)
    parts = [word for text in texts for sentence in words.sentences(text) for word in sentence]
    return tuple(dict.fromkeys([*texts, *parts]))


def _corrections(
    model: Model, asked: Sequence[Interest], unmet: Sequence[Interest]
) -> list[Correction]:
    near = {each.text: each.near for each in hints.unknown(model, unmet[:MOST_CORRECTED])}
    return [
        Correction(
            text=each.text,
            near=tuple((text, _instead(asked, each, text)) for text in near.get(each.text, ())),
        )
        for each in unmet
    ]


def _instead(asked: Sequence[Interest], wrong: Interest, better: str) -> str:
    kind = Kind.PHRASE if wrong.kind is Kind.WORD and " " in better else wrong.kind
    right = replace(wrong, text=better, kind=kind)
    return interests.format(right if each == wrong else each for each in asked)
