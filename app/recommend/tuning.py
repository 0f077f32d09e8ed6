"""What a reader may turn in the ranking, as it is typed on a page, an option or in a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from app.errors import BadValue
from app.languages import english
from app.recommend.calibration import Band

DIAL_STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
EXPLORATION = MappingProxyType({"never": 0.0, "now and then": 0.2, "every letter": 1.0})
_CONSENT = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


class EmptyDay(StrEnum):
    """What comes on a day without a paper for a reader. OLDER: the best of earlier days unseen."""

    NOTHING = "no letter"
    NOTE = "short note"
    OLDER = "older papers"


@dataclass(frozen=True)
class Tuning:
    """threshold: the least band of a pick. dial: from 0, "for me", to 1, "what everyone reads".

    exploration: the share of letters with a paper to learn from. shares_likes: whether their likes
    may teach, in sum with those of others, which papers go together. empty_day: see there.
    """

    threshold: Band = Band.GOOD
    dial: float = DIAL_STEPS[0]
    exploration: float = EXPLORATION["now and then"]
    shares_likes: bool = False
    empty_day: EmptyDay = EmptyDay.NOTHING


USUAL = Tuning()


def parse(typed: Mapping[str, str], so_far: Tuning = USUAL) -> Tuning:
    """What was typed for each field, by its name, on top of `so_far`. Raises BadValue."""
    return replace(so_far, **{name: _READ[name](text) for name, text in typed.items()})


def parse_threshold(text: str) -> Band:
    """Read "strong", "good" or "worth a look"; hyphens may stand for spaces. Raises BadValue."""
    try:
        return Band(_plain(text))
    except ValueError as e:
        raise BadValue(
            "threshold",
            english(
                "“{typed}” is no threshold; choose strong, good or worth a look.", typed=text[:40]
            ),
        ) from e


def parse_dial(text: str) -> float:
    """Read one of DIAL_STEPS. Raises BadValue."""
    try:
        return DIAL_STEPS[DIAL_STEPS.index(float(text))]
    except ValueError as e:
        raise BadValue(
            "dial",
            english(
                "“{typed}” is no step of the dial; choose 0, 0.25, 0.5, 0.75 or 1.",
                typed=text[:40],
            ),
        ) from e


def parse_exploration(text: str) -> float:
    """Read one of the words of EXPLORATION as a share of letters. Raises BadValue."""
    share = EXPLORATION.get(_plain(text))
    if share is None:
        raise BadValue(
            "exploration",
            english(
                "“{typed}” is no choice of how often to explore; choose never, now and then or "
                "every letter.",
                typed=text[:40],
            ),
        )
    return share


def parse_consent(text: str) -> bool:
    """Read "yes" or "no"; nothing else is ever taken for a yes. Raises BadValue."""
    agreed = _CONSENT.get(_plain(text))
    if agreed is None:
        raise BadValue(
            "shares_likes",
            english("“{typed}” is no answer to sharing likes; choose yes or no.", typed=text[:40]),
        )
    return agreed


def parse_empty_day(text: str) -> EmptyDay:
    """Read "no letter", "short note" or "older papers"; hyphens may stand for spaces.

    Raises BadValue.
    """
    try:
        return EmptyDay(_plain(text))
    except ValueError as e:
        raise BadValue(
            "empty_day",
            english(
                "“{typed}” is no choice for an empty day; choose no letter, short note or older "
                "papers.",
                typed=text[:40],
            ),
        ) from e


def name_exploration(share: float) -> str:
    """The word of EXPLORATION that is nearest to a share."""
    return min(EXPLORATION, key=lambda name: abs(EXPLORATION[name] - share))


_READ: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "threshold": parse_threshold,
        "dial": parse_dial,
        "exploration": parse_exploration,
        "shares_likes": parse_consent,
        "empty_day": parse_empty_day,
    }
)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("-", " ").split())
