"""What the sign-up form costs (P14), and whether its answers' times tell who is known (G18).

Prints a goal, its figure, and *hold* or *miss*. `--papers N`: of the corpus, 10,000 unless told.
"""

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import goals
import invented
from fastapi.testclient import TestClient

from app import main
from app.recommend import interests
from app.settings import Settings
from app.store import engine as engines
from app.store import migration, papers, subscribers, suppressions, tables
from app.web import seals

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
N_CANDIDATES = 1_000
PART = {"X-Part": "outlook"}
STATES = ("new", "active", "pending", "suppressed")


class Clock:
    """Moves on when told, so that no limit is ever reached."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def service(folder: Path, clock: Clock) -> Iterator[TestClient]:
    """The pages over a database of their own."""
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder}/benchmark.sqlite3",
        secret_keys="a-key-for-benchmarks-only",  # noqa: S106
        base_url="http://localhost:8000",
    )
    migration.migrate(engines.connect(settings.database))
    app = main.create_app(settings, clock=clock)
    yield TestClient(app, base_url=settings.base_url, follow_redirects=False)
    app.state.engine.dispose()


def fill(client: TestClient, n_papers: int) -> list[str]:
    """Store a corpus of which the last papers are new, lay the board out, return some words."""
    app: Any = client.app
    corpus = list(invented.papers(n_papers).values())
    with engines.transaction(app.state.engine) as session:
        old = NOW.date() - timedelta(days=60)
        papers.find_or_add(session, corpus[:-N_CANDIDATES], old)
        papers.find_or_add(session, corpus[-N_CANDIDATES:], NOW.date())
    with engines.transaction(engines.reading(app.state.engine)) as session:
        app.state.models.board(session, NOW.date(), NOW)
    return [word for each in corpus[-50:] for word in each.title.lower().split() if len(word) > 6]


def cpu(act: Callable[[int], object], n: int) -> float:
    """The median CPU time of a call, in ms."""
    act(0)
    gc.collect()
    spent = []
    for k in range(1, n + 1):
        start = time.process_time()
        act(k)
        spent.append(1000 * (time.process_time() - start))
    return statistics.median(spent)


def told(goal: str, figure: str, holds: bool) -> None:
    """One line of the report."""
    print(f"{goal:58} {figure:>28}   {'hold' if holds else 'MISS'}")


def measure_preview(client: TestClient, words: list[str]) -> None:
    """P14, as a browser asks for it; and the page that a button without script brings."""

    def typed(k: int) -> dict[str, Any]:
        five = [words[(7 * k + n) % len(words)] for n in range(5)]
        return {"interests": ", ".join(five), "picked": ["5", str(100 + k)], "dial": "0.25"}

    def strange(k: int) -> dict[str, Any]:
        return {"interests": f"{words[k]}, {words[k][:4]}q{words[k][4:]}"}

    def ask(
        fields: Callable[[int], dict[str, Any]], part: dict[str, str]
    ) -> Callable[[int], object]:
        def one(k: int) -> object:
            answer = client.post("/subscribe/preview", data=fields(k), headers=part)
            assert answer.status_code == 200, answer.text
            return answer

        return one

    bare = cpu(lambda _: client.get("/healthz"), 30)
    for name, fields, part in (
        ("preview of 5 words, 2 papers", typed, PART),
        ("preview of a word misspelt", strange, PART),
        ("preview in the whole page", typed, {}),
    ):
        spent = cpu(ask(fields, part), 30)
        what = f"ms CPU of a {name}, {N_CANDIDATES:,} candidates"
        goals.say("P14", what, "≤ 50", spent - bare, spent - bare <= 50)


def measure_enumeration(client: TestClient, clock: Clock, n: int) -> None:
    """G18: medians of 300 and more sign-ups of each state, in turn, by the clock on the wall."""
    app: Any = client.app
    engine, tokens = app.state.engine, app.state.letterhead.links.tokens
    spent: dict[str, list[float]] = {state: [] for state in STATES}
    answers = set()
    for k in range(n):
        clock.now += timedelta(hours=25)
        for state in STATES[k % 4 :] + STATES[: k % 4]:
            address = f"{state}{k}@example.org"
            with engines.transaction(engine) as session:
                if state in {"active", "pending"}:
                    made = tables.Subscriber(address=address, status=state, created_at=NOW)
                    row = subscribers.add(session, made)
                    subscribers.set_interests(session, row.id or 0, interests.parse("moons, stars"))
                if state == "suppressed":
                    suppressions.add(session, address, "bounced", NOW)
            seal = seals.make(tokens, seals.Form.PAGE, clock.now - timedelta(seconds=9))
            form = {"email": address, "interests": "moons, stars", "seal": seal}
            start = time.perf_counter()
            answer = client.post("/subscribe", data=form)
            spent[state].append(1000 * (time.perf_counter() - start))
            answers.add((answer.status_code, answer.content, str(answer.headers)))
    medians = {state: statistics.median(each) for state, each in spent.items()}
    gap = max(medians.values()) - min(medians.values())
    print("    " + ", ".join(f"{state} {each:.2f} ms" for state, each in medians.items()))
    told(f"G18 medians of {n} sign-ups of each state apart", f"{gap:.2f} ms", gap <= 5)
    told("G18 different answers", f"{len(answers)}", len(answers) == 1)


def run() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=300)
    asked = parser.parse_args()
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, service(Path(folder), clock) as client:
        measure_preview(client, fill(client, asked.papers))
        measure_enumeration(client, clock, asked.samples)


if __name__ == "__main__":
    run()
