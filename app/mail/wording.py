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

from app.languages import english
from app.mail import counted, excerpt, foreign, layout, links, saying, transfer
from app.mail.kept import Kept
from app.mail.letter import Confirm, Daily, Notice, PaperView, PickView
from app.mail.links import Verdict
from app.mail.saying import known, line
from app.recommend.voice import Lines, texts_of, to_reader

# By its name in the templates: text to print; a bool or a date, which is only looked at.
Told = dict[str, Any]
# For a title of nothing but characters that cannot be seen: a heading and a subject need words.
UNNAMED = english("Untitled")
# Before a reason where nothing says how well the paper fits.
WHY = english("Why")
# An organisation's name that is longer is no name.
MAX_NAME = 60
_DOT = " · "


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
    """A pick as its card says it. number: its place in the letter, from 1."""

    face: "Face"
    pick: PickView
    number: int
    has_excerpt: bool = True

    def text(self, start: str) -> Told:
        """All that the text says. start: of the links for feedback."""
        face, pick, rank = self.face, self.pick, self.pick.rank
        return {
            "rank": str(self.number),
            "url": face.paper.url,
            "code_url": face.paper.code_url,
            "title": face.title,
            "byline": face.byline,
            "label": face.label,
            "reason": saying.plain(face.voice, pick.points, face.lead),
            "shares": counted.plain(face.language, pick.shares),
            "excerpt": face.paper.excerpt if self.has_excerpt else "",
            "like_url": links.verdict_url(start, rank, Verdict.LIKE) if start else "",
            "dislike_url": links.verdict_url(start, rank, Verdict.DISLIKE) if start else "",
            "save_url": links.verdict_url(start, rank, Verdict.SAVE) if start else "",
            "why_url": links.why_url(start, rank) if start else "",
            "exploring": pick.exploring,
        }

    def html(self, start: str) -> Told:
        """All that the HTML says."""
        pick, excerpt = self.pick, self.face.paper.excerpt if self.has_excerpt else ""
        return {
            **self.text(start),
            "byline": _rich(_kept(self.face.byline), pick.names),
            "reason": saying.rich(self.face.voice, pick.points),
            "shares": counted.rich(self.face.language, pick.shares),
            "excerpt": _rich(excerpt, pick.terms),
        }


def of_picks(templates: Environment, picks: Sequence[PickView]) -> list[Card]:
    """The card of each pick."""
    return [Card(face(templates, pick), pick, number) for number, pick in enumerate(picks, start=1)]


# What a card says to its reader alone, in the order in which it is told.
OWN = (
    *("reason", "shares", "excerpt", "byline"),
    *(f"{each}_url" for each in Verdict),
    *("why_url", "rank"),
)
Own = tuple[bytes, ...]


def own(of: "Face", pick: PickView, start: bytes, heading: bytes) -> tuple[Own, Own]:
    """That of a pick, encoded already: in the HTML, and in the text.

    start: of the letter's links for feedback. heading: its title, and before that its number.
    """
    reason, plain_reason = of.speaker.say(pick.points)
    shares, plain_shares = counted.encoded(of.language, pick.shares)
    like, dislike, save, why = _ends[pick.rank]
    like, dislike, save, why = start + like, start + dislike, start + save, start + why
    terms, names = pick.terms, pick.names
    excerpt = _encoded_excerpt(of.paper.excerpt, terms) if terms else b""
    byline = _encoded_rich(_kept(of.byline), names) if names else b""
    return (
        (reason, shares, excerpt, byline, like, dislike, save, why, b""),
        (plain_reason, plain_shares, b"", b"", like, dislike, save, why, heading),
    )


def _encoded_ends(rank: int) -> list[bytes]:
    """What links for feedback end with, encoded."""
    ends = [links.verdict_url("", rank, each) for each in Verdict]
    return [transfer.piece(end) for end in (*ends, links.why_url("", rank))]


_ends = Kept(_encoded_ends)


def _kept(text: str) -> str:
    return text.replace(_DOT, counted.KEPT_DOT)


def _rich(text: str, terms: Lines) -> str:
    if not terms:
        return text
    return layout.highlighted(text, [known(term) for term in texts_of(terms)])


def _encoded_rich(text: str, terms: Lines) -> bytes:
    return transfer.piece(str(_rich(text, terms)))


# What is set in bold in a paper's excerpt comes again in the letters of others.
_encoded_excerpt = lru_cache(maxsize=10_000)(_encoded_rich)


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


class Face:
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
        self.language, self.voice = language, to_reader(language)
        self.lead = f"{self.label or language.gettext(WHY)}: "
        self.speaker = saying.speaker(self.voice, self.lead)


_face = lru_cache(maxsize=8_000)(Face)


def face(templates: Environment, pick: PickView) -> Face:
    """The one of a pick."""
    return _face(templates, pick.paper, pick.votes, pick.by_community, pick.band, pick.exploring)


def _title(templates: Environment, paper: _Paper) -> str:
    return paper.title or layout.language_of(templates).gettext(UNNAMED)


@lru_cache(maxsize=50)
def _label(templates: Environment, band: str, exploring: bool) -> str:
    return layout.sentence(templates, "daily/label", {"band": band, "exploring": exploring})


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
