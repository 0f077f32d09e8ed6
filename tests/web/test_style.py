"""The stylesheet: what can be read by whom."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "templates/static/paperboy.css"
# (ink, what it stands on)
PAIRS = [
    (ink, ground) for ground in ("page", "sheet") for ink in ("ink", "quiet", "link", "bad")
] + [("on-link", "link"), ("bad", "bad-sheet"), ("good", "good-sheet")]
PAIRS += [("ink", "marked"), ("link", "marked"), ("good", "page"), ("page", "ink")]


def palettes():
    roots = re.findall(r":root \{(.*?)\}", CSS.read_text(encoding="utf-8"), re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6})", root)) for root in roots)
    return {"light": light, "dark": light | dark}


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(scheme):
    colours = palettes()[scheme]

    for ink, ground in PAIRS:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    # WCAG 1.4.11: the edge of a field, and the ring around what has the focus.
    for edge in ("edge", "focus"):
        for ground in ("page", "sheet"):
            assert contrast(colours[edge], colours[ground]) >= 3, (edge, ground)


def test_nothing_is_fetched_from_elsewhere():
    assert "url(" not in CSS.read_text(encoding="utf-8")
    assert "@import" not in CSS.read_text(encoding="utf-8")
