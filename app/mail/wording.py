"""What the templates of a letter are told: texts, tamed and cut, and nothing to work out.

A template may ask whether a text is there, and print it. So one can be filled in once for all
letters (`app.mail.stencil`), and what is a paper's own is prepared once for all its readers.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

from jinja2 import Environment

from app.languages import Language, english
from app.mail import excerpt, foreign, layout, links, transfer
from app.mail.letter import MAX_TEXT, Confirm, Daily, Notice, PaperView, PickView
from app.mail.links import Verdict

# By its name in the templates: text to print; a bool or a date, which is only looked at.
Told = dict[str, Any]
# For a title of nothing but characters that cannot be seen: a heading and a subject need words.
UNNAMED = english("Untitled")
# An organisation's name that is longer is no name.
MAX_NAME = 60
# No line of the HTML begins with the dot between two facts.
_DOT, _KEPT_DOT = " · ", "\u00a0· "


def of_daily(
    templates: Environment, daily: Daily, picks: Sequence[PickView], n_left_out: int = 0
) -> Told:
    """All but the cards of a letter that shows only `picks`."""
    titles = tuple(_title(templates, _paper(pick.paper)) for pick in picks[:4])
    return {
        "edition": daily.edition,
        "subject": _subject(templates, titles[0] if titles else "", len(picks), daily.n_candidates),
        "preheader": _preheader(templates, titles, daily.edition),
        "summary": _summary(templates, len(picks), daily.n_candidates),
        "note": f"{_note(templates, daily.wider_days)} {line(daily.note)}".strip(),
        "left_out": _left_out(templates, n_left_out) if n_left_out else "",
        "why": line(daily.why),
        "preferences_url": foreign.href(daily.preferences_url),
        "pause_url": foreign.href(daily.pause_url),
        "unsubscribe_url": foreign.href(daily.unsubscribe_url),
        "browser_url": foreign.href(daily.browser_url),
        "feedback_url": foreign.href(daily.feedback_url),
        "trap_url": foreign.href(daily.trap_url),
        "contact": known(daily.contact),
        "postal": known(daily.postal),
    }


def _note(templates: Environment, wider_days: int) -> str:
    return layout.sentence(templates, "daily/wider", {"days": wider_days}) if wider_days else ""


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
    """A pick as its card says it. number: its place in the letter, from 1. shares: in percent."""

    paper: "_Paper"
    pick: PickView
    number: int
    title: str
    byline: str
    label: str
    reason: str
    shares: Sequence[tuple[str, str]]
    has_excerpt: bool = True

    def without_excerpt(self) -> "Card":
        return self._replace(has_excerpt=False)

    @property
    def key(self) -> tuple[object, ...]:
        """What all that is neither the reader's own nor its place depends on."""
        pick = self.pick
        shape = self.has_excerpt, pick.exploring, bool(self.reason), bool(self.shares)
        own = bool(pick.names), bool(pick.terms)
        return self.paper, self.label, self.byline, shape, own

    def text(self, start: str) -> Told:
        """All that the text says. start: of the links for feedback."""
        return {
            "rank": str(self.number),
            "url": self.paper.url,
            "code_url": self.paper.code_url,
            "title": self.title,
            "byline": self.byline,
            "label": self.label,
            "reason": self.reason,
            "shares": _DOT.join(self._named_shares()),
            "excerpt": self.paper.excerpt if self.has_excerpt else "",
            "like_url": self._link(start, Verdict.LIKE),
            "dislike_url": self._link(start, Verdict.DISLIKE),
            "save_url": self._link(start, Verdict.SAVE),
            "why_url": links.why_url(start, self.pick.rank) if start else "",
            "exploring": self.pick.exploring,
        }

    def _link(self, start: str, verdict: Verdict) -> str:
        return links.verdict_url(start, self.pick.rank, verdict) if start else ""

    def _named_shares(self) -> list[str]:
        return [f"{percent} {name}" if name else percent for percent, name in self.shares]

    def own_text(self, start: bytes) -> Told:
        """What the text says to this reader alone. start: encoded already."""
        return {
            "label": self.label,
            "reason": self.reason,
            "shares": _DOT.join(self._named_shares()),
            **_links(start, self.pick.rank),
        }

    def html(self, start: str) -> Told:
        """All that the HTML says."""
        return {
            **self.text(start),
            "byline": self._rich_byline,
            "reason": layout.marked(self.reason, _each(self.pick.words)),
            "shares": _KEPT_DOT.join(self._named_shares()),
            "excerpt": self._rich_excerpt if self.has_excerpt else "",
        }

    @property
    def _rich_byline(self) -> str:
        byline = self.byline.replace(_DOT, _KEPT_DOT)
        names = _each(self.pick.names)
        return layout.highlighted(byline, names) if names else byline

    @property
    def _rich_excerpt(self) -> str:
        terms = _each(self.pick.terms)
        return layout.highlighted(self.paper.excerpt, terms) if terms else self.paper.excerpt

    def own_html(self, start: bytes) -> Told:
        """What the HTML says to this reader alone, all of it encoded already."""
        pick = self.pick
        own: Told = {
            "reason": _encoded_reason(self.reason, pick.words),
            "shares": _encoded_shares(self.shares),
            **_links(start, pick.rank),
        }
        if pick.terms and self.has_excerpt:
            own["excerpt"] = _encoded_excerpt(self.paper.excerpt, pick.terms)
        if pick.names:
            own["byline"] = transfer.piece(self._rich_byline)
        return own


