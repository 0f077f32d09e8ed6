"""The opening of an abstract: whole sentences where they fit, whole words always."""

import re
import unicodedata
from collections.abc import Iterator

LIMIT = 400

# After one of these a full stop ends no sentence; "etc." is left out because it often does.
ABBREVIATIONS = re.compile(
    "al|approx|ca|cf|ch|def|dr|eqn?s?|figs?|mrs?|ms|nos?|pp?|prof|refs?|resp|sect?s?|st|suppl|tab"
    "|thm|vol|vs|viz",
    re.IGNORECASE,
)
# Latin script wants a space and a capital, a digit or an opening sign after the stop; Chinese and
# Japanese stops end a sentence by themselves.
_STOP = re.compile(
    r"""(?P<dot>\.)["')\]”’»]*(?=\s+["'(\[“‘«]*[^\W_a-z])|[!?…]["')\]”’»]*(?=\s)|[。！？]+[」』”’）]*"""
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")


def opening(text: str, limit: int = LIMIT) -> str:
    """Return the sentences of `text` that fit into `limit` characters, at least one.

    Where the first alone is longer it is cut at a word and ends in "…". text: one line, folded.
    """
    if len(text) <= limit:
        return text
    ends = [end for end in _sentence_ends(text[: limit + 2]) if end <= limit]
    return text[: ends[-1]] if ends else cut(text, limit)


def cut(text: str, limit: int) -> str:
    """Shorten `text` to `limit` characters, "…" included, at the end of a word.

    Only a word that would take half of `limit` with it is cut inside: Chinese has no blanks.
    """
    if len(text) <= limit:
        return text
    end = text.rfind(" ", 0, limit)
    kept = text[:end].rstrip(" ,;:.–—-([“‘«") if end > limit // 2 else ""
    return f"{kept or _whole_letters(text, limit - 1)}…"


def _whole_letters(text: str, limit: int) -> str:
    """The first `limit` characters, fewer if an accent would lose its letter."""
    end = limit
    while end > 0 and unicodedata.combining(text[end]):
        end -= 1
    return text[: end or limit]


def _sentence_ends(text: str) -> Iterator[int]:
    for stop in _STOP.finditer(text):
        if not (stop["dot"] and _is_abbreviated(text, stop.start())):
            yield stop.end()


def _is_abbreviated(text: str, dot: int) -> bool:
    """Whether the full stop at `dot` belongs to "e.g.", "et al.", "Fig." or an initial."""
    word = text[text.rfind(" ", 0, dot) + 1 : dot].lstrip("([“\"'")
    return bool(ABBREVIATIONS.fullmatch(word) or _INITIALS.fullmatch(word))
