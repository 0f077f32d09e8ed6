"""What digests cost: to read, against the bare parsers on the same bytes, and to store.

    python benchmarks/ingest.py [--papers N] [--stored N] [--database sqlite|postgresql|both]
                                [--tree lxml|elementtree]

The answers hold made-up papers, as long and with as many fields as real ones (usual.py). "Parsed"
is what lxml (json for JSON) takes to turn the bytes into a tree; "taken" the same and each text in
it looked at once, the least that anybody who wants the papers must do. CPU seconds of this process;
each round reads, parses and takes in turn, each time after a collection of garbage, and what is
printed are medians of the rounds' ratios. --tree elementtree: against the standard library's tree.

Then pages of OAI-PMH, of 1,000 papers each and none of them known, are read and stored one after
the other, as a harvest of arXiv would be; then the last of them once more. PostgreSQL is a server
of our own (pip install .[postgres-tests]), whose CPU is not in the figure; its time is.
"""

import argparse
import gc
import importlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import invented
import usual
from lxml import etree
from sqlalchemy import Engine

from app.papers import digest
from app.papers.paper import Paper
from app.pipeline import ingest
from app.pipeline.ingest import Origin, Report
from app.store import engine as engines
from app.store import migration

sys.path.append(str(Path(__file__).parents[1] / "tests"))
answers: Any = importlib.import_module("answers")
ROUNDS = 21
READ_ON = date(2026, 10, 6)
NOW = datetime(2026, 10, 6, 6, tzinfo=UTC)
PAGE, PER_MONTH = 1_000, 50_000
WARM = 20  # pages until every cache is as full as it gets
FLAT = 1.1
TREES: dict[str, Callable[[bytes], Any]] = {
    "lxml": etree.fromstring,
    "elementtree": ElementTree.fromstring,
}


def main() -> None:
    """Print what each format takes to read, and a harvest to store."""
    asked = argparse.ArgumentParser(description="What digests cost, to read and to store.")
    asked.add_argument("--papers", type=int, default=1000, help="in each answer")
    asked.add_argument("--stored", type=int, default=100_000, help="how many to store; 0: none")
    asked.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    asked.add_argument("--tree", choices=list(TREES), default="lxml", help="to compare with")
    told = asked.parse_args()
    papers = list(invented.papers(max(told.papers, PAGE)).values())
    compare(papers[: told.papers], TREES[told.tree])
    for name, store in (("sqlite", _sqlite), ("postgresql", _postgresql)):
        if told.stored and told.database in {name, "both"}:
            with store() as engine:
                harvest(name, engine, papers[:PAGE], told.stored // PAGE)


def compare(papers: list[Paper], tree: Callable[[bytes], Any]) -> None:
    """Print what each format takes, and whether it is within twice what the parser takes."""
    print(f"reading {len(papers)} papers; XML against {tree.__module__}, JSON against json")
    for name, raw in usual.answers_of(papers).items():
        is_xml = raw.lstrip()[:1] == b"<"
        parse: Callable[[bytes], Any] = tree if is_xml else json.loads
        take = _take_xml if is_xml else _take_json
        read, parsed, taken = rounds(
            lambda raw=raw: digest.read(raw, READ_ON),
            lambda raw=raw, parse=parse: parse(raw),
            lambda raw=raw, parse=parse, take=take: take(parse(raw)),
        )
        print(
            f"{name:<20}{len(raw) / 1e6:6.2f} MB {1e6 * min(read) / len(papers):7.1f} µs a paper; "
            f"÷ parsed {ratio(read, parsed):5.1f}; {verdict('≤ 2 ÷ taken', ratio(read, taken), 2)}"
        )


def harvest(name: str, engine: Engine, papers: list[Paper], n_pages: int) -> None:
    """Print how many papers a second are read and stored, and how much memory that takes."""
    cpu = wall = 0.0
    memory: list[int] = []
    raw = b""
    for number in range(n_pages):
        raw = page(papers, number)
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        report = _ingest(engine, raw, number)
        cpu, wall = cpu + time.process_time() - cpu_before, wall + time.perf_counter() - wall_before
        memory.append(resident())
        if report.n_new != len(papers):
            sys.exit(f"page {number}: {report.n_new} new papers, not {len(papers)}")
    n = n_pages * len(papers)
    start = memory[min(WARM, n_pages) - 1]
    print(
        f"{name:<12}{n:,} papers: {n / cpu:,.0f} a second of CPU, {n / wall:,.0f} a second; memory "
        f"{start / 1e6:.0f} MB after {min(WARM, n_pages)} pages, {max(memory) / 1e6:.0f} MB at "
        f"most; {verdict(f'≤ {FLAT}', max(memory) / start, FLAT)}"
    )
    before = time.process_time()
    again = _ingest(engine, raw, n_pages)
    spent = time.process_time() - before
    print(f"{'':<12}the last page again: {spent:.2f} s of CPU, {again.n_new} new papers")


def page(papers: list[Paper], number: int) -> bytes:
    """A page of OAI-PMH whose papers no other page has."""
    months, first = divmod(number * len(papers), PER_MONTH)
    year, month = divmod(months, 12)
    told = [
        (f"{15 + year}{month + 1:02}.{first + n:05}", f"{each.title} {number}", each.abstract)
        for n, each in enumerate(papers)
    ]
    listed = answers.oai(*(answers.oai_record(id=key) for key, _, _ in told))
    for key, title, _ in told:
        listed = listed.replace("Sparse Retrieval\n  Still Works", f"{title} {key}", 1)
    listed = listed.replace("<journal-ref>J. Ex. 1 (2026)</journal-ref><doi>10.1000/xyz</doi>", "")
    return _filled(listed, "We revisit term\nweighting.", told)


def _ingest(engine: Engine, raw: bytes, number: int) -> Report:
    return ingest.ingest(engine, raw, Origin("arxiv-oai:cs", f"page {number}"), NOW, READ_ON)


def resident() -> int:
    """Bytes of memory that this process holds now."""
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * 4096


@contextmanager
def _sqlite() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        engine = engines.connect(f"sqlite:///{folder}/paperboy.sqlite3")
        migration.migrate(engine)
        yield engine
        engine.dispose()


@contextmanager
def _postgresql() -> Iterator[Engine]:
    with importlib.import_module("postgres").running() as server:
        server.make("ingest")
        engine = engines.connect(server.url("ingest"))
        migration.migrate(engine)
        yield engine
        engine.dispose()


def _filled(text: str, summary: str, told: list[tuple[str, str, str]]) -> bytes:
    """The answer with the papers' abstracts, wrapped, where all have the same one."""
    first, *others = text.split(summary)
    wrapped = (abstract.replace(". ", ".\n") for _, _, abstract in told)
    return (first + "".join(map(str.__add__, wrapped, others))).encode()


def _take_xml(root: Any) -> None:
    for each in root.iter():
        _ = each.tag, each.text


def _take_json(value: Any) -> None:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            _take_json(each)


def rounds(*works: Callable[[], object]) -> list[list[float]]:
    """CPU seconds of each of these, done in turn, round by round: load meets them alike."""
    told = [[_cpu(work) for work in works] for _ in range(ROUNDS)]
    return [list(each) for each in zip(*told, strict=True)]


def ratio(ones: list[float], others: list[float]) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(map(float.__truediv__, ones, others))


def _cpu(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def verdict(goal: str, figure: float, limit: float) -> str:
    """A goal, its figure, and whether it is held."""
    return f"goal {goal}: {figure:,.2f} {'hold' if figure <= limit else 'miss'}"


if __name__ == "__main__":
    main()
