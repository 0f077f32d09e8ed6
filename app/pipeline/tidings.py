"""What a letter says of sources that brought nothing, where its reader would wonder.

One sentence, and only on a day on which a list was to be expected, or that is a holiday; that
nothing comes at weekends is news to nobody who has papers to read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlmodel import Session

from app.languages import ENGLISH, Language, english
from app.papers import calendar
from app.pipeline import questions
from app.pipeline.catalogue import ROLLING, Kind
from app.store import sources
from app.store.tables import SourceDay, SourceState

HOLIDAY = english("{names} announced nothing: holiday ({holiday}).")
WEEKEND = english("Nothing is announced at weekends.")
_TROUBLE = {
    SourceState.STALE: english(
        "{names} showed the last list again; what is missing here comes with a later letter."
    ),
    SourceState.THROTTLED: english(
        "{names} was too busy to answer; what is missing here comes with a later letter."
    ),
    SourceState.FAILED: english(
        "{names} gave no answer; what is missing here comes with a later letter."
    ),
    SourceState.UNREADABLE: english(
        "{names} gave an answer that could not be read; what is missing here comes with a later "
        "letter."
    ),
}
SEVERAL = english("{names} brought no list; what is missing here comes with a later letter.")
HOLIDAYS = (
    *(english("New Year's Day"), english("Martin Luther King Day"), english("Juneteenth")),
    *(english("Independence Day"), english("Labor Day"), english("Thanksgiving")),
    *(english("Christmas"), english("arXiv's winter holidays"), english("New Year's Eve")),
)
_NAMES = {
    Kind.HF: "Hugging Face",
    Kind.ARXIV: "arXiv",
    Kind.OAI: "arXiv",
    Kind.BIORXIV: "bioRxiv",
    Kind.MEDRXIV: "medRxiv",
}


@dataclass(frozen=True)
class Tidings:
    """How the sources stand at a moment, for all letters written then.

    troubled: what each of those brought that should have had a list, by its name for readers.
    holiday: of those that announce nothing for it. is_weekend: for all.
    """

    troubled: tuple[tuple[str, SourceState], ...] = ()
    resting: tuple[str, ...] = ()
    holiday: str = ""
    is_weekend: bool = False

    def sentence(self, language: Language = ENGLISH, *, has_papers: bool = True) -> str:
        """What a letter says of it, "" where nothing is to be said."""
        if self.troubled:
            states = {state for _, state in self.troubled}
            text = _TROUBLE[states.pop()] if len(states) == 1 and self._is_one else SEVERAL
            return language.fill(text, names=language.listed(self._names))
        if self.resting:
            names, holiday = language.listed(self.resting), language.gettext(self.holiday)
            return language.fill(HOLIDAY, names=names, holiday=holiday)
        return language.gettext(WEEKEND) if self.is_weekend and not has_papers else ""

    @property
    def _names(self) -> Sequence[str]:
        return list(dict.fromkeys(name for name, _ in self.troubled))

    @property
    def _is_one(self) -> bool:
        return len(self._names) == 1


@dataclass(frozen=True)
class _Seen:
    """What one source that is asked over the web brought for a day. name: the operator's."""

    kind: Kind
    name: str
    row: SourceDay

    @property
    def label(self) -> str:
        """What readers call it; a feed's address may hold a key, its host does not."""
        return _NAMES.get(self.kind) or urlsplit(self.name.partition(":")[2]).hostname or self.name

    @property
    def holiday(self) -> str:
        """The holiday for which arXiv's feed of that day is empty, else ""."""
        if self.kind is not Kind.ARXIV or self.row.state is not SourceState.EMPTY:
            return ""
        before = self.row.day - timedelta(days=1)
        return calendar.holiday(self.row.day) or calendar.holiday(before)


def at(session: Session, now: datetime) -> Tidings:
    """How the sources that are in use stand, each on the day that its own calendar has now."""
    known = sources.days_since(session, now.date() - timedelta(days=1), now)
    seen = [
        _Seen(kind, name, row)
        for name, row in known
        if (kind := _kind(name)) and row.day == questions.day_at(kind, now)
    ]
    resting = [each for each in seen if each.holiday]
    return Tidings(
        tuple(_troubled(seen)),
        tuple(dict.fromkeys(each.label for each in resting)),
        resting[0].holiday if resting else "",
        _is_weekend(seen),
    )


def _kind(name: str) -> Kind | None:
    word = name.partition(":")[0]
    return next((kind for kind in (*_NAMES, Kind.FEED) if kind == word), None)


def _troubled(seen: Sequence[_Seen]) -> Iterator[tuple[str, SourceState]]:
    """Where one list of a service came and another did not, it is told which."""
    good = {each.label for each in seen if each.row.state in sources.GOOD}
    for each in seen:
        if each.row.state in _TROUBLE:
            is_part = each.label in good and each.kind is not Kind.FEED
            yield each.name if is_part else each.label, each.row.state


def _is_weekend(seen: Sequence[_Seen]) -> bool:
    due = [questions.due(each.kind, each.row.day) for each in seen if each.kind not in ROLLING]
    return bool(due) and all(each.reason == calendar.WEEKEND for each in due)
