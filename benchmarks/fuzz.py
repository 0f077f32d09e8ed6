"""Broken answers by the thousand: every reader gives a digest or refuses, and soon.

    python benchmarks/fuzz.py [--minutes M] [--seed N]

Answers of every format are cut, doubled, spliced, and have bytes changed and signs of their own
syntax put in. What raises anything but our own error, takes more than two seconds of CPU, or is a
digest that could not be stored, is printed with the seed that makes it again.
"""

import argparse
import importlib
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple
from datetime import date
from pathlib import Path
from typing import Any

from app.errors import UnreadableDigest
from app.papers import digest, landing, registry
from app.papers.paper import Digest, Entry, Paper

sys.path.append(str(Path(__file__).parents[1] / "tests"))
answers: Any = importlib.import_module("answers")
READ_ON = date(2026, 10, 6)
SLOW = 2.0
# Python's escapes stand for what they mean, and \x20 for a blank.
_SIGNS = r"""
< > & ; " ' [ ] { } ( ) \\ \\\\ \n \r\n \0 \f , : \x20 null true 1e999 -1 "" [] {} \\ud83d \\u0000
&amp; &#0; &#xD800; &nbsp; <!-- --> <![CDATA[ ]]> <!DOCTYPE\x20a\x20[ <?xml <item> </item> <entry>
<title/> </feed> \x20xmlns="x" \x20href="javascript:a" data-props=' \\\\\narXiv: Title: Authors:
>\x20 =?x?q? 10.1/a https://arxiv.org/abs/2610.00001 -------------------- --a\n
\nContent-Type:\x20multipart/mixed;\x20boundary=a\n \nContent-Type:\x20text/html;\x20charset=utf-7\n
\nContent-Transfer-Encoding:\x20base64\n
"""
SIGNS = [sign.encode().decode("unicode_escape") for sign in re.findall(r"\S+", _SIGNS)]


def _alone(paper: Paper) -> Digest:
    return Digest("one paper", (Entry(paper, 1),))


# Answers that tell of one paper, by their own readers.
LONE = {
    "crossref": lambda raw: _alone(registry.read(digest.decode(raw))),
    "datacite": lambda raw: _alone(registry.read(digest.decode(raw))),
    "landing": lambda raw: _alone(landing.read(digest.decode(raw), "https://example.org/")),
}


def main() -> None:
    """Mutate until the time is up; exit 1 if anything was found."""
    asked = argparse.ArgumentParser(description="Broken answers by the thousand.")
    asked.add_argument("--minutes", type=float, default=1)
    asked.add_argument("--seed", type=int, default=0)
    told = asked.parse_args()
    samples = made()
    outcomes: Counter[str] = Counter()
    until, seed, slowest = time.process_time() + 60 * told.minutes, told.seed, 0.0
    while time.process_time() < until:
        chance = random.Random(seed)
        name = chance.choice(sorted(samples))
        raw = mutated(samples, name, chance)
        start = time.process_time()
        outcome = tried(raw, name)
        spent = time.process_time() - start
        slowest = max(slowest, spent)
        if outcome.startswith("FAULT") or spent > SLOW:
            print(f"seed {seed}, {name}: {outcome}, {spent:.2f} s", flush=True)
        outcomes[outcome.partition(":")[0]] += 1
        seed += 1
    print(
        f"{seed - told.seed:,} answers in {told.minutes:g} minutes of CPU, slowest {slowest:.2f} s"
    )
    print(", ".join(f"{n:,} {outcome}" for outcome, n in outcomes.most_common()))
    sys.exit(outcomes["FAULT"] > 0 or slowest > SLOW)


def tried(raw: bytes, name: str) -> str:
    """What became of an answer, in a word."""
    try:
        found = LONE[name](raw) if name in LONE else digest.read(raw, READ_ON)
    except UnreadableDigest as refusal:
        return "refused" if str(refusal).endswith(".") else f"FAULT: {refusal}"
    except Exception as e:  # noqa: BLE001  (that there is no other is what is tried)
        return f"FAULT: {type(e).__name__}: {e}"
    return "read" if _is_sound(found) else f"FAULT: not sound: {found}"[:300]


