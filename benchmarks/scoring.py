"""What ranking costs in CPU: against rivals, per subscriber, and per paper read.

All figures of a goal come from one run on the same papers, all made up; CPU seconds of this
process and never the clock's, for others may be at work on the machine.

    OPENBLAS_NUM_THREADS=1 python benchmarks/scoring.py [p8 p9 p10 p11] [--full]

--full: p10 with 1,000,000 subscribers and p11 with 100,000 papers, as the goals say it; else a
tenth of each.
"""

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import goals
import invented
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.svm import LinearSVC

from app.papers.paper import Paper
from app.recommend import profile, scoring, shares, vectors
from app.recommend.profile import Profiles, Taste
from app.recommend.vectors import Model

TOP, SHARD = 10, 5_000
P9_PEOPLE, P9_NAIVE = 5_000, 100

Numbers = NDArray[np.int64]


def main() -> None:
    """Print each goal asked for, its figure, and whether it is held."""
    measures = {"p8": p8, "p9": p9, "p10": p10, "p11": p11}
    asked = argparse.ArgumentParser(description="What ranking costs in CPU.")
    asked.add_argument("goals", nargs="*", help="p8, p9, p10 or p11; all, if none is named")
    asked.add_argument("--full", action="store_true")
    told = asked.parse_args()
    if unknown := set(told.goals) - measures.keys():
        asked.error(f"{min(unknown)} is none of {', '.join(measures)}")
    for name in told.goals or measures:
        measures[name](told.full)


def p8(_: bool) -> None:
    """1,000 subscribers and 20,000 papers against one LinearSVC each, as arxiv-sanity-lite does."""
    papers = invented.papers(20_000)
    model = laid(papers)
    people = tastes(papers, 1_000)
    everything = np.arange(len(papers))
    slow = cpu(lambda: [_svm(model, each) for each in people[:5]]) / 5
    print("P8   1,000 subscribers, 20,000 papers; CPU ms a subscriber, profile-making included")
    print(f"     one LinearSVC each, measured on 5: {1000 * slow:.0f}")
    for rows in (everything, everything[-1_000:]):
        fast = best(2, partial(_ranked, model, people, rows)) / len(people)
        print(f"     ours, {len(rows):6,} papers scored: {1000 * fast:.3f}", end="  ")
        what = f"1,000 people, {len(rows):,} papers: one LinearSVC each ÷ ours"
        print(verdict("P8", what, "≥ 1,000", slow / fast, slow >= 1000 * fast))


def p9(_: bool) -> None:
    """1,000 papers against cosine_similarity and argsort, one subscriber at a time."""
    papers = invented.papers(5_000)
    model, fresh = laid(papers), np.arange(4_000, 5_000)
    people = tastes(papers, P9_PEOPLE)
    profiles = profile.build(model, people)
    rows = model.rows[fresh]
    wanted = [_wish(model, profiles, person) for person in range(P9_NAIVE)]

    def one_by_one() -> None:
        for wish in wanted:
            np.argsort(-cosine_similarity(wish, rows)[0])[:TOP]

    slow = best(2, one_by_one) / P9_NAIVE
    fast = best(3, lambda: top(scoring.score(model, profiles, fresh))) / P9_PEOPLE
    print("P9   1,000 papers; CPU µs a subscriber, profiles made before")
    print(f"     cosine_similarity and argsort, one cosine each: {1e6 * slow:.0f}")
    print(f"     ours, every signal, a shard of {P9_PEOPLE:,}: {1e6 * fast:.0f}", end="  ")
    what = "1,000 papers: cosine_similarity and argsort ÷ ours"
    print(verdict("P9", what, "≥ 20", slow / fast, slow >= 20 * fast))
    mine = top(scoring.score(model, profiles, fresh))[:P9_NAIVE]
    exact = top(np.array([_plainly(model, profiles, n, fresh) for n in range(P9_NAIVE)]))
    n_equal = int((mine == exact).all(axis=1).sum())
    print("     the same top 10 as signal by signal in double precision:", end="  ")
    print(verdict("P9", "exact top tens, of 100", "100", n_equal, n_equal == P9_NAIVE))


