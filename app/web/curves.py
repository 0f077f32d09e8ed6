"""Lines of small drawings, as points of an SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.recommend.trend import Count

WIDTH, HEIGHT = 320, 80


@dataclass(frozen=True)
class Line:
    """points: as SVG's polyline takes them, within WIDTH × HEIGHT. first, last: what it spans."""

    points: str
    first: Count
    last: Count
    width: int = WIDTH
    height: int = HEIGHT


def of_votes(counts: Sequence[Count]) -> Line | None:
    """Draw votes over days, from 0 up; None where they were counted on one day only.

    counts: in the order read; of a day the last one stands.
    """
    by_day = {count.day: count for count in counts}
    kept = [by_day[day] for day in sorted(by_day)]
    if len(kept) < 2:
        return None
    first, last = kept[0], kept[-1]
    days, most = (last.day - first.day).days, max(count.votes for count in kept) or 1
    points = [
        f"{(count.day - first.day).days / days * WIDTH:.1f},{(1 - count.votes / most) * HEIGHT:.1f}"
        for count in kept
    ]
    return Line(" ".join(points), first, last)
