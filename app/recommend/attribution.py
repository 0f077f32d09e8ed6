"""Scores told apart: what each interest and each liked or disliked paper added to one."""

from collections.abc import Mapping, Sequence

from app.recommend import words
from app.recommend.explain import LikedShare, Reason, Share
from app.recommend.interests import Interest
from app.recommend.scoring import Contribution, Scores
from app.recommend.vectors import Model

NAMED = 3  # liked papers, and disliked ones; what all others add is summed up
N_WORDS = 3
WORTH_NAMING = 0.3  # of the heaviest word's weight
PAIR_SAYS_MORE = 2.0  # "language models" tells a reader more than "language" and "models" do
DECIMALS = 9

Row = Mapping[int, float]  # a paper's columns and their weights


def reasons(model: Model, scores: Scores, profile: int, places: Sequence[int]) -> list[Reason]:
    """Tell a profile's scores apart for the papers at these places of `scores.paper_ids`."""
    told = scores.shares(profile, places)
    return [
        _reason(model, scores.paper_ids[place], contributions)
        for place, contributions in zip(places, told, strict=True)
    ]


def _reason(model: Model, paper_id: int, contributions: list[Contribution]) -> Reason:
    row = model.row(paper_id)
    terms: list[Share] = []
    shown: list[tuple[float, float, int]] = []
    for source, coefficient, share in contributions:
        if not isinstance(source, Interest):
            shown.append((coefficient, share, source))
        elif share:
            terms.append(Share(source.text, _round(share), _part(model, source.text, row)))
    liked = sorted((-share, i) for weight, share, i in shown if weight > 0 and share > 0)[:NAMED]
    disliked = sorted((share, i) for weight, share, i in shown if weight < 0 and share < 0)[:NAMED]
    named = sum(share for share, _ in disliked) - sum(share for share, _ in liked)
    return Reason(
        terms=tuple(sorted(terms, key=lambda term: (-term.share, term.text))),
        liked=tuple(LikedShare(i, _round(-s), _common(model, model.row(i), row)) for s, i in liked),
        disliked=tuple(
            LikedShare(i, _round(s), _common(model, model.row(i), row)) for s, i in disliked
        ),
        rest=_round(sum(share for _, share, _ in shown) - named),
    )


def _part(model: Model, typed: str, row: Row) -> tuple[str, ...]:
    """Return the typed words that a paper holds; empty when it holds them all, as they stand."""
    if _holds(model, row, typed):
        return ()
    parted = (word for sentence in words.sentences(typed) for word in sentence)
    return tuple(word for word in dict.fromkeys(parted) if _holds(model, row, word))


def _holds(model: Model, row: Row, typed: str) -> bool:
    return all(model.vocabulary.get(term, -1) in row for term in words.phrase(typed))


def _common(model: Model, one: Row, other: Row) -> tuple[str, ...]:
    """Name what weighs most in two papers' likeness; never a word again within a pair."""
    weight = {
        column: one[column] * other[column] * (PAIR_SAYS_MORE if " " in model.terms[column] else 1)
        for column in one.keys() & other.keys()
    }
    heaviest = max(weight.values(), default=0.0)
    chosen: list[str] = []
    for column in sorted(weight, key=lambda column: (-weight[column], column)):
        if len(chosen) == N_WORDS or weight[column] < WORTH_NAMING * heaviest:
            break
        stems = model.terms[column].split(" ")
        told = {stem for term in chosen for stem in term.split(" ")}
        if all(stem.isalpha() and len(stem) > 1 for stem in stems) and told.isdisjoint(stems):
            chosen.append(model.terms[column])
    return tuple(model.readable(term) for term in chosen)


def _round(share: float) -> float:
    return round(share, DECIMALS)
