"""Is what a source answered today's list, the last one again, or nothing where there should be one?

arXiv dates everything with the day it is asked on, even yesterday's batch; and a busy server may
answer with an empty feed. Only the papers' numbers and the calendar tell these apart.
"""

from collections.abc import Collection
from enum import Enum

from app.papers.calendar import Announcement

# Papers that are cross-listed a day later stand in two announcements; half of them never do.
_SAME = 0.5


class State(Enum):
    """What became of one look at a source."""

    FRESH = "fresh"
    NOTHING = "nothing was announced"
    STALE = "the last list again"
    BUSY = "nothing, although there should be something"


def judge(found: Collection[str], before: Collection[str], due: Announcement) -> State:
    """found: the papers' numbers; before: those of the last list that was fresh, if any is known.

    A list that is full is believed whatever the calendar says: holidays change.
    """
    if not found:
        return State.BUSY if due.is_due else State.NOTHING
    known = set(before)
    n_known = sum(each in known for each in set(found))
    return State.STALE if n_known > _SAME * len(set(found)) else State.FRESH
