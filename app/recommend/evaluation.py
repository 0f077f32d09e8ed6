"""Yardstick rows in, scores out: the day's own functions on papers and tastes of other people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app import errors
from app.papers.paper import Paper
from app.recommend import profile, scoring, vectors
from app.recommend.interests import Interest, Kind
from app.recommend.profile import Taste
from app.recommend.weights import USUAL, Weights


@dataclass(frozen=True)
class Request:
    """One question of a yardstick: score these candidates for this taste. Ids are its own names."""

    id: str
    keywords: Sequence[str]
    likes: Sequence[str]
    dislikes: Sequence[str]
    candidates: Sequence[str]


def read_request(row: Mapping[str, Any]) -> Request:
    """Read a row of requests.jsonl; BadValue names what is missing or of the wrong kind."""
    name = row.get("id")
    if not isinstance(name, str):
        raise errors.BadValue("requests", "a request has no text “id”")
    fields = {
        key: _texts(row, key, f"request {name}")
        for key in ("keywords", "likes", "dislikes", "candidates")
    }
    return Request(name, **fields)


def read_paper(row: Mapping[str, Any]) -> tuple[str, Paper]:
    """Read a row of papers.jsonl; BadValue names what is missing or of the wrong kind."""
    name, title, abstract = row.get("id"), row.get("title"), row.get("abstract", "")
    if isinstance(name, str) and isinstance(title, str) and isinstance(abstract, str):
        return name, Paper(title=title, abstract=abstract)
    raise errors.BadValue("papers", f"paper {name!r} needs a text “id”, “title” and “abstract”")


def read_library(row: object) -> list[str]:
    """Read a row of community.jsonl: the papers that one reader likes. Raises BadValue."""
    if isinstance(row, list) and all(isinstance(name, str) for name in row):
        return row
    raise errors.BadValue("community", "a library must be a list of papers' ids")


def score_requests(
    papers: Mapping[str, Paper],
    background: Sequence[str],
    requests: Iterable[Request],
    community: Sequence[Sequence[str]] = (),
    weights: Weights = USUAL,
) -> Iterator[tuple[str, list[float]]]:
    """Score each request's candidates in their order, learning from the background papers alone.

    community: libraries of other readers, who agreed that they teach what goes together.
    Each request stands alone; on a cold start all its scores are 0.
    Raises BadValue for an id that `papers` does not hold.
    """
    number = {name: n for n, name in enumerate(papers)}
    learned = {n: papers[name] for name, n in _numbers(number, background, "the background")}
    libraries = [[n for _, n in _numbers(number, each, "the community")] for each in community]
    everything = {number[name]: paper for name, paper in papers.items()}
    model = vectors.fit(learned, everything, libraries)
    for request in requests:
        yield request.id, _score(model, number, request, weights)


def _score(
    model: vectors.Model, number: Mapping[str, int], request: Request, weights: Weights
) -> list[float]:
    where = f"request {request.id}"
    taste = Taste(
        tuple(Interest(k, Kind.PHRASE if " " in k else Kind.WORD) for k in request.keywords),
        tuple(n for _, n in _numbers(number, request.likes, where)),
        tuple(n for _, n in _numbers(number, request.dislikes, where)),
    )
    candidates = [model.row_of[n] for _, n in _numbers(number, request.candidates, where)]
    built = profile.build(model, [taste], weights)
    scores: list[float] = scoring.score(model, built, np.array(candidates))[0].tolist()
    return scores


def _numbers(
    number: Mapping[str, int], names: Iterable[str], where: str
) -> Iterator[tuple[str, int]]:
    for name in names:
        if name not in number:
            raise errors.BadValue("papers", f"{where} names {name!r}, which is not in the papers")
        yield name, number[name]


def _texts(row: Mapping[str, Any], key: str, where: str) -> list[str]:
    texts = row.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise errors.BadValue("requests", f"{where}: “{key}” must be a list of texts")
    return texts
