"""Scoring a shard at once against the naive way, one subscriber at a time, in one run.

The naive way is scikit-learn's cosine_similarity and an argsort per subscriber, on the same model
and the same profiles. CPU seconds of this process; run it alone for the ratio to mean something.

    python benchmarks/scoring.py [SUBSCRIBERS] [PAPERS]
"""

import random
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from app.papers.paper import Paper
from app.recommend import profile, scoring, vectors
from app.recommend.interests import Interest
from app.recommend.profile import Taste

TOP = 10


def invented_papers(n: int, chance: random.Random) -> dict[int, Paper]:
    """Papers whose words are spread as in real text: few common ones, many rare (Zipf)."""
    words = [f"w{chance.randrange(10**9):x}" for _ in range(20_000)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    return {
        number: Paper(
            " ".join(chance.choices(words, weights, k=10)),
            " ".join(chance.choices(words, weights, k=150)),
        )
        for number in range(n)
    }


def invented_tastes(n: int, papers: dict[int, Paper], chance: random.Random) -> list[Taste]:
    """Subscribers with five words out of some paper's title and five liked papers."""
    return [
        Taste(
            tuple(map(Interest, set(chance.choice(papers).title.split()[:5]))),
            tuple(chance.sample(sorted(papers), 5)),
        )
        for _ in range(n)
    ]


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print the goal, the figures and whether the goal is held."""
    n_people, n_papers = (int(word) for word in (*sys.argv[1:], "500", "1000")[:2])
    chance = random.Random(7)
    papers = invented_papers(n_papers, chance)
    model = vectors.fit(papers)
    profiles = [profile.build(model, taste) for taste in invented_tastes(n_people, papers, chance)]
    ids = sorted(papers)
    rows = model.rows_of(ids)
    wanted = [_row(model, each) for each in profiles]

    def naive() -> None:
        for row in wanted:
            np.argsort(-cosine_similarity(row, rows)[0])[:TOP]

    def at_once() -> None:
        total = scoring.score(model, profiles, ids).total
        np.argpartition(-total, TOP, axis=1)[:, :TOP]

    slow, fast = cpu_seconds(naive), min(cpu_seconds(at_once) for _ in range(3))
    print(f"{n_people} subscribers, {n_papers} papers, CPU µs a subscriber")
    print(f"  one by one, cosine_similarity and argsort  {1e6 * slow / n_people:8.0f}")
    print(f"  a shard at once                            {1e6 * fast / n_people:8.0f}")
    held = "hold" if slow >= 20 * fast else "miss"
    print(f"  goal ≥ 20 ×, figure {slow / fast:.1f} ×: {held}")


def _row(model: vectors.Model, built: profile.Profile) -> sparse.csr_array:
    asked, shown = list(built.asked), list(built.shown)
    parts = [model.ask([each.text for each in asked]), model.rows_of(shown)]
    weights = [*built.asked.values(), *built.shown.values()]
    return sparse.csr_array([weights]) @ sparse.vstack(parts, format="csr")


if __name__ == "__main__":
    main()
