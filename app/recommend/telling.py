"""Why a letter's picks are in it, in its words: found when they are chosen, and stored with it.

So a letter that is sent again, or looked at, gives the same reasons in the same words.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from app.recommend import highlight, naming, points
from app.recommend import voice as voices
from app.recommend.explain import Reason
from app.recommend.voice import Lines, Point, Voice


class Told(NamedTuple):
    """Of one pick. band: how well it fits, a `recommend.calibration.Band`, or "".

    by_community: whether people sent the paper in. exploring: picked to learn from. points: why it
    is there, sentence by sentence. shares: what made the score, in percent. terms, names: what to
    set in bold, in any form, in the excerpt and among the authors.
    """

    rank: int
    paper_id: int
    by_community: bool
    band: str
    exploring: bool
    points: Sequence[Point]
    shares: Sequence[tuple[str, int]]
    terms: Lines
    names: Lines


def of(
    rank: int,
    paper_id: int,
    reason: Reason,
    titles: Mapping[int, str],
    voice: Voice,
    *,
    by_community: bool = False,
) -> Told:
    """Tell why a paper stands at this place. titles: see `naming.shares`; voice: its reader's."""
    weighed = naming.weigh(reason, titles, voice)
    said = points.of(reason, weighed, titles)
    # Nothing is known of how well it fits: it was chosen before that was stored, or by trend alone.
    if not (reason.fit or reason.exploring):
        return Told(rank, paper_id, by_community, "", False, said, (), "", "")
    terms, names = map(voices.lines, highlight.of(reason, weighed.total))
    shares, is_tried = naming.parts(weighed, reason.rest, voice), reason.exploring
    return Told(rank, paper_id, by_community, reason.band, is_tried, said, shares, terms, names)


_to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def to_json(told: Sequence[Told]) -> str:
    """What is told of a letter's picks, on two lines: their papers' ids, and all of it."""
    return f"{_to_json([each.paper_id for each in told])}\n{_to_json(told)}"


def paper_ids(text: str) -> list[int]:
    """The papers of what `to_json` wrote, in their order. Raises ValueError for anything else."""
    return cast("list[int]", json.loads(_parted(text)[0]))


def from_json(text: str) -> list[Told]:
    """Read what `to_json` wrote: lists, which is enough for who takes them apart.

    Raises ValueError for anything else.
    """
    return cast("list[Told]", json.loads(_parted(text)[1]))


def _parted(text: str) -> tuple[str, str]:
    ids, end, told = text.partition("\n")
    if not end:
        raise ValueError("what it says of its papers is cut off")
    return ids, told
