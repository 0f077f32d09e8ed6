"""A saved page of the daily list as plain text: its head, then papers, plain or as cards."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from app.errors import UnreadableDigest
from app.papers import cards, categories, days, lines, plain, resemblance, wrapping
from app.papers.lines import Line
from app.papers.marks import Mark, Token
from app.papers.paper import Digest, UnreadLine
from app.papers.reading import Reading

# A month of cards has ten thousand; some texts take a millisecond a line to tell apart.
MOST_LINES = 50_000


def read(text: str, read_on: date) -> Digest:
    """Read a list of papers in either plain layout, or as list cards or trending cards.

    Raises UnreadableDigest if it holds no paper, or reads like something else than a digest.
    """
    page = lines.split(text)
    if len(page) > MOST_LINES:
        raise UnreadableDigest(
            f"This text has {len(page):,} lines, and no page of papers more than {MOST_LINES:,}."
        )
    head, rest = _take_head(page)
    body, subjects = categories.lift(rest)
    is_known = any(line.text in lines.UNMISTAKABLE for line in head)
    if not body:
        raise UnreadableDigest(
            "The list is empty: the page's head is there, but no paper follows it."
            if is_known
            else "There is no paper in this text."
        )
    day = _date(head, read_on)
    tokens, menu = cards.tokens_of(body, day or read_on)
    wrap = wrapping.measure([token.line for token in tokens if token.mark is Mark.TEXT])
    spaced = any(line.after_blank for line in body[1:])
    layout, found = "spaced" if spaced else "compact", plain.read(body, wrap, read_on)
    if cards.are_cards(tokens, wrap):
        as_cards = cards.read(tokens, menu, wrap)
        # A few stray numbers and days do not make cards of a plain list.
        if cards.are_bylined(tokens) or len(as_cards.entries) >= len(found.entries):
            layout, found = _cards_layout(tokens), as_cards
        is_known |= cards.are_bylined(tokens)
    resemblance.check(found, body, is_known=is_known, is_plain=layout in {"spaced", "compact"})
    found = categories.give(found, subjects)
    return Digest(layout, tuple(found.entries), _unread(found), day)


def _cards_layout(tokens: Sequence[Token]) -> str:
    trending = {Mark.UPVOTE, Mark.ARXIV}
    return "trending cards" if any(token.mark in trending for token in tokens) else "list cards"


def _unread(found: Reading) -> tuple[UnreadLine, ...]:
    ordered = sorted(found.unread, key=lambda pair: pair[0].number)
    return tuple(UnreadLine(line.number, line.text, reason) for line, reason in ordered)


def _take_head(page: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Split off the menu lines on top, and the "Subscribe" that is glued to the first title."""
    top = 0
    while n_lines := _head_lines(page[top : top + 3]):
        top += n_lines
    head, body = list(page[:top]), list(page[top:])
    glued = body and body[0].text.startswith("Subscribe")
    if glued and not any(line.text == "Subscribe" for line in head):
        rest = body[0].text.removeprefix("Subscribe")
        if rest and (head or not rest[0].islower()) and not rest[0].isspace():
            body[0] = replace(body[0], text=rest)
    return head, body


def _head_lines(page: Sequence[Line]) -> int:
    """How many lines the next phrase of the head takes: more than one if it was wrapped."""
    for n_lines in range(1, len(page) + 1):
        text = " ".join(line.text for line in page[:n_lines])
        if lines.is_menu(text) or days.read(text, date.max) is not None:
            return n_lines
    return 0


def _date(head: Sequence[Line], read_on: date) -> date | None:
    found = (days.read(line.text, read_on) for line in head)
    return next((day for day in found if day is not None), None)
