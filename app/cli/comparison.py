"""`paperboy replay` and `stats`: is one setting of the ranking better than another?"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import shown

if TYPE_CHECKING:
    from app.pipeline.replay import Comparison
    from app.recommend.measures import Difference
    from app.store.statistics import Edition, Shown, Trial

# How each figure of a replay is called in a table.
MEASURES = {"ndcg": "nDCG@10", "precision": "precision@10", "coverage": "coverage"}
N_EDITIONS = 7


def replay(
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD.")],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="What to change, name=value; again for more. A weight (fade=0.3), or what "
            "everybody is taken to wish: threshold=strong, dial=0.5, exploration=0, letter_size=5.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Rank past days again with other settings, and judge them.

    By what readers liked and saved since. Nothing is recorded or sent.
    """
    from app import assembly
    from app.pipeline import replay as replays
    from app.store import engine as engines

    days = shown.parse_day(first), shown.parse_day(last)
    setting = replays.parse(settings or ())
    configured, engine = assembly.store()
    rules = assembly.day(configured, engine).desk.rules
    with engines.transaction(engines.reading(engine)) as session:
        plan = replays.prepare(session, rules, *days)
    steps = replays.run(engine, rules, setting, plan)
    found = [each for day in shown.progress("Replaying", steps, len(plan.days)) for each in day]
    _tell(replays.compare(found), settings or [], as_json)


def _tell(compared: "Comparison", settings: Sequence[str], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"set": list(settings), **shown.plain(compared)}))
        return
    print(
        f"{compared.n_person_days} person-days of {compared.n_people} people, "
        "on which they had a paper to find that they liked or saved later."
    )
    usual, changed = asdict(compared.usual), asdict(compared.changed)
    if not settings:
        rows = [(name, f"{usual[key]:.4f}") for key, name in MEASURES.items()]
        shown.table(("measure", "usual"), rows)
        return
    headings = ("measure", "usual", "changed", "difference", "95 % interval", "confidence")
    shown.table(
        headings,
        [
            (name, f"{usual[key]:.4f}", f"{changed[key]:.4f}", *_cells(compared.difference[key]))
            for key, name in MEASURES.items()
        ],
        title=f"usual, and changed to {', '.join(settings)}",
    )
    print("Only papers that were shown can have been liked; PAPERBOY_TRIAL compares without that.")


def _cells(difference: "Difference") -> tuple[str, str, str]:
    mean, low, high = f"{difference.mean:+.4f}", difference.low, difference.high
    if low is None or high is None or difference.confidence is None:
        return mean, "too few days", ""
    # Nothing is certain, least of all what was drawn at random.
    sure = _percent(min(difference.confidence, 0.999))
    return mean, f"{low:+.4f} to {high:+.4f}", sure


def _percent(part: float) -> str:
    return f"{part * 100:.1f} %"


