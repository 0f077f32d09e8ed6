"""Why a paper is not among somebody's picks of a day, in a sentence."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

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


def sentence(case: Case) -> str:
    """Say the first thing that kept the paper out; plain text, to be escaped by who prints it."""
    kept_out = _not_new(case) or _known(case) or _unwanted(case) or _outranked(case)
    said = kept_out or _below(case)
    return f"{said} No letter of that day was sent: {case.no_letter}." if case.no_letter else said


def _not_new(case: Case) -> str:
    if case.first_seen > case.day:
        return f"Not there yet: it was first seen on {_day(case.first_seen)}."
    if case.first_seen <= case.day - timedelta(days=case.window):
        return (
            f"Too old for that day: it was first seen on {_day(case.first_seen)}, and a letter "
            f"takes what came within {case.window} days."
        )
    return ""


def _known(case: Case) -> str:
    if case.sent:
        return f"They know it: it was in their letter of {_day(case.sent)}."
    if case.said:
        return f"They know it: they {case.said} it."
    return f"They know it: it is the same work as “{case.twin}”." if case.twin else ""


def _unwanted(case: Case) -> str:
    if case.muted_by is None:
        return ""
    wanted_out = interests.format([replace(case.muted_by, negative=False)])
    return f"Muted: they asked to leave out {wanted_out}."


def _outranked(case: Case) -> str:
    if case.alike:
        rank = f", number {case.alike_rank} of that letter" if case.alike_rank else ""
        return f"Passed over: it is the same work as “{case.alike}”{rank}."
    if case.place is None:
        return ""
    if case.place > case.limit:
        return (
            f"Passed over: it would have been number {case.place}, and their letters hold "
            f"{case.limit} paper{'' if case.limit == 1 else 's'}."
        )
    if case.has_letter:
        return (
            f"Not in that letter, but it would be number {case.place} were it made now: words, "
            "feedback or papers have changed since."
        )
    return f"It would be number {case.place} of that letter."


def _below(case: Case) -> str:
    edge = calibration.EDGES[case.threshold]
    if case.fit >= edge:
        return f"Not chosen, although its fit of {_two(case.fit)} is enough for “{case.threshold}”."
    lacking = f"its fit is {_two(case.fit)}, and “{case.threshold}” starts at {_two(edge)}"
    if case.appeal is not None:
        lacking += (
            f"; with the trend mixed in it has {_two(case.appeal)} of the {_two(case.needed)} "
            "it needs"
        )
    return f"Below their threshold: {lacking}."


def _two(fraction: float) -> str:
    """Cut off after two places: 0.4999 must not look as if it had reached 0.50."""
    return f"{int(fraction * 100 + 1e-9) / 100:.2f}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
