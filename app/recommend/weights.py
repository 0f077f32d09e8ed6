"""What each signal counts for: one value, so that a replay or a comparison can try others."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from app import errors


@dataclass(frozen=True)
class Weights:
    """The day's weights; every one is a plain number from 0 to 1,000.

    word: a typed word or phrase in the paper. echo: the paper is like those that speak of it most.
    author, category: the paper is by, or in, what was typed. liked, near, theme: likeness to all
    liked papers together, to the nearest of them, and to what they are about. disliked: taken off.
    reader_word, reader_echo, reader_liked, reader_near: the same through what readers in sum like.
    fade: how fast typed words give way to feedback. half_life: days after which a like counts half.
    spread: how much a paper loses by being like one chosen before it.
    """

    word: float = 5.4
    echo: float = 1.2
    author: float = 3.0
    category: float = 0.5
    liked: float = 3.0
    near: float = 5.0
    theme: float = 0.5
    disliked: float = 0.2
    reader_word: float = 3.6
    reader_echo: float = 3.0
    reader_liked: float = 2.5
    reader_near: float = 2.0
    fade: float = 0.5
    half_life: float = 365.0
    spread: float = 0.1


USUAL = Weights()


def parse(settings: Iterable[str], base: Weights = USUAL) -> Weights:
    """Read "name=number" settings onto `base`. Raises BadValue, field "weights", naming one."""
    names = {field.name for field in fields(Weights)}
    read: dict[str, float] = {}
    for setting in settings:
        name, _, number = (part.strip() for part in setting.partition("="))
        if name not in names:
            raise _bad(f"“{name}” is no weight; there are {', '.join(sorted(names))}")
        try:
            read[name] = float(number)
        except ValueError as e:
            raise _bad(f"“{setting}” is not like {name}=0.5") from e
        if not 0 <= read[name] <= 1000:
            raise _bad(f"{name} must be from 0 to 1000, and not {number}")
    if read.get("half_life") == 0:
        raise _bad("half_life must be more than 0 days")
    return replace(base, **read)


def _bad(sentence: str) -> errors.BadValue:
    return errors.BadValue("weights", sentence)
