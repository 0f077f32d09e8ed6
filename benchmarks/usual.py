"""Answers of a usual day: as long, and with as many authors and fields, as the services send them.

The papers and their words are made up; what they hold is of the size and the kind of what is seen.
Abstracts have 1,200 to 1,600 characters and are wrapped where the service wraps them. A paper of
arXiv has five authors on average, one in eight of whose names is not plain ASCII (in feeds, as TeX
writes it), one to three categories, a comment in half of all cases, and a DOI and a journal in one
of eight. One of Hugging Face has seven authors, half of them with their accounts; its lab, code and
summary are there as often as in the answers that were recorded. bioRxiv's has eight ("Last, F.
M."), whom it writes to, who paid, and its signs beyond ASCII and slashes are escaped as PHP does;
tags, "<" and signs of Greek or of typesetters stand in as many abstracts as do there.
"""

import importlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from app.papers.paper import Paper

sys.path.append(str(Path(__file__).parents[1] / "tests"))
answers: Any = importlib.import_module("answers")

_GIVEN = """
Ada Bo Chiara Deniz Emil Farah Goran Hana Imre Jun Kofi Lin Marta Noor Omar Priya
"""
_FAMILY = """
Example Sample Abara Bellini Chen Dvorak Eriksen Fontaine Gupta Hoffmann Ito Jansen Kowalski Larsen
Moreau Nakamura Okafor Petrov Quist Rossi Singh Tanaka Unger Vega Wang Zhou
"""
GIVEN, FAMILY = tuple(_GIVEN.split()), tuple(_FAMILY.split())
ACCENTED = {"Mu\\~noz": "Muñoz", 'G\\"odel': "Gödel", "Andr\\'e": "André", "\\v{C}ech": "Čech"}
TERMS = ("cs.LG", "cs.CL", "cs.CV", "cs.AI", "stat.ML", "math.ST", "cs.IR", "q-bio.NC", "quant-ph")
SIGNS = ("α-helix", "β = 0.5", "± 3", "the lab’s", "“so called”", "5–10 µm", "naïve", "≤ 4 °C")
UPDATED = {"updated": "2026-10-05T04:00:07.912345+00:00"}
SECTIONS = ("neuroscience", "cell biology", "bioinformatics", "genomics", "microbiology")


class Told(NamedTuple):
    """What an answer tells of a paper.

    names: in Unicode, tex_names: as arXiv's feeds write them. chance: for whatever else it tells.
    """

    number: str
    title: str
    abstract: str
    names: tuple[str, ...]
    tex_names: tuple[str, ...]
    terms: tuple[str, ...]
    chance: random.Random


def answers_of(papers: Sequence[Paper]) -> dict[str, bytes]:
    """One answer of each format that holds these papers."""
    chance = random.Random(5)
    fives = [_told(papers, n, chance, n_authors=5) for n in range(len(papers))]
    more = [_told(papers, n, chance, n_authors=7) for n in range(len(papers))]
    return {
        "arXiv RSS": answers.rss(*map(_announced, fives)).encode(),
        "arXiv Atom": answers.atom(*(_announced(each) | UPDATED for each in fives)).encode(),
        "arXiv query": _queried(fives),
        "arXiv OAI-PMH": answers.oai(*map(_record, fives)).encode(),
        "Hugging Face JSON": _dumped([_listed(each) for each in more], ascii_only=False),
        "bioRxiv": _posted([_told(papers, n, chance, n_authors=8) for n in range(len(papers))]),
    }


def _told(papers: Sequence[Paper], n: int, chance: random.Random, n_authors: int) -> Told:
    whole = papers[n].abstract + " " + papers[(n + 1) % len(papers)].abstract
    abstract = whole[: chance.randint(1_200, 1_600)].rpartition(" ")[0] + "."
    number = max(1, round(chance.gammavariate(4, n_authors / 4)))
    both = [_name(chance) for _ in range(number)]
    terms = tuple(chance.sample(TERMS, chance.choice((1, 1, 2, 2, 3))))
    names, tex_names = (tuple(each) for each in zip(*both, strict=True))
    return Told(f"2610.{n:05}", papers[n].title, abstract, names, tex_names, terms, chance)


