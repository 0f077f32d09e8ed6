"""What a source's answer amounts to, in a word and in a sentence.

A short list, an empty one and yesterday's under today's date look alike to a program that only
counts papers. Here nothing is taken for a quiet day that is not one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.languages import amount
from app.papers import freshness, identity
from app.papers.freshness import State
from app.papers.paper import Digest, Entry
from app.pipeline import questions
from app.pipeline.catalogue import ROLLING, Kind
from app.pipeline.questions import Question
from app.store.sources import Outcome
from app.store.tables import SourceState

# What a server says that has had enough for now (RFC 6585 §4, RFC 9110 §15.6.4).
BUSY = {429, 503}


@dataclass(frozen=True)
class Batch:
    """The last list of a source that was new, by what names its papers, and its day."""

    names: Collection[str] = ()
    day: date | None = None


def names_of(entries: Sequence[Entry]) -> list[str]:
    """What names the paper of each entry, its strongest name, in their order."""
    return [identity.keys(entry.paper)[0] for entry in entries]


def of_list(
    question: Question, found: Collection[str], before: Batch, n_left_out: int = 0
) -> Outcome:
    """Judge a list by the names of its papers.

    before: the source's last list; only one of another day can make this one stale. n_left_out:
    how many more it had, of kinds that are not wanted.
    """
    if not found and n_left_out:
        return _fresh(0)
    if not found:
        return _of_nothing(question)
    if question.listed.kind in ROLLING:
        n_more = len(set(found) - set(before.names))
        return _fresh(n_more) if n_more else Outcome(SourceState.EMPTY, _no_more(before))
    is_other = before.day is not None and before.day < question.day and not question.is_past
    due = questions.due(question.listed.kind, question.day)
    judged = freshness.judge(found, before.names if is_other else (), due)
    if judged is State.STALE and before.day is not None:
        return _stale(question, due.is_due, due.reason, before.day)
    return _fresh(len(found))


def _fresh(n_entries: int) -> Outcome:
    return Outcome(SourceState.FRESH, f"{amount(n_entries, 'paper', 'papers')}.", n_entries)


def _stale(question: Question, is_due: bool, reason: str, day: date) -> Outcome:
    if not is_due:  # where there is nothing new, the last list may well stand
        return _nothing(question.day, reason)
    return Outcome(
        SourceState.STALE,
        f"The list of {shown(day)} again, though it is {shown(question.day)}.",
    )


def _of_nothing(question: Question) -> Outcome:
    kind, day = question.listed.kind, question.day
    if kind in ROLLING:
        return Outcome(SourceState.EMPTY, "Nothing is listed.")
    due = questions.due(kind, day)
    if not due.is_due:
        return _nothing(day, due.reason)
    if kind is Kind.ARXIV and not question.is_query:
        doubt = "" if due.is_certain else ", unless there is a holiday that we do not know of"
        says = f"An empty list on {shown(day)}, a day with an announcement: arXiv is busy{doubt}."
        return Outcome(SourceState.THROTTLED, says)
    yet = "" if question.is_past else " yet"
    return Outcome(SourceState.EMPTY, f"Nothing is listed for {shown(day)}{yet}.")


def _nothing(day: date, reason: str) -> Outcome:
    return Outcome(SourceState.EMPTY, f"Nothing was announced on {shown(day)}: {reason}.")


def _no_more(before: Batch) -> str:
    return f"Nothing new since {shown(before.day)}." if before.day else "Nothing new."


def of_unchanged(question: Question, before: Batch) -> Outcome:
    """Judge the answer that the page is still the one we have (304)."""
    return of_list(question, before.names, before)


def of_refusal(status: int, host: str, wait: timedelta | None) -> Outcome:
    """Judge an answer that is none, by its status."""
    if status in BUSY:
        rest = f" and asks for {_span(wait)} of rest" if wait else ""
        return Outcome(SourceState.THROTTLED, f"{host} answers {status}{rest}.")
    return Outcome(SourceState.FAILED, f"{host} answers {status}.")


def _span(wait: timedelta) -> str:
    seconds = wait.total_seconds()
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def wanted(question: Question, found: Digest) -> tuple[Entry, ...]:
    """The entries that were asked for, where a source cannot be asked for them alone.

    bioRxiv lists all its subjects, OAI-PMH every paper that was changed, however old it is.
    """
    kind, subject = question.listed.kind, question.listed.argument.replace("-", " ")
    if kind is Kind.OAI:
        return tuple(each for each in found.entries if _is_new(each, question.day))
    if kind in {Kind.BIORXIV, Kind.MEDRXIV} and subject:
        return tuple(each for each in found.entries if subject in _subjects(each))
    return found.entries


def _is_new(entry: Entry, day: date) -> bool:
    return entry.paper.published is None or day - entry.paper.published <= questions.LATE


def _subjects(entry: Entry) -> set[str]:
    return {name.casefold().replace("-", " ") for name in entry.paper.categories}


def shown(day: date) -> str:
    """As in a sentence: "Friday 20 November"."""
    return f"{day:%A} {day.day} {day:%B}"
