"""How a corpus writes its words, and its pairs of words: what a stem is given back as.

Stems lose more than an ending: "control variat" may be a variate or a variation, so a pair is
written as the corpus writes that pair, and not as it writes each of the two words elsewhere.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Voices = NDArray[np.float64]


def of_stems(
    forms: Sequence[str], voices: Voices, stem_of: Numbers, stems: Sequence[str]
) -> dict[str, str]:
    """The commonest form of each stem; of equals the shortest, then the first of the alphabet.

    voices: how much each form is heard, (n_forms,). stem_of: the number of its stem, below 0 where
    it has none.
    """
    best: dict[int, tuple[float, int, str]] = {}
    for form, voice, stem in zip(forms, voices.tolist(), stem_of.tolist(), strict=False):
        if voice and stem >= 0:
            rank = (-voice, len(form), form)
            best[stem] = min(best.get(stem, rank), rank)
    return {stems[stem]: form for stem, (_, _, form) in best.items()}


def of_pairs(
    columns: Numbers, spoken: NDArray[np.int32], voices: Voices, n_terms: int
) -> NDArray[np.int32]:
    """The commonest two forms of each pair, (n_terms, 2); −1 for a term that is no pair.

    columns: of the terms, once for each time that a pair is spoken. spoken: the forms then,
    (n_times, 2). voices: how much that is heard.
    """
    written = np.full((n_terms, 2), -1, dtype=np.int32)
    n_forms = int(spoken.max(initial=0)) + 1
    keys = spoken[:, 0].astype(np.int64) * n_forms + spoken[:, 1]
    ways, first, each = np.unique(keys, return_index=True, return_inverse=True)
    heard, of_way = np.bincount(each, voices, len(ways)), columns[first]
    loudest = np.zeros(n_terms)
    np.maximum.at(loudest, of_way, heard)
    # Of equals the first: what is written last stays.
    best = np.flatnonzero(heard == loudest[of_way])[::-1]
    written[of_way[best]] = np.stack([ways[best] // n_forms, ways[best] % n_forms], axis=1)
    return written


def casings(forms: Sequence[str], voices: Voices) -> NDArray[np.int32]:
    """For each form the number of that which is heard most of those that differ in case alone.

    A pair that opens a sentence, or stands in a title, has capitals of no meaning.
    """
    best: dict[str, tuple[float, int]] = {}
    folded = [form.casefold() for form in forms]
    for number, (fold, voice) in enumerate(zip(folded, voices.tolist(), strict=True)):
        rank = (-voice, number)
        best[fold] = min(best.get(fold, rank), rank)
    return np.array([best[fold][1] for fold in folded], dtype=np.int32)