def _name(chance: random.Random) -> tuple[str, str]:
    """A name in Unicode and in TeX."""
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    if chance.random() < 0.2:
        given += f" {chance.choice('ABDEKLMRST')}."
    if chance.random() < 0.125:
        family = chance.choice(list(ACCENTED))
    return f"{given} {ACCENTED.get(family, family)}", f"{given} {family}"


def _announced(told: Told) -> dict[str, Any]:
    """An entry of arXiv's own feeds."""
    described = f"arXiv:{told.number}v1 Announce Type: new \nAbstract: {told.abstract}"
    is_published = told.chance.random() < 0.125
    return answers.announced(
        f"{told.number}v1",
        title=told.title,
        description=described,
        category=list(told.terms),
        dc__creator=", ".join(told.tex_names),
        arxiv__DOI=f"10.1000/{told.number}" if is_published else ...,
        arxiv__journal_reference="J. Ex. 1 (2026)" if is_published else ...,
    )


def _queried(papers: Sequence[Told]) -> bytes:
    """A page of the query interface, its entries indented as its servers do."""
    rows = "".join(map(_entry, papers))
    return answers.query(total=99_999).replace("\n\n</feed>", f"\n{rows}</feed>").encode()


def _entry(told: Told) -> str:
    authors = "".join(
        f"    <author>\n      <name>{name}</name>\n    </author>\n" for name in told.names
    )
    terms = "".join(
        f'    <category term="{term}" scheme="http://arxiv.org/schemas/atom"/>\n'
        for term in told.terms
    )
    comment = journal = ""
    if told.chance.random() < 0.5:
        comment = "    <arxiv:comment>12 pages, 3 figures</arxiv:comment>\n"
    if told.chance.random() < 0.125:
        journal = f"""    <arxiv:journal_ref>J. Ex. 1 (2026)</arxiv:journal_ref>
    <arxiv:doi>10.1000/{told.number}</arxiv:doi>
    <link href="https://doi.org/10.1000/{told.number}" rel="related" title="doi"/>\n"""
    page = f"https://arxiv.org/abs/{told.number}v1"
    return f"""  <entry>
    <id>http://arxiv.org/abs/{told.number}v1</id>
    <title>{_wrapped(told.title)}</title>
    <updated>2026-10-02T13:45:10Z</updated>
    <link href="{page}" rel="alternate" type="text/html"/>
    <link href="{page.replace("/abs/", "/pdf/")}" rel="related" type="application/pdf" title="pdf"/>
    <summary>{_wrapped(told.abstract)}</summary>
{terms}    <published>2026-10-02T13:45:10Z</published>
{comment}{journal}    <arxiv:primary_category term="{told.terms[0]}"/>
{authors}  </entry>
"""


def _record(told: Told) -> str:
    """A record of OAI-PMH."""
    split = [name.rpartition(" ") for name in told.names]
    authors = "".join(
        f"<author><keyname>{family}</keyname><forenames>{given}</forenames></author>"
        for given, _, family in split
    )
    comment = journal = ""
    if told.chance.random() < 0.5:
        comment = "<comments>12 pages, 3 figures</comments>"
    if told.chance.random() < 0.125:
        journal = f"<journal-ref>J. Ex. 1 (2026)</journal-ref><doi>10.1000/{told.number}</doi>"
    return f"""<record><header><identifier>oai:arXiv.org:{told.number}</identifier>
<datestamp>2026-10-05</datestamp><setSpec>cs:cs:LG</setSpec></header><metadata>
<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{told.number}</id><created>2026-10-02</created>
<authors>{authors}</authors>
<title>{_wrapped(told.title)}</title><categories>{" ".join(told.terms)}</categories>
{comment}{journal}<license>http://creativecommons.org/licenses/by/4.0/</license>
<abstract>  {_wrapped(told.abstract)}
</abstract></arXiv></metadata></record>"""


def _wrapped(text: str) -> str:
    """Lines of at most 80 characters, as authors type them."""
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > 79:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return escape("\n".join(lines), quote=False)


