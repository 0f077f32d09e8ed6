"""Goals and whether they are held, said by each script and gathered into one table.

`python benchmarks/goals.py [--full] [--django PYTHON] [SCRIPT …]` runs the scripts and prints the
table of P1–P15 alone; what they say themselves goes to the standard error. --full: at the sizes
that the goals speak of, which takes an hour.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TABLE = "PAPERBOY_BENCH_TABLE"
RUNS = (
    *(("delivery", "--grow"), ("scoring",), ("planning",), ("planning", "--postgres")),
    *(("web",), ("taps",), ("signup",), ("start_up",), ("growth",), ("retention",)),
    *(("ingest",), ("ranking_quality",)),  # of goals of their own: what they say is all there is
)
AT_FULL_SIZE = {
    "delivery": ["--full"],
    "scoring": ["--full"],
    "planning": ["--letters", "100000"],
    "growth": ["--full"],
    "retention": ["--people", "1000"],
}


def note(name: str, what: str, goal: str, figure: float | str, holds: bool = False) -> None:
    """Tell the table of one goal; a figure that is text says why there is none."""
    if path := os.environ.get(TABLE):
        line = {"name": name, "what": what, "goal": goal, "figure": figure, "holds": holds}
        with Path(path).open("a", encoding="utf-8") as table:
            table.write(json.dumps(line) + "\n")


def say(name: str, what: str, goal: str, figure: float | str, holds: bool = False) -> None:
    """The same, and print it."""
    note(name, what, goal, figure, holds)
    print(row(name, what, goal, figure, holds), flush=True)


def row(name: str, what: str, goal: str, figure: float | str, holds: bool) -> str:
    """One line of the table."""
    is_told = not isinstance(figure, str)
    told = f"{figure:,.3g}" if is_told else "–"
    verdict = ("hold" if holds else "miss") if is_told else f"not measured: {figure}"
    return f"{name:<5} {what:<62.62} {goal:<14} {told:>10}  {verdict}"


def cpu_of(command: list[str], **told: Any) -> float:
    """CPU seconds of a whole process and what it starts.

    By getrusage: os.times counts in ticks of 10 ms, and a bare interpreter takes about one.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **told)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call in this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Run them all, or those named, one after the other."""
    asked = argparse.ArgumentParser(description="Goals, and whether they are held.")
    asked.add_argument("scripts", nargs="*", help="only these, such as scoring")
    asked.add_argument("--full", action="store_true", help="at the sizes the goals speak of")
    asked.add_argument("--django", default="", help="a Python that has Django, for P3")
    told, failed = asked.parse_args(), []
    if unknown := set(told.scripts) - {name for name, *_ in RUNS}:
        asked.error(f"there is no benchmarks/{min(unknown)}.py that tells of goals")
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl", encoding="utf-8") as table:
        environment = {**os.environ, TABLE: table.name, "OPENBLAS_NUM_THREADS": "1"}
        for name, *always in [run for run in RUNS if run[0] in (told.scripts or run)]:
            larger = AT_FULL_SIZE.get(name, []) if told.full else []
            peer = ["--django", told.django] if told.django and name == "delivery" else []
            command = [str(HERE / f"{name}.py"), *always, *larger, *peer]
            print("==", *command, file=sys.stderr, flush=True)
            done = subprocess.run(  # noqa: S603
                [sys.executable, *command], stdout=sys.stderr, env=environment, check=False
            )
            failed += [name] if done.returncode else []
        lines = [json.loads(line) for line in table]
    print(f"{'':<5} {'':<62} {'must / aim':<14} {'figure':>10}")
    for line in sorted(lines, key=lambda line: (line["name"][0], int(line["name"][1:]))):
        print(row(**line))
    for name in failed:
        print(f"benchmarks/{name}.py failed; what it said is above.")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
