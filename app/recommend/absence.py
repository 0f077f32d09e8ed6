"""Why a paper is not among somebody's picks of a day, in a sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from app.recommend import calibration, interests
from app.recommend.calibration import Band
from app.recommend.interests import Interest


@dataclass(frozen=True)
class Case:
    """What is known of one paper and one reader's letter of a day.

    window: how many days a paper counts as new. sent: the edition that brought it before. said:
    what the reader said of it, "liked" or the like. twin: the title of another spelling of the
    work that they know. alike, alike_rank: the pick of that letter that is the same work.
    place: the rank it has among all papers good enough, None below the threshold. appeal, needed:
    where the reader's dial is turned up, its fit and trend mixed, and what is enough of that.
    has_letter: whether that letter was made. no_letter: why it was not, if it was due.
    gone: why no letter takes the paper any more, "withdrawn" or "taken off the list".
    """

    day: date
    first_seen: date
    window: int
    threshold: Band = Band.GOOD
    fit: float = 0.0
    place: int | None = None
    limit: int = 10
    sent: date | None = None
    said: str = ""
    twin: str = ""
    muted_by: Interest | None = None
    alike: str = ""
    alike_rank: int | None = None
    appeal: float | None = None
    needed: float = 0.0
    has_letter: bool = False
    no_letter: str = ""
    gone: str = ""


class Cause(StrEnum):
    """What kept a paper out of a letter."""

    GONE = "gone"
    LATER = "later"
    OLD = "old"
    SENT = "sent"
    SAID = "said"
    TWIN = "twin"
    MUTED = "muted"
    ALIKE = "alike"
    CROWDED = "crowded"
    CHANGED = "changed"
    NEXT = "next"
    BELOW = "below"
    UNCHOSEN = "unchosen"


def cause(case: Case) -> Cause:
    """The first thing that kept the paper out; NEXT where nothing does, and it would be in."""
    kept_out = {
        Cause.GONE: case.gone,
        Cause.LATER: case.first_seen > case.day,
        Cause.OLD: case.first_seen <= case.day - timedelta(days=case.window),
        Cause.SENT: case.sent,
        Cause.SAID: case.said,
        Cause.TWIN: case.twin,
        Cause.MUTED: case.muted_by,
        Cause.ALIKE: case.alike,
        Cause.CROWDED: case.place and case.place > case.limit,
        Cause.CHANGED: case.place and case.has_letter,
        Cause.NEXT: case.place,
        Cause.BELOW: case.fit < calibration.EDGES[case.threshold],
        Cause.UNCHOSEN: True,
    }
    return next(each for each, holds in kept_out.items() if holds)


def sentence(case: Case) -> str:
    """Tell an operator the cause; plain text, to be escaped by who prints it."""
    said = _SENTENCES[cause(case)](case)
    return f"{said} No letter of that day was sent: {case.no_letter}." if case.no_letter else said


def _old(case: Case) -> str:
    return (
        f"Too old for that day: it was first seen on {_day(case.first_seen)}, and a letter "
        f"takes what came within {case.window} days."
    )


def _sent(case: Case) -> str:
    return f"They know it: it was in their letter of {_day(case.sent or case.day)}."


def _muted(case: Case) -> str:
    return f"Muted: they asked to leave out {wanted_out(case)}."


def wanted_out(case: Case) -> str:
    """The interest that mutes the paper, as it is typed, without its minus."""
    return interests.format([replace(case.muted_by, negative=False)] if case.muted_by else [])


def _alike(case: Case) -> str:
    rank = f", number {case.alike_rank} of that letter" if case.alike_rank else ""
    return f"Passed over: it is the same work as “{case.alike}”{rank}."


def _crowded(case: Case) -> str:
    return (
        f"Passed over: it would have been number {case.place}, and their letters hold "
        f"{case.limit} paper{'' if case.limit == 1 else 's'}."
    )


def _changed(case: Case) -> str:
    return (
        f"Not in that letter, but it would be number {case.place} were it made now: words, "
        "feedback or papers have changed since."
    )


def _below(case: Case) -> str:
    edge = calibration.EDGES[case.threshold]
    lacking = f"its fit is {_two(case.fit)}, and “{case.threshold}” starts at {_two(edge)}"
    if case.appeal is not None:
        lacking += (
            f"; with the trend mixed in it has {_two(case.appeal)} of the {_two(case.needed)} "
            "it needs"
        )
    return f"Below their threshold: {lacking}."


def _unchosen(case: Case) -> str:
    return f"Not chosen, although its fit of {_two(case.fit)} is enough for “{case.threshold}”."


def _two(fraction: float) -> str:
    """Cut off after two places: 0.4999 must not look as if it had reached 0.50."""
    return f"{int(fraction * 100 + 1e-9) / 100:.2f}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


_SENTENCES: Mapping[Cause, Callable[[Case], str]] = {
    Cause.GONE: lambda case: f"No letter takes it any more: it was {case.gone}.",
    Cause.LATER: lambda case: f"Not there yet: it was first seen on {_day(case.first_seen)}.",
    Cause.OLD: _old,
    Cause.SENT: _sent,
    Cause.SAID: lambda case: f"They know it: they {case.said} it.",
    Cause.TWIN: lambda case: f"They know it: it is the same work as “{case.twin}”.",
    Cause.MUTED: _muted,
    Cause.ALIKE: _alike,
    Cause.CROWDED: _crowded,
    Cause.CHANGED: _changed,
    Cause.NEXT: lambda case: f"It would be number {case.place} of that letter.",
    Cause.BELOW: _below,
    Cause.UNCHOSEN: _unchosen,
}
