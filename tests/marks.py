"""A language in which all that goes through translation stands in marks."""

import re
from collections.abc import Sequence
from gettext import NullTranslations
from operator import index

from app.languages import Language


class Marks(NullTranslations):
    """Says everything in English, within marks."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, one: str, many: str, n: int) -> str:
        # As gettext does, which takes nothing else for a number.
        return self.gettext(one if index(n) == 1 else many)


MARKED = Language("xx", "⟦Marked⟧", Marks())


def unmarked(text: str, foreign: Sequence[str] = ()) -> list[str]:
    """Words that stand in no marks, and are not among the texts of others."""
    while text != (text := re.sub("⟦[^⟦⟧]*⟧", " ", text)):
        pass
    for each in sorted(foreign, key=len, reverse=True):
        text = text.replace(each, " ")
    return re.findall(r"[^\W\d_]{2,}", text)