def p10(full: bool) -> None:
    """Many shards cost per subscriber what few do, and no more memory."""
    papers = invented.papers(5_000)
    model, fresh = laid(papers), np.arange(4_000, 5_000)
    said = invented.phrases(list(papers.values()))
    n_few, n_many = (100_000, 1_000_000) if full else (10_000, 100_000)
    spent = {
        n: sum(_shards(model, said, fresh, range(start, n, SHARD)))
        for start, n in ((0, n_few), (n_few, n_many))
    }
    few, many = 1e6 * spent[n_few] / n_few, 1e6 * sum(spent.values()) / n_many
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"P10  1,000 papers, shards of {SHARD:,}; CPU µs a subscriber, profile-making included")
    print(f"     {n_few:,} subscribers: {few:.0f}   {n_many:,}: {many:.0f}", end="  ")
    what = f"µs a subscriber at {n_many:,} ÷ at {n_few:,}"
    print(verdict("P10", what, "≤ 1.3", many / few, many <= 1.3 * few))
    print("     peak memory, fitting included:", end=" ")
    print(verdict("P10", f"GB at {n_many:,}", "≤ 2.5", gigabytes, gigabytes <= 2.5))


def p11(full: bool) -> None:
    """Weighing the corpus's words against TfidfVectorizer, and how it grows."""
    counts = (10_000, 100_000) if full else (10_000, 20_000)
    spent = {}
    for n in counts:
        papers = invented.papers(n)
        ours = cpu(partial(vectors.weigh, list(papers.values()), n))
        plain = cpu(partial(_plain, papers))
        spent[n] = ours / n
        print(f"P11  {n:7,} papers; CPU µs a paper: ours {1e6 * ours / n:.0f}", end=", ")
        print(f"TfidfVectorizer {1e6 * plain / n:.0f}", end="  ")
        what = f"vectorising {n:,} papers ÷ TfidfVectorizer"
        print(verdict("P11", what, "≤ 1.3", ours / plain, ours <= 1.3 * plain))
    growth = spent[counts[1]] / spent[counts[0]]
    what = f"a paper among {counts[1]:,} ÷ among {counts[0]:,}"
    print(f"     {what}:", verdict("P11", what, "≤ 1.2", growth, growth <= 1.2))


def laid(papers: dict[int, Paper]) -> Model:
    """A model with readers' tastes in it, so that every signal is paid for."""
    older = sorted(papers)[: -len(papers) // 5]
    return vectors.fit(papers, libraries=invented.libraries(2_000, older))


def tastes(papers: dict[int, Paper], n: int) -> list[Taste]:
    """People who type five interests and like twenty of the older papers."""
    older = sorted(papers)[: -len(papers) // 5]
    return invented.tastes(n, invented.phrases(list(papers.values())), older, seed=n)


def _ranked(model: Model, people: list[Taste], rows: Numbers) -> Numbers:
    return top(scoring.score(model, profile.build(model, people), rows))


def _shards(model: Model, said: list[str], fresh: Numbers, starts: range) -> Iterator[float]:
    for start in starts:
        people = invented.tastes(SHARD, said, range(4_000), seed=start)
        yield cpu(partial(_ranked, model, people, fresh))


def _svm(model: Model, taste: Taste) -> Numbers:
    """arxiv-sanity-lite: likes against all else, C = 0.01, balanced; then every paper by margin."""
    liked = np.isin(np.arange(model.rows.shape[0]), [model.row_of[i] for i in taste.liked])
    machine = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01)
    margins = machine.fit(model.rows, liked).decision_function(model.rows)
    return np.argsort(-margins)[:TOP]


def _wish(model: Model, profiles: Profiles, person: int) -> sparse.csr_array:
    """One row of words for a person: what they typed and liked, added up."""
    typed = profiles.asked[[person]] @ profiles.asked_of.rows
    return sparse.csr_array(typed + profiles.liked[[person]] @ model.rows)


def _plainly(model: Model, profiles: Profiles, person: int, fresh: Numbers) -> Any:
    """The scores as profile.Profiles defines them, term by term."""
    told = shares.tell(model, profiles, np.full(len(fresh), person), fresh)
    added = told.typed.add_up(told.added) + told.shown.add_up(told.taught)
    return np.round(added, scoring.DECIMALS)


def _plain(papers: dict[int, Paper]) -> None:
    vectoriser = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english")
    vectoriser.fit_transform(
        f"{each.title} {each.title} {each.abstract}" for each in papers.values()
    )


def top(total: NDArray[np.float64]) -> Numbers:
    """The best TOP papers of each row, best first; of equals the one further left."""
    some = np.sort(np.argpartition(-total, TOP, axis=1)[:, :TOP], axis=1)
    order = np.argsort(-np.take_along_axis(total, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def best(n: int, work: Callable[[], object]) -> float:
    """CPU seconds of the quickest of n calls."""
    return min(cpu(work) for _ in range(n))


def verdict(name: str, what: str, goal: str, figure: float, holds: bool) -> str:
    """A goal, its figure, and whether it is held."""
    goals.note(name, what, goal, float(figure), bool(holds))
    return f"goal {goal}: {figure:,.2f} {'hold' if holds else 'miss'}"


if __name__ == "__main__":
    main()
