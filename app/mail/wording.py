"""What the templates of a letter are told: texts, tamed and cut, and nothing to work out.

A template may ask whether a text is there, and print it. So one can be filled in once for all
letters (`app.mail.stencil`), and what is a paper's own is prepared once for all its readers.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import Environment

from app.mail import excerpt, foreign, layout
from app.mail.letter import MAX_TEXT, Confirm, Daily, Notice, PaperView, PickView

# By its name in the templates: text to print; a bool or a date, which is only looked at.
Told = dict[str, Any]
# For a title of nothing but characters that cannot be seen: a heading and a subject need words.
UNNAMED = "Untitled"
# No line of the HTML begins with the dot between two facts.
_DOT, _KEPT_DOT = " · ", "\u00a0· "


def of_daily(
    templates: Environment, daily: Daily, picks: Sequence[PickView], n_left_out: int = 0
) -> Told:
    """All but the cards of a letter that shows only `picks`."""
    titles = tuple(_paper(pick.paper).title for pick in picks[:4])
    return {
        "edition": daily.edition,
        "subject": _subject(templates, titles[0] if titles else "", len(picks), daily.n_candidates),
        "preheader": _preheader(templates, titles, daily.edition),
        "summary": _summary(templates, len(picks), daily.n_candidates),
        "note": line(daily.note),
        "left_out": _left_out(templates, n_left_out) if n_left_out else "",
        "why": line(daily.why),
        "preferences_url": foreign.href(daily.preferences_url),
        "pause_url": foreign.href(daily.pause_url),
        "unsubscribe_url": foreign.href(daily.unsubscribe_url),
        "browser_url": foreign.href(daily.browser_url),
        "trap_url": foreign.href(daily.trap_url),
        "contact": known(daily.contact),
        "postal": known(daily.postal),
    }


def of_bare(templates: Environment, letter: Confirm | Notice) -> Told:
    """All of a letter without papers."""
    told: Told = {
        field.name: foreign.href(text) if field.name.endswith("url") else line(text)
        for field in fields(letter)
        for text in [getattr(letter, field.name)]
    }
    for name in ("subject", "preheader"):
        told[name] = layout.sentence(templates, f"{letter.kind}/{name}", told)
    return told


class Card(NamedTuple):
    """What one form of a card is told.

    own: the names of what it says whoever reads it; key: what that depends on.
    """

    told: Told
    own: frozenset[str]
    key: tuple[object, ...]

    def without_excerpt(self) -> "Card":
        return self._replace(told={**self.told, "excerpt": ""})


def of_picks(templates: Environment, picks: Sequence[PickView]) -> list[tuple[Card, Card]]:
    """The card of each pick, for the HTML and for the text."""
    return [_of_pick(templates, pick, rank) for rank, pick in enumerate(picks, start=1)]


def _of_pick(templates: Environment, pick: PickView, rank: int) -> tuple[Card, Card]:
    paper = _paper(pick.paper)
    byline, rich_byline = paper.bylines(templates, pick.votes)
    reason, shares = line(pick.reason), _shares(pick.shares)
    plain: Told = {
        "rank": str(rank),
        "url": paper.url,
        "title": paper.title,
        "byline": byline,
        "label": _label(templates, pick.band, pick.exploring),
        "reason": reason,
        "shares": shares,
        "excerpt": paper.excerpt,
        "like_url": foreign.href(pick.like_url),
        "dislike_url": foreign.href(pick.dislike_url),
        "save_url": foreign.href(pick.save_url),
        "exploring": pick.exploring,
    }
    rich = plain.copy()
    rich["byline"] = _highlighted(rich_byline, pick.names)
    rich["reason"] = layout.marked(reason, _each(pick.words))
    rich["shares"] = shares.replace(_DOT, _KEPT_DOT)
    rich["excerpt"] = _highlighted(paper.excerpt, pick.terms)
    key = paper, pick.votes, plain["label"]
    own = _OWN[bool(pick.names), bool(pick.terms)]
    return Card(rich, own, key), Card(plain, _OWN[False, False], (*key, rank))


# Of a paper alone, whether or not a reader's names and words are set in bold in it.
_OWN = {
    (names, terms): frozenset({"rank", "url", "title", "label"})
    | (frozenset() if names else {"byline"})
    | (frozenset() if terms else {"excerpt"})
    for names in (False, True)
    for terms in (False, True)
}


def _highlighted(text: str, terms: Sequence[str]) -> str:
    return layout.highlighted(text, _each(terms)) if terms else text


def line(text: str, limit: int = MAX_TEXT) -> str:
    """A text by others as one line, not too long."""
    return excerpt.cut(foreign.tame(text), limit)


# Words and names come again and again.
known = lru_cache(maxsize=20_000)(line)


def _each(texts: Sequence[str]) -> list[str]:
    return [known(text) for text in texts]


class _Paper:
    """What all letters say of a paper."""

    def __init__(self, view: PaperView) -> None:
        self.title = line(view.title) or UNNAMED
        self.url = foreign.href(view.url)
        self.excerpt = line(view.excerpt, excerpt.LIMIT)
        self._facts = {"authors": tuple(map(line, view.authors)), "host": line(view.host)}
        self._bylines: dict[tuple[Environment, int | None], tuple[str, str]] = {}

    def bylines(self, templates: Environment, votes: int | None) -> tuple[str, str]:
        """For the text and for the HTML."""
        if (found := self._bylines.get((templates, votes))) is None:
            byline = layout.sentence(templates, "daily/byline", self._facts | {"votes": votes})
            found = self._bylines[templates, votes] = byline, byline.replace(_DOT, _KEPT_DOT)
        return found


_paper = lru_cache(maxsize=4_000)(_Paper)


@lru_cache(maxsize=50)
def _label(templates: Environment, band: str, exploring: bool) -> str:
    return layout.sentence(templates, "daily/label", {"band": band, "exploring": exploring})


def _shares(shares: Sequence[tuple[str, int]]) -> str:
    """What made the score; nothing where one thing did."""
    if len(shares) < 2:
        return ""
    parts = (f"{'−' * (n < 0)}{abs(n)}% {known(name)}" for name, n in shares)
    return _DOT.join(part.rstrip() for part in parts)


@lru_cache(maxsize=4_000)
def _subject(templates: Environment, title: str, n_picks: int, n_candidates: int) -> str:
    facts = {"title": title, "n_picks": n_picks, "n_candidates": n_candidates}
    return layout.sentence(templates, "daily/subject", facts)


@lru_cache(maxsize=4_000)
def _preheader(templates: Environment, titles: tuple[str, ...], edition: date) -> str:
    return layout.sentence(templates, "daily/preheader", {"titles": titles, "edition": edition})


@lru_cache(maxsize=1_000)
def _summary(templates: Environment, n_picks: int, n_candidates: int) -> str:
    facts = {"n_picks": n_picks, "n_candidates": n_candidates}
    return layout.sentence(templates, "daily/summary", facts)


@lru_cache(maxsize=100)
def _left_out(templates: Environment, n: int) -> str:
    return layout.sentence(templates, "daily/left_out", {"n_left_out": n})
