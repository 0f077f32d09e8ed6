"""Two settings of the ranking in one letter, and what readers' feedback says of them.

Source: Radlinski, Kurup, Joachims, How does clickthrough data reflect retrieval quality?, CIKM
2008, §4.2: team-draft interleaving.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from math import ceil
from types import MappingProxyType

from scipy import special

from app.recommend.calibration import Band
from app.recommend.picks import Pick

# Whoever looks at a trial every day until it says something needs more than the usual 95 %.
SURE = 0.99
# To find a preference of this strength in four trials of five takes (Z / (2·share - 1))² letters:
# the normal quantiles of SURE, two-sided, and of four in five.
_Z = 2.576 + 0.842
_FAR_OFF = 1_000_000


class Team(StrEnum):
    """Whose pick it is. NONE: both settings', or neither's, so that it speaks for nobody."""

    A = "a"
    B = "b"
    NONE = ""


Drafted = tuple[Pick, Team]


def draft(
    a: Sequence[Pick],
    b: Sequence[Pick],
    limit: int,
    seed: bytes | str,
    same: Mapping[int, Set[int]] = MappingProxyType({}),
) -> list[Drafted]:
    """Mix two rankings of one reader's candidates into one letter of at most `limit` picks.

    In each round a coin, thrown by `seed`, says which team picks first; each takes its best paper
    that is not taken yet. Unlike in the source a paper that is the best left for both belongs to
    nobody: a coin would credit it, and blur what the others tell. When one team has no paper left,
    the other's follow without a team, or it would win by being longer. same: papers that are one
    work (paper id → its twins), of which one is taken. A pick to learn from is of no team and comes
    last, A's if there are two, and never in the place of a strong one. Ranks are given anew.
    """
    own_a, own_b = _own(a), _own(b)
    drafted = _rounds(own_a, own_b, seed, same)[:limit]
    taken = _known([pick for pick, _ in drafted], same)
    exploring = [p for p in (*a, *b) if p.reason.exploring and p.paper_id not in taken]
    if exploring and len(drafted) >= limit and drafted[-1][0].reason.band != Band.STRONG:
        del drafted[limit - 1 :]
    if exploring and len(drafted) < limit:
        drafted.append((exploring[0], Team.NONE))
    return [(replace(pick, rank=n), team) for n, (pick, team) in enumerate(drafted, start=1)]


def _own(ranked: Sequence[Pick]) -> list[Pick]:
    return [pick for pick in ranked if not pick.reason.exploring]


def _known(taken: Sequence[Pick], same: Mapping[int, Set[int]]) -> set[int]:
    return {p.paper_id for p in taken}.union(*(same.get(p.paper_id, ()) for p in taken))


def _rounds(
    a: Sequence[Pick], b: Sequence[Pick], seed: bytes | str, same: Mapping[int, Set[int]]
) -> list[Drafted]:
    drafted: list[Drafted] = []
    known: set[int] = set()
    while True:
        a = [pick for pick in a if pick.paper_id not in known]
        b = [pick for pick in b if pick.paper_id not in known]
        found = _round(a, b, _coin(seed, len(drafted)), same)
        if not found:
            return drafted
        drafted += found
        known |= _known([pick for pick, _ in found], same)


def _round(
    a: Sequence[Pick], b: Sequence[Pick], a_first: bool, same: Mapping[int, Set[int]]
) -> list[Drafted]:
    if not a or not b:
        return [(pick, Team.NONE) for pick in (*a, *b)[:1]]
    if b[0].paper_id in _known(a[:1], same):
        return [(a[0], Team.NONE)]
    both = [(a[0], Team.A), (b[0], Team.B)]
    return both if a_first else both[::-1]


def _coin(seed: bytes | str, throw: int) -> bool:
    raw = seed.encode() if isinstance(seed, str) else seed
    return bool(sha256(b"%d:%b" % (throw, raw)).digest()[0] & 1)


@dataclass(frozen=True)
class Verdict:
    """What a trial says so far.

    n_a, n_b: letters in which that team earned more credit; n_ties: in which both earned the same,
    and any at all; n_letters: all. p: of the sign test, two-sided. n_missing: about how many more
    letters would tell, None where that cannot be said. share: of B among the decided letters.
    """

    n_letters: int
    n_a: int
    n_b: int
    n_ties: int
    p: float
    n_missing: int | None = None

    @property
    def n_decided(self) -> int:
        """Letters in which one team earned more."""
        return self.n_a + self.n_b

    @property
    def share(self) -> float:
        """What part of the decided letters B won; a half where none is decided."""
        return self.n_b / self.n_decided if self.n_decided else 0.5

    @property
    def confidence(self) -> float:
        """From 0 to 1."""
        return 1 - self.p

    @property
    def winner(self) -> Team:
        """Who is preferred beyond doubt, or nobody yet."""
        if self.confidence < SURE:
            return Team.NONE
        return Team.B if self.n_b > self.n_a else Team.A


def verdict(letters: Sequence[tuple[int, int]], n_letters: int | None = None) -> Verdict:
    """Judge by the credits (of A, of B) of each letter; a dislike is a credit of -1.

    Letters and not clicks are counted, so that one eager reader of one letter does not decide.
    n_letters: how many there were with those nobody spoke of, if these were left out.
    """
    n_a = sum(a > b for a, b in letters)
    n_b = sum(b > a for a, b in letters)
    n_ties = sum(a == b != 0 for a, b in letters)
    n_all = len(letters) if n_letters is None else n_letters
    n_missing = _missing(n_all, n_a, n_b)
    return Verdict(n_all, n_a, n_b, n_ties, _sign_test(n_a, n_b), n_missing)


def _sign_test(n_a: int, n_b: int) -> float:
    """The exact chance that a fair coin falls at least as unevenly."""
    tail: float = special.bdtr(min(n_a, n_b), n_a + n_b, 0.5)
    return min(1.0, 2 * float(tail))


def _missing(n_letters: int, n_a: int, n_b: int) -> int | None:
    decided = n_a + n_b
    if n_a == n_b:
        return None
    wanted = (_Z * decided / (n_a - n_b)) ** 2
    missing = ceil(max(wanted - decided, 1) * n_letters / decided)
    return missing if missing < _FAR_OFF else None


def sentence(found: Verdict) -> str:
    """Say it in plain English."""
    if found.winner == Team.NONE:
        return f"No verdict yet: {_so_far(found)}{_what_would_tell(found)}."
    share = found.share if found.winner == Team.B else 1 - found.share
    return (
        f"{found.winner.upper()} is preferred: {share * 100:.0f} % of {found.n_decided} "
        f"decided letters, confidence {_percent(found.confidence)}."
    )


def _so_far(found: Verdict) -> str:
    if not found.n_decided:
        return f"feedback has decided none of {found.n_letters} letters"
    return (
        f"B has {found.n_b} of {found.n_decided} decided letters, "
        f"confidence {_percent(found.confidence)}"
    )


def _what_would_tell(found: Verdict) -> str:
    if found.n_missing is not None:
        return f"; about {_rounded(found.n_missing)} more letters would tell"
    return "; no difference shows" if found.n_decided else ""


def _percent(part: float) -> str:
    # Rounded down: nothing is certain.
    return f"{int(part * 1000) / 10:.1f} %"


def _rounded(count: int) -> str:
    """Two digits that count: more would feign knowledge."""
    step = 10 ** max(len(str(count)) - 2, 0)
    return f"{ceil(count / step) * step:,}"
