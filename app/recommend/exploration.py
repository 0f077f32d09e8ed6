"""One paper below a reader's threshold, now and then, whose like or dislike teaches the most."""

import hashlib
from datetime import date

import numpy as np

from app.recommend import calibration
from app.recommend.calibration import Band
from app.recommend.candidates import ALIKE, DECIMALS, Candidates, Floats, Mask


def explores(share: float, subscriber_id: int, day: date) -> bool:
    """Say whether the letter ranked on a day has a paper to learn from; always the same answer.

    In the long run `share` of a person's letters do, whatever their rhythm; 0 never, 1 always.
    """
    named = hashlib.blake2b(f"explore {subscriber_id} {day}".encode(), digest_size=8)
    # 53 bits: as many as a float holds, so that the quotient stays below 1.
    return int.from_bytes(named.digest()) >> 11 < share * 2**53


def choose(
    candidates: Candidates, among: Mask, fits: Floats, chosen: list[int], judged: Floats
) -> int | None:
    """Return the place of the paper that teaches most, None where none would teach anything.

    among: (n,) which may be chosen: not admitted, not muted, not sent before. chosen: the places
    already in the letter. judged: (n,), the largest cosine of each to a paper that the reader
    liked or disliked, 0 without any.
    The most of 4 · fit · (1 - fit) · density · (1 - c), with c the largest cosine to one chosen or
    judged: we are unsure of it, it stands for many others, and it is news; of equals the lower
    paper id. A twin of what was chosen or judged is not news at all.
    Source: information density, Settles, Active Learning Literature Survey (2009), §3.6, β = 1;
    the last factor as in maximal marginal relevance (see `selection.choose`).
    """
    known = judged.astype(np.float64)
    for place in chosen:
        cells = slice(*candidates.near.indptr[place : place + 2].tolist())
        others = candidates.near.indices[cells]
        known[others] = np.maximum(known[others], candidates.near.data[cells])
    news = np.where(known >= ALIKE, 0.0, 1 - known)
    value = np.round(4 * fits * (1 - fits) * candidates.density * news, DECIMALS) * among
    best = int(value.argmax()) if len(value) else 0
    return best if len(value) and value[best] > 0 else None


def add(chosen: list[int], place: int, fits: Floats, limit: int) -> list[int]:
    """Put a paper to learn from last.

    In a full letter the last paper that is not strong gives way; where all are, or it is the only
    one, nothing changes. No letter is made for the sake of learning: an empty one stays empty.
    """
    if not chosen or len(chosen) < limit:
        return [*chosen, place] if chosen else []
    strong = calibration.EDGES[Band.STRONG]
    lesser = [n for n, one in enumerate(chosen) if fits[one] < strong]
    if not lesser or len(chosen) == 1:
        return chosen
    return [*chosen[: lesser[-1]], *chosen[lesser[-1] + 1 :], place]
