"""One person's day on a bundle of the yardstick: what it costs, and whether reasons are true."""

import random
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from app.recommend import attribution, board, evaluation, picks, profile, scoring, vectors
from app.recommend.board import Board
from app.recommend.candidates import Candidate
from app.recommend.explain import Reason
from app.recommend.interests import Interest, Kind
from app.recommend.picks import Pick, Reader
from app.recommend.profile import Profiles, Taste
from app.recommend.vectors import Model

SHARD, N_LIKES, N_DOUBTED = 500, 20, 60
ROUNDS = 3


@dataclass(frozen=True)
class Laid:
    """A bundle's model, the ids of its new papers, and a shard of its people."""

    model: Model
    fresh: list[int]
    readers: list[Reader]

    def board(self, n: int) -> Board:
        """A day of so many candidates."""
        return board.lay_out(self.model, [Candidate(paper_id) for paper_id in self.fresh[:n]])


@dataclass(frozen=True)
class Spent:
    """CPU ms a person. stages: parts of it, each timed for itself."""

    whole: float
    stages: dict[str, float]
    n_picks: float


@dataclass(frozen=True)
class Doubt:
    """The largest error among some picks, as part of the score.

    adding: of all shares added up. removing: of the drop, against the shares shown, when what the
    reason names is taken out of the profile.
    """

    n_picks: int
    adding: float
    removing: float


def lay_out(bundle: Any) -> Laid:
    """Fit on what came before, with community; people have all their words and 20 likes each."""
    number = {name: n for n, name in enumerate(bundle.papers)}
    papers = {
        number[name]: paper for name, paper in map(evaluation.read_paper, bundle.papers.values())
    }
    older = {number[name]: papers[number[name]] for name in bundle.background}
    libraries = [[number[name] for name in library] for library in bundle.community]
    model = vectors.fit(older, papers, libraries)
    known = [row for row in bundle.requests if row["cond"] == "kall"]
    known = [row for row in known if len(row["likes"]) >= N_LIKES]
    chance = random.Random(7)
    readers = [_reader(known[n % len(known)], number, chance) for n in range(SHARD)]
    return Laid(model, sorted(papers.keys() - older.keys()), readers)


def _reader(row: dict[str, Any], number: dict[str, int], chance: random.Random) -> Reader:
    likes = chance.sample(row["likes"], N_LIKES)
    interests = [Interest(k, Kind.PHRASE if " " in k else Kind.WORD) for k in row["keywords"]]
    return Reader(Taste(tuple(interests), tuple(number[name] for name in likes)))


def spend(laid: Laid, n: int) -> Spent:
    """Rank a shard, whole and by stages."""
    day, tastes = laid.board(n), [reader.taste for reader in laid.readers]
    profiles = profile.build(day.model, tastes)
    ranked = picks.rank(day, laid.readers)
    row_of = laid.model.row_of
    # The sample tells what is usual for each of them.
    scored = np.union1d(day.rows, day.sample)
    rows = [np.array([row_of[pick.paper_id] for pick in some], dtype=np.int64) for some in ranked]
    stages = {
        "profiles": _cpu_ms(lambda: profile.build(day.model, tastes)),
        "scores": _cpu_ms(lambda: scoring.score(day.model, profiles, scored)),
        "reasons": _cpu_ms(lambda: attribution.of_shard(day, profiles, rows)),
    }
    whole = _cpu_ms(lambda: picks.rank(day, laid.readers))
    stages["fits and selection"] = whole - sum(stages.values())
    return Spent(whole, stages, sum(map(len, ranked)) / SHARD)


def _cpu_ms(work: Callable[[], object]) -> float:
    """CPU ms a person of the quickest of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return 1000 * min(spent) / SHARD


def peak_gigabytes() -> float:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def doubt(laid: Laid, n: int) -> Doubt:
    """Take out of the profiles what each reason names, and score again."""
    day, some = laid.board(n), laid.readers[:N_DOUBTED]
    adding, removing = [0.0], [0.0]
    for reader, chosen in zip(some, picks.rank(day, some), strict=True):
        built = profile.build(day.model, [reader.taste])
        for pick in chosen:
            before, after = (
                _score(day, each, pick) for each in (built, _without(built, day, pick))
            )
            adding.append(abs(pick.reason.total - before) / abs(before))
            removing.append(abs(before - after - _shown(pick.reason)) / abs(before))
    return Doubt(len(adding) - 1, max(adding), max(removing))


def _score(day: Board, profiles: Profiles, pick: Pick) -> float:
    row = np.array([day.model.row_of[pick.paper_id]])
    return float(scoring.score(day.model, profiles, row)[0, 0])


def _shown(reason: Reason) -> float:
    near = sum(each.share for each in (*reason.liked, *reason.disliked))
    return near + sum(term.share for term in reason.terms)


def _without(profiles: Profiles, day: Board, pick: Pick) -> Profiles:
    """The profile of one person without what a reason names: its coefficients are 0."""
    reason, asked = pick.reason, profiles.asked_of
    named = {(term.text, term.kind) for term in reason.terms}
    typed = [n for n, each in enumerate(asked.interests) if (each.text, each.kind) in named]
    shown = [day.model.row_of[each.paper_id] for each in (*reason.liked, *reason.disliked)]
    left = _left_of_echoes(profiles, typed)
    of_papers = ("liked", "near", "theme", "reader_liked", "reader_near")
    return replace(
        profiles,
        asked=_cleared(profiles.asked, typed),
        reader_asked=_cleared(profiles.reader_asked, typed),
        echoes=sparse.csr_array(profiles.echoes * left),
        reader_echoes=sparse.csr_array(profiles.reader_echoes * left),
        **{name: _cleared(getattr(profiles, name), shown) for name in of_papers},
    )


def _left_of_echoes(profiles: Profiles, typed: Sequence[int]) -> Any:
    """What is left of each echo, (1, n_papers), without the interests that it answers to."""
    worth = profiles.said.toarray()[0][:, None] * profiles.asked_of.best.toarray()
    whole = worth.sum(axis=0)
    gone = worth[typed].sum(axis=0) / np.where(whole > 0, whole, 1)
    return (1 - gone)[None, :]


def _cleared(matrix: sparse.csr_array, columns: Sequence[int]) -> sparse.csr_array:
    left = matrix.copy()
    left.data[np.isin(left.indices, columns)] = 0
    return left
