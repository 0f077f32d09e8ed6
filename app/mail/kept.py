"""What comes again and again in letters, worked out once."""

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
# Some hundreds of bytes each, mostly, and there is one of these for each clause of a sentence.
MOST = 2_000


class Kept(dict[K, V]):
    """By what it is made of, whatever `make` makes of it. Full, it begins anew.

    A look-up costs a third of lru_cache's, and there are a hundred in a letter.
    """

    def __init__(self, make: Callable[[K], V], most: int = MOST) -> None:
        super().__init__()
        self._make, self._most = make, most

    def __missing__(self, key: K) -> V:
        if len(self) >= self._most:
            self.clear()
        self[key] = made = self._make(key)
        return made