def stats(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Print how letters flow and what readers said of them.

    Also what holds letters back, and how a trial of two settings stands.
    """
    from app import assembly
    from app.cli import flow
    from app.pipeline import trial
    from app.recommend import calibration
    from app.store import engine as engines
    from app.store import statistics, tallies, taps

    now = shown.now()
    settings, engine = assembly.store()
    with engines.transaction(engines.reading(engine)) as session:
        delivery = flow.figures(session, now, assembly.pace(settings).warm_up)
        editions = statistics.editions(session, N_EDITIONS)
        week, month = (statistics.feedback(session, now - timedelta(days=n)) for n in (7, 30))
        picks = statistics.shown(session, now - timedelta(days=30))
        trials = statistics.trials(session, trial.MARK)
        counted, voided, provisional = taps.counts(session)
        until = tallies.until(session)
    kinds = (*calibration.EDGES, statistics.EXPLORING, statistics.TREND, "")
    figures = {
        "delivery": delivery,
        "editions": [_edition(each) for each in editions],
        "feedback": {"7 days": dict(week), "30 days": dict(month)},
        "votes": {"counted": counted, "voided": voided, "provisional": provisional},
        "ranks": _rates((str(pick.rank), pick) for pick in picks),
        "kinds": _rates((kind or "not told", p) for kind in kinds for p in picks if p.kind == kind),
        "trials": [_trial(each) for each in trials],
        "folded_until": until.isoformat() if until else None,
    }
    if as_json:
        print(json.dumps(figures))
        return
    flow.tell(delivery)
    _print(figures)


def _edition(edition: "Edition") -> dict[str, Any]:
    counts = {state.value: n for state, n in edition.states.items()}
    return {
        "day": edition.date.isoformat(),
        "sent": counts.get("sent", 0),
        "skipped": dict(edition.skipped),
        "failed": counts.get("failed", 0),
        "deferred": counts.get("deferred", 0),
        "waiting": sum(counts.get(state, 0) for state in ("ready", "claimed", "in_data")),
        "suppressed": counts.get("suppressed", 0),
        "in_doubt": counts.get("in_doubt", 0),
    }


def _rates(picks: "Iterable[tuple[str, Shown]]") -> dict[str, dict[str, int]]:
    """How many picks of each name were shown, and liked in their letter; names in their order."""
    rates: dict[str, dict[str, int]] = {}
    for name, pick in picks:
        rate = rates.setdefault(name, {"shown": 0, "liked": 0})
        rate["shown"] += pick.n
        rate["liked"] += pick.n_liked
    return rates


def _trial(trial: "Trial") -> dict[str, Any]:
    from app.recommend import interleaving

    verdict = interleaving.verdict(trial.credits, trial.n_letters)
    return {
        "set": trial.name,
        "from": trial.first.isoformat(),
        "to": trial.last.isoformat(),
        "letters": trial.n_letters,
        "a": verdict.n_a,
        "b": verdict.n_b,
        "ties": verdict.n_ties,
        "confidence": verdict.confidence,
        "preferred": verdict.winner.value,
        "verdict": interleaving.sentence(verdict),
    }


def _print(figures: dict[str, Any]) -> None:
    if not figures["editions"]:
        print("No letter was written yet; `paperboy run` writes those that are due.")
        return
    counts = ("sent", "failed", "deferred", "waiting", "in doubt", "suppressed")
    headings = ("edition", *counts, "skipped")
    names = {"edition": "day", "in doubt": "in_doubt"}
    rows = [
        [*(each[names.get(name, name)] for name in headings[:-1]), _skipped(each["skipped"])]
        for each in figures["editions"]
    ]
    shown.table(headings, rows)
    verdicts = [
        (word, *(counts[word] for counts in figures["feedback"].values()))
        for word in figures["feedback"]["7 days"]
    ]
    shown.table(("feedback", *(f"last {span}" for span in figures["feedback"])), verdicts)
    votes = figures["votes"]
    void = [(f"void: {reason}", n) for reason, n in votes["voided"].items()]
    still_open = ("not yet told from a scanner's", votes["provisional"])
    shown.table(
        ("votes by links in letters", ""), [("counted", votes["counted"]), still_open, *void]
    )
    for heading in ("rank", "kind"):
        rates = [(name, *_rate(rate)) for name, rate in figures[f"{heading}s"].items()]
        shown.table((heading, "shown in 30 days", "liked", "part"), rates)
    for trial in figures["trials"]:
        print(f"Trial of {trial['set']} (B), {trial['from']} to {trial['to']}: {trial['verdict']}")
    if figures["folded_until"]:
        print(f"Letters up to {figures['folded_until']} are only counted; trials leave them out.")


def _skipped(reasons: dict[str, int]) -> str:
    return "; ".join(f"{n} {reason}" for reason, n in reasons.items())


def _rate(rate: dict[str, int]) -> tuple[int, int, str]:
    return rate["shown"], rate["liked"], _percent(rate["liked"] / rate["shown"])
