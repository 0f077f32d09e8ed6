"""Which votes in a letter a person gave, and which a link scanner made.

Scanners open every link of a mail, and some run its scripts. A vote is void where it came as no
person's does; see the reasons below. One that a scanner in disguise might give as well, alone and
later, needs a sign that somebody is there. One by a button, after a press the browser vouches for,
is void only if the contrary follows. More that is known of a letter makes more of its votes void,
never fewer: they may be judged at any time, and again later.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.mail.links import Verdict

# How near in time a vote is to what gives it away.
NEAR = timedelta(seconds=60)
HASTE, MOST_IN_HASTE = timedelta(seconds=10), 2
# How long after it was handed over a letter's links are opened by scanners on its way.
SCAN_TIME = timedelta(minutes=3)
# How many times as long a vote needs a sign of a person, and be it that the mouse was moved.
WARY = 4

BY_TRAP = "a link that nobody sees was opened from there within a minute"
BY_CONTRARY = "the contrary was said of the paper within a minute"
BY_HASTE = "more papers were voted on within ten seconds than anybody reads"
BY_ARRIVAL = "no button was pressed while the letter was being delivered"
WITHOUT_SIGN = "soon after delivery, and nothing showed that somebody was there"
REASONS = (BY_ARRIVAL, BY_TRAP, BY_CONTRARY, BY_HASTE, WITHOUT_SIGN)


@dataclass(frozen=True)
class Visit:
    """Somebody or something used a link of one letter.

    verdict: on which paper what; None on both: it was the link that nobody sees. by_script: the
    page sent it by itself, no button was pressed. is_trusted: the browser vouched for a press or
    touch before it; of one by script, for a move of the mouse, or a button pressed there on
    another day. network, agent: whence; "" where it is not known, which is like nothing else.
    """

    at: datetime
    paper_id: int | None = None
    verdict: Verdict | None = None
    by_script: bool = False
    is_trusted: bool = False
    network: str = ""
    agent: str = ""

    @property
    def is_firm(self) -> bool:
        """Whether a person did it, as far as a browser can tell."""
        return self.is_trusted and not self.by_script and self.verdict is not None

    def is_akin(self, other: "Visit") -> bool:
        """Whether both came from the same network or the same browser."""
        same_network = self.network != "" and self.network == other.network
        return same_network or (self.agent != "" and self.agent == other.agent)

    def is_near(self, other: "Visit") -> bool:
        """Whether both came at about the same time."""
        return abs(self.at - other.at) <= NEAR


@dataclass(frozen=True)
class HandOver:
    """When a letter began to leave, and when the server had it: scanners may be quick."""

    began: datetime
    ended: datetime


def needs_button(
    at: datetime, hand_over: HandOver | None, scan_time: timedelta = SCAN_TIME
) -> bool:
    """Whether a vote without a button counts for nothing at a moment."""
    return hand_over is not None and hand_over.began <= at < hand_over.ended + scan_time


def needs_sign(at: datetime, hand_over: HandOver | None, scan_time: timedelta = SCAN_TIME) -> bool:
    """Whether at a moment a vote by script counts only if the browser vouches for somebody."""
    return needs_button(at, hand_over, WARY * scan_time)


def judge(
    visits: Sequence[Visit], hand_over: HandOver | None = None, scan_time: timedelta = SCAN_TIME
) -> list[str]:
    """Say of each visit of one letter why it does not count; "" where it does.

    hand_over: None where it is not known, as of a letter that was never sent.
    """
    reasons = [""] * len(visits)
    found = (
        (BY_ARRIVAL, _on_arrival(visits, hand_over, scan_time)),
        (BY_TRAP, _trapped(visits)),
        (BY_CONTRARY, _contrary(visits)),
        (BY_HASTE, _hasty(visits)),
        (WITHOUT_SIGN, _without_sign(visits, hand_over, scan_time)),
    )
    for reason, places in found:
        for n in places:
            reasons[n] = reasons[n] or reason
    return reasons


def _on_arrival(
    visits: Sequence[Visit], hand_over: HandOver | None, scan_time: timedelta
) -> Iterator[int]:
    for n, each in enumerate(visits):
        if each.by_script and needs_button(each.at, hand_over, scan_time):
            yield n


def _without_sign(
    visits: Sequence[Visit], hand_over: HandOver | None, scan_time: timedelta
) -> Iterator[int]:
    for n, each in enumerate(visits):
        is_bare = each.by_script and not each.is_trusted
        if is_bare and needs_sign(each.at, hand_over, scan_time):
            yield n


def _trapped(visits: Sequence[Visit]) -> set[int]:
    """From trap to vote to vote: who goes through all links may need longer than a minute."""
    known = [each for each in visits if each.verdict is None]
    free = {n for n, each in enumerate(visits) if each.verdict is not None and each.by_script}
    trapped: set[int] = set()
    while known:
        mark = known.pop()
        caught = {n for n in free if visits[n].is_near(mark) and visits[n].is_akin(mark)}
        free -= caught
        trapped |= caught
        known += [visits[n] for n in caught]
    return trapped


def _contrary(visits: Sequence[Visit]) -> Iterator[int]:
    for votes in _by_paper(visits):
        ups = [(n, each) for n, each in votes if each.verdict is Verdict.LIKE]
        downs = [(n, each) for n, each in votes if each.verdict is Verdict.DISLIKE]
        for up, down in ((up, down) for up in ups for down in downs if up[1].is_near(down[1])):
            first, last = sorted((up, down), key=lambda vote: vote[1].at)
            yield first[0]
            # Who thought better of it pressed a button; their last word holds.
            if not last[1].is_firm:
                yield last[0]
            if not last[1].is_firm and not first[1].is_firm:
                yield from _saved_with(votes, first[1], last[1])


def _saved_with(votes: Iterable[tuple[int, Visit]], *pair: Visit) -> Iterator[int]:
    """What opened both "more" and "less" opened "save" too."""
    for n, each in votes:
        is_save = each.verdict is Verdict.SAVE and each.by_script
        if is_save and any(each.is_near(other) and each.is_akin(other) for other in pair):
            yield n


def _by_paper(visits: Sequence[Visit]) -> Iterable[list[tuple[int, Visit]]]:
    found: dict[int, list[tuple[int, Visit]]] = {}
    for n, each in enumerate(visits):
        if each.paper_id is not None and each.verdict is not None:
            found.setdefault(each.paper_id, []).append((n, each))
    return found.values()


def _hasty(visits: Sequence[Visit]) -> Iterator[int]:
    votes = [
        (n, each) for n, each in enumerate(visits) if each.verdict is not None and not each.is_firm
    ]
    votes.sort(key=lambda vote: vote[1].at)
    for first, (_, start) in enumerate(votes):
        among = [vote for vote in votes[first:] if vote[1].at - start.at <= HASTE]
        if len({each.paper_id for _, each in among}) > MOST_IN_HASTE:
            yield from (n for n, _ in among)
