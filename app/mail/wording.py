"""What the templates of a letter are told: texts, tamed and cut, and nothing to work out.

A template may ask whether a text is there, and print it. So one can be filled in once for all
letters (`app.mail.stencil`), and what is a paper's own is prepared once for all its readers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import Environment

from app.languages import Language, english
from app.mail import excerpt, foreign, layout, links, saying, transfer
from app.mail.letter import Confirm, Daily, Notice, PaperView, PickView
from app.mail.links import Verdict
from app.mail.saying import known, line
from app.recommend.voice import to_reader

# By its name in the templates: text to print; a bool or a date, which is only looked at.
Told = dict[str, Any]
# For a title of nothing but characters that cannot be seen: a heading and a subject need words.
UNNAMED = english("Untitled")
# Before a reason where nothing says how well the paper fits.
WHY = english("Why")
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
    """A pick as its card says it. number: its place in the letter, from 1.

    shares: percents and, after a blank, what made them; none where it was one thing.
    """

    face: "_Face"
    pick: PickView
    number: int
    shares: Sequence[tuple[str, str]]
    has_excerpt: bool = True

    def without_excerpt(self) -> "Card":
        return self._replace(has_excerpt=False)

    @property
    def key(self) -> tuple[object, ...]:
        """What all that is neither the reader's own nor its place depends on."""
        pick = self.pick
        own = bool(pick.points), bool(self.shares), bool(pick.names), bool(pick.terms)
        return self.face, self.has_excerpt, own

    def text(self, start: str) -> Told:
        """All that the text says. start: of the links for feedback."""
        face, rank = self.face, self.pick.rank
        return {
            "rank": str(self.number),
            "url": face.paper.url,
            "code_url": face.paper.code_url,
            "title": face.title,
            "byline": face.byline,
            "label": face.label,
            "reason": saying.plain(face.voice, self.pick.points, face.lead),
            "shares": saying.plain_shares(self.shares),
            "excerpt": face.paper.excerpt if self.has_excerpt else "",
            "like_url": links.verdict_url(start, rank, Verdict.LIKE) if start else "",
            "dislike_url": links.verdict_url(start, rank, Verdict.DISLIKE) if start else "",
            "save_url": links.verdict_url(start, rank, Verdict.SAVE) if start else "",
            "why_url": links.why_url(start, rank) if start else "",
            "exploring": self.pick.exploring,
        }

    def html(self, start: str) -> Told:
        """All that the HTML says."""
        pick, excerpt = self.pick, self.face.paper.excerpt if self.has_excerpt else ""
        return {
            **self.text(start),
            "byline": _rich(_kept(self.face.byline), pick.names),
            "reason": saying.rich(self.face.voice, pick.points),
            "shares": _KEPT_DOT.join(map("".join, self.shares)),
            "excerpt": _rich(excerpt, pick.terms),
        }

    def own_text(self, links_of_it: Mapping[str, bytes]) -> Told:
        """What the text says to this reader alone, encoded already. links_of_it: see `links_to`."""
        face = self.face
        return {
            "reason": saying.encoded_plain(face.voice, self.pick.points, face.lead),
            "shares": saying.encoded_shares(self.shares),
            **links_of_it,
        }

    def own_html(self, links_of_it: Mapping[str, bytes]) -> Told:
        """The same for the HTML."""
        pick, face = self.pick, self.face
        own: Told = {
            "reason": saying.encoded(face.voice, pick.points),
            "shares": _ENCODED_DOT.join(
                [_encoded(percent) + _encoded(name) for percent, name in self.shares]
            ),
            **links_of_it,
        }
        if pick.terms and self.has_excerpt:
            own["excerpt"] = _encoded_excerpt(face.paper.excerpt, pick.terms)
        if pick.names:
            own["byline"] = _encoded_rich(_kept(face.byline), pick.names)
        return own

    def links_to(self, start: bytes) -> dict[str, bytes]:
        """Its links for feedback. start: of all those of its letter, encoded already."""
        like, dislike, save, why = _ends(self.pick.rank)
        return {
            "like_url": start + like,
            "dislike_url": start + dislike,
            "save_url": start + save,
            "why_url": start + why,
        }


def _kept(text: str) -> str:
    return text.replace(_DOT, _KEPT_DOT)


def _rich(text: str, terms: Sequence[str]) -> str:
    return layout.highlighted(text, _each(terms)) if terms else text


def _encoded_rich(text: str, terms: Sequence[str]) -> bytes:
    return transfer.piece(str(_rich(text, terms)))


@lru_cache(maxsize=1_000)
def _ends(rank: int) -> list[bytes]:
    """What links for feedback end with, encoded."""
    ends = [links.verdict_url("", rank, each) for each in Verdict]
    return [transfer.piece(end) for end in (*ends, links.why_url("", rank))]


_ENCODED_DOT = transfer.piece(_KEPT_DOT)


@lru_cache(maxsize=20_000)
def _encoded(text: str) -> bytes:
    return transfer.piece(layout.escaped(text))


# What is set in bold in a paper's excerpt comes again in the letters of others.
_encoded_excerpt = lru_cache(maxsize=10_000)(_encoded_rich)


def of_picks(templates: Environment, picks: Sequence[PickView]) -> list[Card]:
    """The card of each pick."""
    language = layout.language_of(templates)
    return [
        Card(
            _face(templates, pick.paper, pick.votes, pick.by_community, pick.band, pick.exploring),
            pick,
            number,
            _shares(language, pick.shares),
        )
        for number, pick in enumerate(picks, start=1)
    ]


def _each(texts: Sequence[str]) -> list[str]:
    return [known(text) for text in texts]


class _Paper:
    """What all letters say of a paper."""

    def __init__(self, view: PaperView) -> None:
        self.title = line(view.title)
        self.url, self.code_url = foreign.href(view.url), foreign.href(view.code_url)
        self.excerpt = line(view.excerpt, excerpt.LIMIT)
        self.facts = {
            "authors": tuple(map(line, view.authors)),
            "organisation": line(view.organisation, MAX_NAME),
            "host": line(view.host),
        }


_paper = lru_cache(maxsize=4_000)(_Paper)


class _Face:
    """What many letters of one language say of a paper.

    byline: who wrote it, where it is, who brought it, and how many voted for it. label: how well it
    fits. lead: what stands before the reason in the text.
    """

    def __init__(
        self,
        templates: Environment,
        view: PaperView,
        votes: int | None,
        by_community: bool,
        band: str,
        exploring: bool,
    ) -> None:
        self.paper = paper = _paper(view)
        told = paper.facts | {"votes": votes, "by_community": by_community}
        self.title = _title(templates, paper)
        self.byline = layout.sentence(templates, "daily/byline", told)
        self.label = _label(templates, band, exploring)
        language = layout.language_of(templates)
        self.voice = to_reader(language)
        self.lead = f"{self.label or language.gettext(WHY)}: "


_face = lru_cache(maxsize=8_000)(_Face)


def _title(templates: Environment, paper: _Paper) -> str:
    return paper.title or layout.language_of(templates).gettext(UNNAMED)


@lru_cache(maxsize=50)
def _label(templates: Environment, band: str, exploring: bool) -> str:
    return layout.sentence(templates, "daily/label", {"band": band, "exploring": exploring})


def _shares(language: Language, shares: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
    """What made the score; nothing where one thing did."""
    if len(shares) < 2:
        return []
    return [(language.percent(n), _after(known(name))) for name, n in shares]


def _after(name: str) -> str:
    return f" {name}" if name else ""


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
