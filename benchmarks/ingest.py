"""What reading digests costs in CPU, against the bare parsers on the same bytes.

    python benchmarks/ingest.py [--papers N]

The answers hold made-up papers with abstracts of a usual length. "Parsed" is what lxml (json for
JSON) takes to turn the bytes into a tree; "taken" the same and each text in it looked at once, the
least that anybody who wants the papers must do. Where lxml is not installed, the standard library's
tree takes its place. CPU seconds of this process, best of several, in one run.
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import invented

from app.papers import digest
from app.papers.paper import Paper

sys.path.append(str(Path(__file__).parents[1] / "tests"))
answers: Any = importlib.import_module("answers")
ROUNDS = 7
READ_ON = date(2026, 10, 6)


def main() -> None:
    """Print what each format takes, and whether it is within twice what the parser takes."""
    asked = argparse.ArgumentParser(description="What reading digests costs in CPU.")
    asked.add_argument("--papers", type=int, default=1000, help="in each answer")
    told = asked.parse_args()
    tree = _parser()
    print(f"reading {told.papers} papers; XML against {tree.__module__}, JSON against json")
    papers = list(invented.papers(told.papers).values())
    for name, raw in made(papers).items():
        is_xml = raw.lstrip()[:1] == b"<"
        parse: Callable[[bytes], Any] = tree if is_xml else json.loads
        take = _take_xml if is_xml else _take_json
        ours = best(lambda raw=raw: digest.read(raw, READ_ON))
        parsed = best(lambda raw=raw, parse=parse: parse(raw))
        taken = best(lambda raw=raw, parse=parse, take=take: take(parse(raw)))
        print(
            f"{name:<20}{len(raw) / 1e6:6.2f} MB {1e6 * ours / len(papers):7.1f} µs a paper; "
            f"÷ parsed {ours / parsed:5.1f}; {verdict('≤ 2 ÷ taken', ours / taken, 2)}"
        )


def made(papers: list[Paper]) -> dict[str, bytes]:
    """One answer of each format that holds these papers."""
    told = [(f"2610.{n:05d}", each.title, each.abstract) for n, each in enumerate(papers)]
    feed = [
        answers.announced(f"{number}v1", title=title, description=_described(number, abstract))
        for number, title, abstract in told
    ]
    summary = "We revisit term\nweighting."
    queried = answers.query(*({"id": f"{n}v1", "title": title} for n, title, _ in told))
    listed = answers.oai(*(answers.oai_record(id=n) for n, _, _ in told))
    rows = [
        answers.hf_row({"title": title, "summary": abstract}, id=n, title=title, summary=abstract)
        for n, title, abstract in told
    ]
    posts = [{"doi": f"10.1101/{n}", "title": t, "abstract": a} for n, t, a in told]
    return {
        "arXiv RSS": answers.rss(*feed).encode(),
        "arXiv Atom": answers.atom(*feed).encode(),
        "arXiv query": _filled(queried, summary, told),
        "arXiv OAI-PMH": _filled(listed, summary, told),
        "Hugging Face JSON": answers.hf_list(*rows).encode(),
        "bioRxiv": answers.biorxiv(*posts).encode(),
    }


def _described(number: str, abstract: str) -> str:
    return f"arXiv:{number}v1 Announce Type: new \nAbstract: {abstract}"


def _filled(text: str, summary: str, told: list[tuple[str, str, str]]) -> bytes:
    """The answer with the papers' abstracts, wrapped, where all have the same one."""
    first, *others = text.split(summary)
    wrapped = (abstract.replace(". ", ".\n") for _, _, abstract in told)
    return (first + "".join(map(str.__add__, wrapped, others))).encode()


def _parser() -> Callable[[bytes], Any]:
    try:
        return importlib.import_module("lxml.etree").fromstring  # type: ignore[no-any-return]
    except ImportError:
        return ElementTree.fromstring


def _take_xml(root: Any) -> None:
    for each in root.iter():
        _ = each.tag, each.text


def _take_json(value: Any) -> None:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            _take_json(each)


def best(work: Callable[[], object]) -> float:
    """CPU seconds of the quickest of some calls."""
    return min(_cpu(work) for _ in range(ROUNDS))


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def verdict(goal: str, figure: float, limit: float) -> str:
    """A goal, its figure, and whether it is held."""
    return f"goal {goal}: {figure:,.2f} {'hold' if figure <= limit else 'miss'}"


if __name__ == "__main__":
    main()