def _is_sound(found: Digest) -> bool:
    digest.fingerprint(found)
    texts = list(_texts(astuple(found)))
    positions = [each.position for each in found.entries]
    links = [each.paper.url for each in found.entries if each.paper.url]
    return (
        positions == [*range(1, len(positions) + 1)]
        and all(each.paper.title.strip() for each in found.entries)
        and all(link.lower().startswith(("http://", "https://")) for link in links)
        and not any("\0" in text or not _is_text(text) for text in texts)
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)


def _is_text(text: str) -> bool:
    try:
        return bool(text.encode()) or not text
    except UnicodeEncodeError:
        return False


def mutated(samples: dict[str, bytes], name: str, chance: random.Random) -> bytes:
    """The sample after one to eight changes."""
    raw = samples[name]
    for _ in range(chance.randint(1, 8)):
        start = chance.randint(0, len(raw))
        end = min(len(raw), start + int(chance.expovariate(1 / 40)))
        match chance.randrange(6):
            case 0:
                raw = raw[:start] + raw[end:]
            case 1:
                raw = raw[:start] + raw[start:end] * chance.randint(2, 200) + raw[end:]
            case 2:
                sign = chance.choice(SIGNS).encode() * chance.choice([1, 1, 1, 2, 500])
                raw = raw[:start] + sign + raw[end:]
            case 3:
                raw = raw[:start] + bytes([chance.randrange(256)]) + raw[start + 1 :]
            case 4:
                other = samples[chance.choice(sorted(samples))]
                raw = raw[:start] + other[chance.randint(0, len(other)) :]
            case _:
                raw = raw[:start] if chance.random() < 0.2 else raw[:end] + raw[start:]
    return raw[:300_000]


def made() -> dict[str, bytes]:
    """An answer of each format, with several papers."""
    feed = [answers.announced(f"2610.0000{n}v{n + 1}", "new") for n in range(4)]
    rows = [answers.hf_row(id=f"2610.0000{n}", title=f"Paper {n}") for n in range(3)]
    records = [answers.oai_record(id=f"2610.0000{n}") for n in range(3)]
    letter = "".join(
        f'<p><a href="https://arxiv.org/abs/2610.0000{n}">The Title of Paper {n} Is Long</a></p>'
        f"<p>{'We read it, and it works well for all of us. ' * 5}</p>"
        for n in range(3)
    )
    blog = "".join(
        f"<item><title>Post {n}</title><link>https://example.org/{n}</link><description>"
        f"&lt;p&gt;Words&lt;/p&gt;</description></item>"
        for n in range(4)
    )
    mailing = answers.mailing(
        answers.MAILED_NEW, answers.MAILED_CROSS, answers.MAILED_REPLACED, answers.MAILED_OLD
    )
    texts = {
        "hf json": answers.hf_list(*rows),
        "hf page": answers.hf_page(*rows),
        "rss": answers.rss(*feed, {}),
        "atom": answers.atom(*feed, {}),
        "query": answers.query({}, {"id": "2610.00002v3"}, total=99),
        "query, older": answers.query({}, {"id": "hep-ex/0307015v1"}, new=False),
        "oai": answers.oai(*records, answers.OAI_DELETED.format(id="2610.00009")),
        "export": "\n".join(
            json.dumps(
                {"title": f"P {n}", "first_seen": "2026-10-05", "entries": [], "doi": "10.1/a"}
            )
            for n in range(3)
        ),
        "biorxiv": answers.biorxiv({}, {"doi": "10.1101/2"}, total="9"),
        "blog": f'<?xml version="1.0"?><rss version="2.0"><channel>{blog}</channel></rss>',
        "mailing": mailing,
        "crossref": json.dumps({"status": "ok", "message": answers.CROSSREF}),
        "datacite": json.dumps({"data": {"attributes": answers.DATACITE}}),
        "landing": answers.landing(*answers.LANDING, ("citation_doi", "10.1000/x")),
    }
    found = {name: text.encode() for name, text in texts.items()}
    found |= {"mail": answers.mailed(mailing), "letter": answers.mailed(letter, "html")}
    for path in sorted((Path(digest.__file__).parents[1] / "samples").glob("*.txt")):
        found[path.stem] = path.read_bytes()
    return found


if __name__ == "__main__":
    main()
