"""How well the day's ranking finds what people like, on the yardstick's public bundles.

Reads the folder `receval` from ../shared, or from the path given; without it there is nothing to
measure. Scores come from app.recommend.evaluation and picks from app.recommend.picks, the very
functions of the day. Figures are nDCG@10 (Järvelin and Kekäläinen 2002), averaged per person
first. A goal is written "must / aim", and held where its figure reaches the must.

    OPENBLAS_NUM_THREADS=1 python benchmarks/ranking_quality.py [RECEVAL_FOLDER] [--svm]

--svm: also run arxiv-sanity-lite's SVM, of receval's baselines.py, to compare with; it is slow.
"""

import argparse
import importlib
import itertools
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import person_day

from app.recommend import evaluation

BUNDLES = ("stream", "fulltext", "cranfield", "nfcorpus", "screen")
LADDER = ("k0", "k1", "k3", "k5", "k10", "kall")
OVERALL = (0.42, 0.445)
WITH_COMMUNITY = {"stream": (0.48, 0.52), "fulltext": (0.445, 0.47)}
A_DAY = (1.0, 0.2)  # CPU ms
BESIDE = Path(__file__).parents[2] / "shared" / "receval"

Figures = Mapping[str, Mapping[str, float]]  # condition → person → nDCG@10


def main() -> None:
    """Print a row per bundle, then each goal, its figure, and whether it is held."""
    asked = argparse.ArgumentParser(description="How well ranking finds what people like.")
    asked.add_argument("folder", nargs="?", type=Path, default=BESIDE)
    asked.add_argument("--svm", action="store_true")
    told = asked.parse_args()
    if not told.folder.is_dir():
        print(f"no yardstick at {told.folder}: nothing to measure")
        return
    sys.path.insert(0, str(told.folder))
    receval = importlib.import_module("receval")
    bundles = [receval.Bundle(str(told.folder / "public" / name)) for name in BUNDLES]
    alone = {each.name: _measured(receval, each, "one's own data") for each in bundles}
    shared = {
        each.name: _measured(receval, each, "with community", each.community)
        for each in bundles
        if each.community
    }
    _say_quality(receval, alone, shared)
    _say_ladders(receval, bundles, alone, shared, with_svm=told.svm)
    screen = bundles[-1]
    bare = _measured(receval, screen, "no dislikes", with_dislikes=False)[0]["headline_ndcg10"]
    liked = alone["screen"][0]["headline_ndcg10"]
    print(f"Q4 dislikes help on screen: {liked:.3f} ≥ {bare:.3f} without {_held(liked >= bare)}")
    _say_days(person_day.lay_out(bundles[0]))


def _measured(
    receval: Any,
    bundle: Any,
    label: str,
    community: Sequence[Sequence[str]] = (),
    *,
    with_dislikes: bool = True,
) -> tuple[dict[str, Any], Figures]:
    """Score every request as `paperboy rank` does, and print how good the scores are."""
    papers = dict(evaluation.read_paper(row) for row in bundle.papers.values())
    without: dict[str, list[str]] = {} if with_dislikes else {"dislikes": []}
    requests = [evaluation.read_request({**row, **without}) for row in bundle.requests]
    start = time.process_time()
    scores = dict(evaluation.score_requests(papers, bundle.background, requests, community))
    cpu = time.process_time() - start
    result, _ = receval.report(bundle, scores)
    conditions = result["conditions"].items()
    of_each = " ".join(f"{name} {figures['ndcg10']:.3f}" for name, figures in conditions)
    headline, n = result["headline_ndcg10"], len(requests)
    print(f"{bundle.name:9} {label:14} {headline:.3f}  {of_each}", end="  ")
    print(f"{1000 * cpu / n:.1f} ms CPU a request, fitting included", flush=True)
    return result, _by_person(receval, bundle, scores)


def _by_person(receval: Any, bundle: Any, scores: Mapping[str, Sequence[float]]) -> Figures:
    people = receval.per_user(bundle, scores).items()
    return {name: {person: m["ndcg10"] for person, m in each.items()} for name, each in people}


