"""How much a run of words looks like a title, and how much like an abstract.

Scores are rough log-odds: above 0 speaks for it. They decide only where the order of the lines
leaves a doubt, so they need to be right about the clear cases and mild about the others.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

_SENTENCE_END = re.compile(r"""[.!?…。](?:["'”’)\]}*$]|\\\))*$""")
# After these a full stop ends no sentence.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|et al|cf|vs|resp|Fig|Eq|Sec|Ref|approx|w\.r\.t|a\.k\.a)\.$"
)
_INNER_END = re.compile(r"[a-z0-9)\]%}]{2}[.?!]\s+[A-Z]")
_WORD = re.compile(r"[^\W\d_][\w'’]*")
_OPENING = re.compile(
    r"(?:We|This (?:paper|work|article|study|topical)|In (?:this|recent|modern|practice)"
    r"|Recent|Recently|Our|However|Although|While|Despite|It is|There is|To address)\b(?!-)"
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|we|can|our|which|that|this|these|it|be|been|they|may|will"
    r"|show|propose|introduce|present|demonstrate)\b"
)
_LINK = re.compile(r"https?:|www\.|\w\.(?:com|org|io|co|ai)/")
_LINK_END = re.compile(r"(?:https?:/|www\.|\w\.(?:com|org|io|co|ai)\b)\S*[\w/}).]$")
_DANGLING = re.compile(
    r"(?:[,;:(\[-]|\b(?:a|an|and|as|at|by|for|from|in|into|of|on|or|our|the|their|to|via|with|we"
    r"|that|which|is|are))$"
)
TITLE_LIMIT = 300


class Shape(NamedTuple):
    """What can be counted in a run of text; shapes of neighbours add up to the shape of both."""

    n_chars: int
    n_inner_ends: int
    n_verbs: int
    n_links: int
    n_words: int  # of four letters and more
    n_capitals: int  # those of them that are capitalised
    head_case: float  # their share in the first line
    starts_lower: bool
    starts_aside: bool
    opens: bool
    ends: bool
    asks: bool
    dangles: bool


def measure(text: str) -> Shape:
    words = [word for word in _WORD.findall(text) if len(word) >= 4]
    return Shape(
        n_chars=len(text),
        n_inner_ends=len(_INNER_END.findall(text)),
        n_links=len(_LINK.findall(text)),
        n_verbs=len(_VERB.findall(text)),
        n_words=len(words),
        n_capitals=sum(not word[0].islower() for word in words),
        head_case=_share_of_capitals(_WORD.findall(text[:60])[1:]),
        starts_lower=starts_lower(text),
        starts_aside=text.startswith(("(", '"', "“")),
        opens=bool(_OPENING.match(text)),
        ends=may_end(text),
        asks=text.endswith(("?", "!")),
        dangles=bool(_DANGLING.search(text[-20:])),
    )


def _share_of_capitals(words: Sequence[str]) -> float:
    long = [word for word in words if len(word) >= 4]
    return sum(not word[0].islower() for word in long) / len(long) if long else 0.5


def add(first: Shape, second: Shape) -> Shape:
    return Shape(
        first.n_chars + 1 + second.n_chars,
        first.n_inner_ends + second.n_inner_ends + (first.ends and not second.starts_lower),
        first.n_verbs + second.n_verbs,
        first.n_links + second.n_links,
        first.n_words + second.n_words,
        first.n_capitals + second.n_capitals,
        first.head_case,
        first.starts_lower,
        first.starts_aside,
        first.opens,
        second.ends,
        second.asks,
        second.dangles,
    )


def ends_sentence(text: str) -> bool:
    """Whether the text may stop here; "e.g." and "et al." do not count."""
    return bool(_SENTENCE_END.search(text[-12:])) and not _ABBREVIATION.search(text[-12:])


def may_end(text: str) -> bool:
    """Whether an abstract may stop here: after a sentence, or after a bare link."""
    return ends_sentence(text) or bool(_LINK_END.search(text[-200:]))


def starts_lower(text: str) -> bool:
    return text[:1].islower()


def is_title_case(text: str) -> bool:
    return not ends_sentence(text) and _title_case(measure(text)) >= 0.6


def title(shape: Shape) -> float:
    """Titles: one line or a few, no sentence, often Title Case."""
    if shape.n_chars > TITLE_LIMIT:
        return -20.0 - shape.n_chars / 100
    case = _title_case(shape)
    score = -1.5 if shape.n_chars >= 20 else (shape.n_chars - 26) / 4
    score -= max(0, shape.n_chars - 130) / 20
    if shape.ends:
        score -= 1.0 if shape.asks else 6.5
    score -= (
        6.0 * shape.n_links + 4.0 * shape.n_inner_ends + 3.0 * shape.opens + 3.0 * shape.dangles
    )
    if case < 0.6:
        score -= 1.2 * shape.n_verbs
    return score + 4.5 * (case - 0.4) - 2.0 * shape.starts_lower


def abstract(shape: Shape) -> float:
    """Abstracts: sentences, usually several hundred characters of them."""
    length = shape.n_chars
    score = -11.0 if length < 60 else -9.0 if length < 120 else -7.0 if length < 300 else -5.0
    score -= max(0, length - 2000) / 80 + 4.0 * max(0.0, shape.head_case - 0.5)
    score += 2.0 if shape.ends else -2.5 if length >= 150 else -10.0
    score += min(2.0, shape.n_inner_ends) + 1.5 * shape.opens + min(2.0, 0.5 * shape.n_verbs)
    return (
        score
        - 5.0 * max(0.0, _title_case(shape) - 0.5)
        - 3.0 * (shape.starts_lower or shape.starts_aside)
    )


def _title_case(shape: Shape) -> float:
    """The share of longer words that are capitalised; a half where there are none."""
    return shape.n_capitals / shape.n_words if shape.n_words else 0.5
