"""Charts of bars: where each rectangle stands, its axes, and the same figures as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from app.languages import Language

WIDTH, HEIGHT, GAP = 640, 240, 2
# The plot itself, in the same units: room is left for what stands at the axes.
LEFT, RIGHT, TOP, FLOOR = 64, 632, 12, 204
WIDEST_BAR = 64
MOST_TICKS, MOST_LABELS = 4, 3


@dataclass(frozen=True)
class Part:
    """A rectangle in a chart, in units of its view box. kind: its class in the stylesheet."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    said: str


@dataclass(frozen=True)
class Tick:
    """A line across the chart, and what it stands for; the first is that of zero."""

    y: float
    said: str


@dataclass(frozen=True)
class Label:
    """What stands below a bar. anchor: as SVG's text-anchor, so that none leaves the chart."""

    x: float
    said: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Chart:
    """rows: the figures behind it, one for each bar, under the names of the columns.

    Either parts, ticks and labels, a bar beside the other; or lengths, in percent of the longest,
    a bar below the other.
    """

    title: str
    said: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    parts: tuple[Part, ...] = ()
    ticks: tuple[Tick, ...] = ()
    labels: tuple[Label, ...] = ()
    lengths: tuple[float, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()


def stacked(
    title: str,
    said: str,
    names: Sequence[tuple[str, str]],
    bars: Sequence[tuple[str, Sequence[float]]],
    language: Language,
) -> Chart:
    """Bars of parts that stand on each other, one beside the other.

    names: (class, label) of each part. bars: a label and the sizes of its parts, none below 0.
    """
    unit = _unit(max((sum(sizes) for _, sizes in bars), default=0))
    n_ticks = max(ceil(max((sum(sizes) for _, sizes in bars), default=0) / unit), 1)
    scale, slot = (FLOOR - TOP) / (unit * n_ticks), (RIGHT - LEFT) / max(len(bars), 1)
    parts = []
    for n, (label, sizes) in enumerate(bars):
        floor, width = float(FLOOR), min(slot - GAP, WIDEST_BAR)
        left = round(_middle(n, slot) - width / 2, 2)
        for (kind, name), size in zip(names, sizes, strict=True):
            floor -= scale * size
            if size:
                tip = f"{language.say(label)}: {language.number(size)} {language.say(name)}"
                height = round(scale * size, 2)
                parts.append(Part(kind, left, round(floor, 2), round(width, 2), height, tip))
    ticks = [Tick(round(FLOOR - n * unit * scale, 2), language.number(n * unit))
             for n in range(n_ticks + 1)]  # fmt: skip
    return Chart(
        title,
        said,
        ("", *(name for _, name in names)),
        tuple((label, *map(language.number, sizes)) for label, sizes in bars),
        tuple(parts),
        tuple(ticks) if bars else (),
        tuple(_labels([label for label, _ in bars], slot)),
        legend=tuple(names) if len(names) > 1 else (),
    )


def listed(
    title: str,
    said: str,
    names: tuple[str, str],
    bars: Sequence[tuple[str, float]],
    language: Language,
) -> Chart:
    """Bars below each other, each with its label and its figure: for what is no course of time.

    names: of the labels, and of the figures.
    """
    longest = max((size for _, size in bars), default=0) or 1
    return Chart(
        title,
        said,
        names,
        tuple((label, language.number(size)) for label, size in bars),
        lengths=tuple(round(100 * size / longest, 2) for _, size in bars),
    )


def _unit(largest: float) -> int:
    """From one tick to the next: 1, 2 or 5, or those with noughts behind."""
    power = 1
    while True:
        for unit in (power, 2 * power, 5 * power):
            if largest <= unit * MOST_TICKS:
                return unit
        power *= 10


def _middle(n: int, slot: float) -> float:
    return LEFT + (n + 0.5) * slot


def _labels(texts: Sequence[str], slot: float) -> list[Label]:
    """Of the first bar, the last, and some between."""
    last = len(texts) - 1
    if last < 1:
        return [Label(_middle(0, slot), text) for text in texts]
    n_gaps = min(last, MOST_LABELS - 1)
    shown = sorted({round(last * n / n_gaps) for n in range(n_gaps + 1)})
    is_wide = last >= MOST_LABELS  # else each has room around its own bar
    ends = {0: "start", last: "end"} if is_wide else {}
    return [
        Label(round(_middle(n, slot), 2), texts[n], ends.get(n, "middle")) for n in shown
    ]  # fmt: skip
