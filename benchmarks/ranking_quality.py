"""How well the day's ranking finds what people like, on the yardstick's public bundles.

Reads the folder `receval` from ../shared, or from the path given; without it there is nothing to
measure. Scores come from app.recommend.evaluation, the very functions of the day. Figures are
nDCG@10 (Järvelin and Kekäläinen 2002), averaged per person first.

    python benchmarks/ranking_quality.py [RECEVAL_FOLDER]
"""

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from app.recommend import evaluation

BUNDLES = ("stream", "fulltext", "cranfield", "nfcorpus", "screen")
# Mean over four tracks; the two keyword collections are one track.
GOAL_OVERALL = 0.42
BESIDE = Path(__file__).parents[2] / "shared" / "receval"


def yardstick(folder: Path) -> ModuleType:
    """Load receval.py from its folder."""
    spec = importlib.util.spec_from_file_location("receval", folder / "receval.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{folder} holds no receval.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scored(bundle: Any, *, with_dislikes: bool = True) -> dict[str, list[float]]:
    """Every request's scores, as `paperboy rank` writes them."""
    papers = dict(evaluation.read_paper(row) for row in bundle.papers.values())
    rows = bundle.requests
    if not with_dislikes:
        rows = [{**row, "dislikes": []} for row in rows]
    requests = [evaluation.read_request(row) for row in rows]
    return dict(evaluation.score_requests(papers, bundle.background, requests))


def main() -> None:
    """Print a row per bundle, then each goal, its figure, and whether it is held."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else BESIDE
    if not folder.is_dir():
        print(f"no yardstick at {folder}: nothing to measure")
        return
    receval = yardstick(folder)
    results, without = [], 0.0
    for name in BUNDLES:
        bundle = receval.Bundle(str(folder / "public" / name))
        start = time.process_time()
        scores = scored(bundle)
        cpu = 1000 * (time.process_time() - start) / len(bundle.requests)
        result, _ = receval.report(bundle, scores)
        results.append(result)
        of_each = " ".join(f"{c} {v['ndcg10']:.3f}" for c, v in result["conditions"].items())
        print(f"{name:10} {result['headline_ndcg10']:.3f}  {of_each}  {cpu:.1f} ms CPU a request")
        if name == "screen":
            bare = receval.report(bundle, scored(bundle, with_dislikes=False))[0]
            without = bare["headline_ndcg10"]
    overall, screen = receval.overall(results), results[-1]["headline_ndcg10"]
    print(f"overall ≥ {GOAL_OVERALL}: {overall:.3f} {_held(overall >= GOAL_OVERALL)}")
    print(f"dislikes help on screen: {screen:.3f} with, {without:.3f} without", end=" ")
    print(_held(screen >= without))


def _held(holds: bool) -> str:
    return "hold" if holds else "miss"


if __name__ == "__main__":
    main()