def _links(start: bytes, rank: int) -> Told:
    like, dislike, save, why = _ends(rank)
    return {
        "like_url": start + like,
        "dislike_url": start + dislike,
        "save_url": start + save,
        "why_url": start + why,
    }


@lru_cache(maxsize=1_000)
def _ends(rank: int) -> list[bytes]:
    """What links for feedback end with, encoded."""
    ends = [links.verdict_url("", rank, each) for each in Verdict]
    return [transfer.piece(end) for end in (*ends, links.why_url("", rank))]


# What is said of a paper, and set in bold in it, comes again in the letters of others.
@lru_cache(maxsize=10_000)
def _encoded_reason(text: str, words: tuple[str, ...]) -> bytes:
    return transfer.piece(layout.marked(text, _each(words)))


@lru_cache(maxsize=10_000)
def _encoded_excerpt(text: str, terms: tuple[str, ...]) -> bytes:
    return transfer.piece(layout.highlighted(text, _each(terms)))


def _encoded_shares(shares: Sequence[tuple[str, str]]) -> bytes:
    parts = [
        _encoded_words(part)
        for percent, name in shares
        for part in (_KEPT_DOT, percent, name and f" {name}")
    ]
    return b"".join(parts[1:])


@lru_cache(maxsize=20_000)
def _encoded_words(text: str) -> bytes:
    return transfer.piece(escape(text))


def of_picks(templates: Environment, picks: Sequence[PickView]) -> list[Card]:
    """The card of each pick."""
    return [_of_pick(templates, pick, number) for number, pick in enumerate(picks, start=1)]


def _of_pick(templates: Environment, pick: PickView, number: int) -> Card:
    paper, label = _paper(pick.paper), _label(templates, pick.band, pick.exploring)
    title, byline = _title(templates, paper), paper.byline(templates, pick.votes, pick.by_community)
    shares = _shares(layout.language_of(templates), pick.shares)
    return Card(paper, pick, number, title, byline, label, line(pick.reason), shares)


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
        self.title = line(view.title)
        self.url, self.code_url = foreign.href(view.url), foreign.href(view.code_url)
        self.excerpt = line(view.excerpt, excerpt.LIMIT)
        self._facts = {
            "authors": tuple(map(line, view.authors)),
            "organisation": line(view.organisation, MAX_NAME),
            "host": line(view.host),
        }
        self._bylines: dict[tuple[Environment, int | None, bool], str] = {}

    def byline(self, templates: Environment, votes: int | None, by_community: bool) -> str:
        """Who wrote it, where it is, who brought it, and how many voted for it."""
        if (found := self._bylines.get((templates, votes, by_community))) is None:
            told = self._facts | {"votes": votes, "by_community": by_community}
            found = layout.sentence(templates, "daily/byline", told)
            self._bylines[templates, votes, by_community] = found
        return found


_paper = lru_cache(maxsize=4_000)(_Paper)


def _title(templates: Environment, paper: _Paper) -> str:
    return paper.title or layout.language_of(templates).gettext(UNNAMED)


@lru_cache(maxsize=50)
def _label(templates: Environment, band: str, exploring: bool) -> str:
    return layout.sentence(templates, "daily/label", {"band": band, "exploring": exploring})


def _shares(language: Language, shares: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
    """What made the score; nothing where one thing did."""
    if len(shares) < 2:
        return []
    return [(language.percent(n), known(name)) for name, n in shares]


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