def _listed(told: Told) -> dict[str, Any]:
    """An entry of Hugging Face's list, each field as often there as in recorded answers."""

    def often(share: float, value: Any) -> Any:
        return value if told.chance.random() < share else ...

    abstract = _signed(told, 0.2)
    lab = often(0.65, answers.LAB | {"avatar": "https://cdn-avatars.example.org/lab.png"})
    code = often(0.54, True) is True
    summarised = often(0.34, True) is True
    return answers.hf_row(
        {"title": told.title, "summary": abstract, "organization": lab},
        id=told.number,
        title=told.title,
        summary=abstract,
        authors=list(_accounts(told)),
        organization=lab,
        upvotes=told.chance.randint(0, 60),
        projectPage=often(0.52, "https://example.org/project"),
        mediaUrls=often(0.24, ["https://cdn-uploads.example.org/production/uploads/a.mp4"]),
        githubRepo=f"https://github.com/example/{told.number}" if code else ...,
        githubRepoAddedBy="user" if code else ...,
        githubStars=12 if code else ...,
        ai_summary=told.abstract[:180] if summarised else ...,
        ai_keywords=[f"{a} {b}" for a, b in _pairs(told)] if summarised else ...,
        ai_summary_model="example/model" if summarised else ...,
    )


def _accounts(told: Told) -> Iterator[dict[str, Any]]:
    for number, name in enumerate(told.names):
        bare = {"_id": f"66f0000000000000000000{number:02x}", "name": name, "hidden": False}
        if told.chance.random() < 0.5:
            bare |= {"user": answers.PERSON, "status": "claimed_verified"}
            bare |= {"statusLastChangedAt": "2026-10-05T08:11:02.000Z"}
        yield bare


def _pairs(told: Told) -> list[tuple[str, str]]:
    words = told.abstract.lower().split()[:14]
    return list(zip(words[::2], words[1::2], strict=True))


def _posted(papers: Sequence[Told]) -> bytes:
    message = {"status": "ok", "cursor": 0, "count": len(papers), "total": "99999"}
    rows = [answers.BIORXIV_ROW | _post(each) for each in papers]
    whole = {"messages": [message], "collection": rows}
    return _dumped(whole, ascii_only=True).replace(b"/", rb"\/")


def _post(told: Told) -> dict[str, Any]:
    """A preprint of bioRxiv: one in ten titles has tags, as many abstracts an "<"."""
    title = told.title
    if told.chance.random() < 0.1:
        title = f"<i>{title.replace(' ', '</i> ', 1)}"
    abstract = _signed(told, 0.5)
    if told.chance.random() < 0.1:
        abstract = abstract.replace(". ", " (p < 0.05). ", 1)
    split = [name.rpartition(" ") for name in told.names]
    key = f"10.1101/2026.10.02.{told.number[5:]}1"
    return {
        "title": title,
        "authors": "; ".join(f"{family}, {_initials(given)}" for given, _, family in split),
        "author_corresponding": told.names[-1],
        "author_corresponding_institution": "Example University, Department of Samples",
        "doi": key,
        "date": "2026-10-05",
        "category": told.chance.choice(SECTIONS),
        "jatsxml": f"https://www.example.org/content/early/2026/10/05/{key[8:]}.source.xml",
        "abstract": abstract,
        "funder": [{"name": "Example Foundation", "id": "10.13039/100000001", "award": "EX-1"}],
        "published": f"10.1000/{told.number}" if told.chance.random() < 0.1 else "NA",
    }


def _initials(given: str) -> str:
    return " ".join(f"{part[0]}." for part in given.split())


def _signed(told: Told, share: float) -> str:
    """The abstract, in so many of all cases with some signs beyond ASCII."""
    if told.chance.random() >= share:
        return told.abstract
    first, *others = told.abstract.split(". ")
    return ". ".join((f"{first} {' and '.join(told.chance.sample(SIGNS, 3))}", *others))


def _dumped(whole: Any, *, ascii_only: bool) -> bytes:
    """JSON without blanks, as servers write it."""
    return json.dumps(whole, ensure_ascii=ascii_only, separators=(",", ":")).encode()
