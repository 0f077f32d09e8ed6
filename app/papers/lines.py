"""The lines of a text with their numbers, and the words that a saved page's own menus put there."""

import re
from dataclasses import dataclass

# In this spelling only: a title may well end in a line that reads "models".
_PHRASES = """
new|New|Subscribe|Daily Papers|Trending Papers|Daily|Weekly|Monthly|by|AK|Home|Settings
and the research community|Notifications
Get trending papers in your email inbox once a day!|Get trending papers in your email inbox!
byAK and the research community|by AK and the research community|byAKand the research community
Hugging Face|Hugging Face's logo|Models|Datasets|Spaces|Buckets|Docs|Enterprise|Pricing|Log In
Sign Up|Community|Posts|Blog|Papers|Tasks|Collections|Languages|Organizations|Solutions|Website
Learn|Discord|Forum|Team & Enterprise|Hugging Face PRO|Enterprise Support|Articles|Submit|Homepage
Inference Providers|Inference Endpoints|Storage Buckets|Search papers|Search|Previous|Next|Press
System theme|Company|TOS|Privacy|About|Careers|Jobs|Log in|Sign up
"""
_TITLE_WORDS = """
Models Datasets Spaces Search Papers Tasks Community Collections Languages Organizations Solutions
Enterprise Articles Privacy Company Forum
"""
MENU = frozenset(re.split(r"[|\n]", _PHRASES.strip()))
# Those of them that a wrapped title may leave for its last line.
TITLE_WORDS = frozenset(_TITLE_WORDS.split())
# Words that no paper is called: a page with one of these in its head is the page we know.
UNMISTAKABLE = frozenset(
    phrase
    for phrase in MENU
    if phrase.startswith("Get trending papers") or phrase.endswith("and the research community")
) | {"Daily Papers", "Trending Papers"}


@dataclass(frozen=True)
class Line:
    """A line that is not blank. number: from 1, as an editor counts; text: ends stripped.

    width: as a wrapping program counted it, its last blank left out (bytes where it holds more
    than ASCII, since `fold` counts them: never less than the characters).
    """

    number: int
    text: str
    width: int
    after_blank: bool = False
    ends_in_blank: bool = False


def split(text: str) -> list[Line]:
    """Number the lines and drop the blank ones, remembering before which line they stood."""
    lines: list[Line] = []
    after_blank = False
    for number, raw in enumerate(re.split(r"\r*\n|\r", text), start=1):
        body = raw.rstrip()
        if not body:
            after_blank = True
            continue
        width = len(body.encode("utf-8", "replace"))
        line = Line(number, body.strip(), width, after_blank, raw.endswith((" ", "\t")))
        lines.append(line)
        after_blank = False
    return lines


def is_menu(text: str) -> bool:
    """Whether a line is one phrase of the menus, or nothing but several: "Log In | Sign Up"."""
    folded = " ".join(text.split())
    return folded in MENU or _is_menu_row(re.sub(r"\s*[|•/]\s*", " ", folded).split())


def _is_menu_row(words: list[str]) -> bool:
    phrases: list[str] = []
    while words and len(phrases) < 12:
        size = next((n for n in (4, 3, 2, 1) if " ".join(words[:n]) in MENU), 0)
        if not size:
            return False
        phrases.append(" ".join(words[:size]))
        words = words[size:]
    # "Search Papers" may be the end of a title; three such words are none.
    return not words and (len(phrases) > 2 or not TITLE_WORDS.issuperset(phrases))
