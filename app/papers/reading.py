"""What a layout's reader hands back, and why a line could not be placed."""

from dataclasses import dataclass

from app.papers.lines import Line
from app.papers.paper import Entry

MENU = "a line of the page's menu, not of a paper"
NO_ABSTRACT = "looks like a title, but no abstract follows it"
NO_TITLE = "looks like an abstract, but no title stands before it"
CUT = "the text breaks off in the middle of this abstract"
NEITHER = "has neither the shape of a title nor that of an abstract"
UNLIKE = "printed a second time, but not as the first time"
NO_PAPER = "names categories, but not clearly of which paper"
NO_CARD = "belongs to a card whose title or abstract is missing"


@dataclass(frozen=True)
class Reading:
    """Entries in the page's order; each line that belongs to none of them, with the reason.

    titles: each entry's first line of its title.
    """

    entries: list[Entry]
    unread: list[tuple[Line, str]]
    titles: list[Line]