def _say_quality(receval: Any, alone: Mapping[str, Any], shared: Mapping[str, Any]) -> None:
    overall = receval.overall([result for result, _ in alone.values()])
    print(f"Q1 overall, from one's own data: {_goal(OVERALL, overall)}")
    for name, goal in WITH_COMMUNITY.items():
        print(f"Q2 {name} with community: {_goal(goal, shared[name][0]['headline_ndcg10'])}")


def _say_ladders(
    receval: Any,
    bundles: Sequence[Any],
    alone: Mapping[str, Any],
    shared: Mapping[str, Any],
    *,
    with_svm: bool,
) -> None:
    """More knowledge must never make it worse: each step on the people who are in both."""
    for label, measured in (("own data", alone), ("with community", shared)):
        for name, (_, figures) in measured.items():
            steps = [name for name in LADDER if name in figures]
            told = [_step(figures, *pair) for pair in itertools.pairwise(steps)]
            holds = all(after >= before for _, before, after in told)
            said = ", ".join(_say_step(*each) for each in told)
            print(f"Q3 {name}, {label}: {said} {_held(holds)}")
    if not with_svm:
        print("Q3 against the SVM: run with --svm to compare")
        return
    for bundle in bundles:
        _say_svm(receval, bundle, (shared.get(bundle.name) or alone[bundle.name])[1])


def _step(figures: Figures, before: str, after: str) -> tuple[str, float, float]:
    both = sorted(figures[before].keys() & figures[after].keys())
    less, more = (np.mean([figures[name][each] for each in both]) for name in (before, after))
    return f"{before}→{after} ({len(both)})", float(less), float(more)


def _say_step(name: str, before: float, after: float) -> str:
    sign = "tie" if after == before else f"{after - before:+.4f}"
    return f"{name} {before:.3f}→{after:.3f} {sign}"


def _say_svm(receval: Any, bundle: Any, ours: Figures) -> None:
    """Compare where most is known of each person."""
    most = [name for name in LADDER if name in ours][-1]
    bundle.requests = [each for each in bundle.requests if each["cond"] == most]
    baselines = importlib.import_module("baselines")
    scores, _ = receval.evaluate(bundle, baselines.ArxivSanity)
    svm = np.mean(list(_by_person(receval, bundle, scores)[most].values()))
    mine = np.mean(list(ours[most].values()))
    print(f"Q3 {bundle.name} {most}: {mine:.3f} ≥ SVM's {svm:.3f} {_held(mine >= svm)}", flush=True)


def _say_days(laid: person_day.Laid) -> None:
    for n in (100, 1_000):
        spent = person_day.spend(laid, n)
        split = ", ".join(f"{stage} {ms:.3f}" for stage, ms in spent.stages.items())
        print(f"Q5 CPU ms a person-day, {n} candidates, {spent.n_picks:.1f} picks each: ", end="")
        print(f"{_goal(A_DAY, spent.whole, is_most=True)} ({split})")
    gigabytes = person_day.peak_gigabytes()
    print(f"Q5 peak memory of all the above: {gigabytes:.2f} GB")
    true = person_day.doubt(laid, 1_000)
    holds = true.adding <= 0.01 and true.removing <= 0.01
    print(f"Q6 reasons are true, {true.n_picks} picks: shares off the score by at most ", end="")
    print(f"{true.adding:.1e} of it, the drop without what they name off by at most ", end="")
    print(f"{true.removing:.1e}; goal ≤ 1e-02 {_held(holds)}")


def _goal(goal: tuple[float, float], figure: float, *, is_most: bool = False) -> str:
    """Hold against the must; say so too where even the aim is reached."""
    must, aim = goal
    reached = [figure <= edge if is_most else figure >= edge for edge in (must, aim)]
    sign = "≤" if is_most else "≥"
    return f"{sign} {must} / {aim}: {figure:.3f} {_held(reached[0])}{', aim' * all(reached)}"


def _held(holds: bool) -> str:
    return "hold" if holds else "miss"


if __name__ == "__main__":
    main()
