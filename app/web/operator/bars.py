"""Charts of bars: where each rectangle stands, and the same figures as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.languages import Language

WIDTH, HEIGHT, GAP = 600, 160, 2


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
class Chart:
    """rows: the figures behind it, one for each bar, under the names of the columns."""

    title: str
    said: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    parts: tuple[Part, ...]
    legend: tuple[tuple[str, str], ...] = ()


def stacked(
    title: str,
    said: str,
    names: Sequence[tuple[str, str]],
    bars: Sequence[tuple[str, Sequence[float]]],
    language: Language,
) -> Chart:
    """Bars of parts that stand on each other.

    names: (class, label) of each part. bars: a label and the sizes of its parts, none below 0.
    """
    top = max((sum(sizes) for _, sizes in bars), default=0) or 1
    step = WIDTH / max(len(bars), 1)
    parts = []
    for n, (label, sizes) in enumerate(bars):
        floor = float(HEIGHT)
        for (kind, name), size in zip(names, sizes, strict=True):
            height = HEIGHT * size / top
            floor -= height
            if size:
                tip = f"{language.say(label)}: {language.number(size)} {language.say(name)}"
                width = round(step - GAP, 2)
                parts.append(
                    Part(kind, round(n * step, 2), round(floor, 2), width, round(height, 2), tip)
                )
    return Chart(
        title,
        said,
        ("", *(name for _, name in names)),
        tuple((label, *map(language.number, sizes)) for label, sizes in bars),
        tuple(parts),
        tuple(names) if len(names) > 1 else (),
    )
