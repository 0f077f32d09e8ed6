"""One question to a source: ask it page by page, read what comes, and say what it amounts to.

Nothing is stored here but a host's wish to be left alone.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Engine

from app.errors import (
    EmptyAnswer,
    FetchError,
    NotAllowed,
    SourceError,
    TooMany,
    UnreadableDigest,
)
from app.papers import digest as digests
from app.papers.paper import Digest, Entry, Paper, UnreadLine
from app.pipeline import questions, verdict
from app.pipeline.catalogue import ROLLING, Kind
from app.pipeline.questions import Question
from app.pipeline.turns import Turns
from app.pipeline.verdict import Batch
from app.store.sources import Outcome
from app.store.tables import SourceState
from app.wire.fetching import Answer, Client, Validators

# An answer's length, and the signs that begin its elements, objects and texts: several times what
# the longest real pages have (2,000 papers of arXiv's), and far from what fills a memory.
MOST_BYTES = 12_000_000
MOST_SIGNS = {b"<": 300_000, b"{": 100_000, b"[": 100_000, b'"': 1_000_000}
# A list that goes on for longer is not that of one day.
MOST_PAGES, MOST_LISTED = 100, 30_000
# Nor is one that takes longer: then whoever asks for it no longer counts as at work.
LONGEST = timedelta(minutes=20)
CUT = "was not asked for, because the list goes on for too long"
# So often a host that is busy may ask for a short rest before a list is begun anew.
MOST_RESTS = 10
# Of a rolling list: more than any shows at a time.
MOST_NAMES = 10_000


@dataclass(frozen=True)
class Found:
    """What one question brought. batch: what to know this list by, None to keep the last one."""

    outcome: Outcome
    digest: Digest | None = None
    batch: Batch | None = None
    validators: Validators | None = None
    wait: timedelta | None = None


@dataclass(frozen=True)
class Asker:
    """What asking takes. token: of Hugging Face, or "". jitter: from 0 to 1, another each time."""

    engine: Engine
    client: Client
    turns: Turns
    clock: Callable[[], datetime]
    token: str = ""
    jitter: Callable[[], float] = random.random


def ask(asker: Asker, question: Question, before: Batch, held: Validators | None = None) -> Found:
    """Ask one question. held: the validators of its first page, where an answer is kept.

    before: the source's last new list. Whatever goes wrong is told by the outcome.
    """
    try:
        return _ask(asker, question, before, held)
    except FetchError as e:
        return Found(Outcome(SourceState.FAILED, str(e)))
    except TooMany as e:
        return Found(Outcome(SourceState.THROTTLED, str(e)), wait=e.wait)
    except EmptyAnswer as e:
        return Found(Outcome(SourceState.THROTTLED, str(e)))
    except SourceError as e:
        return Found(Outcome(SourceState.FAILED, str(e)))
    except UnreadableDigest as e:
        return Found(Outcome(SourceState.UNREADABLE, str(e)))


def _ask(asker: Asker, question: Question, before: Batch, held: Validators | None) -> Found:
    pages: list[Digest] = []
    rests, ends = iter(range(MOST_RESTS)), asker.clock() + LONGEST
    url, known, validators = question.url, set[str](), Validators()
    while url and url not in known and _has_room(pages) and asker.clock() < ends:
        known.add(url)
        host = urlsplit(url).hostname or ""
        if pages:
            answer = _patiently(asker, question, url, rests)
        else:
            answer = asker.client.get(url, held, _headers(asker, question))
        if answer.status == 304:
            return Found(verdict.of_unchanged(question, before))
        if answer.status != 200:
            return _refused(asker, answer, host, question.day)
        if not answer.body.strip():
            raise EmptyAnswer(f"{host} answers with nothing at all, as services do that are busy.")
        if not is_bearable(answer.body):
            raise NotAllowed(f"{host} answers with more than any list of papers has.")
        page = digests.read(answer.body, question.day)
        validators = validators if pages else answer.validators
        pages.append(page)
        if answer.wait:
            asker.turns.leave_alone(host, answer.wait)
        url = questions.following(question, page.page, answer.next_url)
    whole = _joined(pages)
    return _judged(question, _with_cut(whole) if url else whole, before, validators)


def _patiently(asker: Asker, question: Question, url: str, rests: Iterator[int]) -> Answer:
    """Ask for a later page, again after each rest that its host wants; begun anew it would cost
    the host all the pages before, too. Raises TooMany where the rest is a long one.
    """
    while True:
        answer = asker.client.get(url, None, _headers(asker, question))
        is_busy = answer.status in verdict.BUSY
        if not is_busy or not answer.wait or next(rests, None) is None:
            return answer
        asker.turns.leave_alone(urlsplit(url).hostname or "", answer.wait)


def _has_room(pages: Sequence[Digest]) -> bool:
    n_listed = sum(len((*page.entries, *page.changed, *page.deleted)) for page in pages)
    return len(pages) < MOST_PAGES and n_listed < MOST_LISTED


def _with_cut(found: Digest) -> Digest:
    """The beginning of a list, which says that it is one."""
    rest = UnreadLine(len(found.entries) + 1, "The rest of the list", CUT)
    return replace(found, unread=(*found.unread, rest))


def is_bearable(body: bytes) -> bool:
    """Whether reading it costs no more than a hundred megabytes, which it may tenfold."""
    return len(body) <= MOST_BYTES and all(body.count(s) <= n for s, n in MOST_SIGNS.items())


def _headers(asker: Asker, question: Question) -> dict[str, str]:
    has_token = asker.token and question.listed.kind is Kind.HF
    return {"Authorization": f"Bearer {asker.token}"} if has_token else {}


def _refused(asker: Asker, answer: Answer, host: str, day: date) -> Found:
    outcome = verdict.of_refusal(answer.status, host, answer.wait)
    if outcome.state is SourceState.THROTTLED:
        if answer.wait:
            asker.turns.leave_alone(host, answer.wait)
        return Found(outcome, wait=answer.wait)
    reason = _reason(answer.body, day) if is_bearable(answer.body) else ""
    return Found(replace(outcome, says=f"{outcome.says} {reason}".rstrip()))


def _reason(body: bytes, day: date) -> str:
    """Why a source refuses, in its own words, where it says so."""
    try:
        digests.read(body, day)
    except SourceError as e:
        return str(e)
    except UnreadableDigest:
        return ""
    return ""


def _joined(pages: Sequence[Digest]) -> Digest:
    """One list made of its pages, numbered through."""
    entries = [entry for page in pages for entry in page.entries]
    return replace(
        pages[0],
        entries=tuple(entry._replace(position=n) for n, entry in enumerate(entries, start=1)),
        unread=tuple(line for page in pages for line in page.unread),
        n_left_out=sum(page.n_left_out for page in pages),
        changed=tuple(paper for page in pages for paper in page.changed),
        deleted=tuple(arxiv_id for page in pages for arxiv_id in page.deleted),
    )


def _judged(question: Question, whole: Digest, before: Batch, validators: Validators) -> Found:
    wanted = verdict.wanted(question, whole)
    passed_over = _others(whole.entries, wanted)
    found = replace(
        whole,
        entries=wanted,
        date=question.day,
        n_left_out=whole.n_left_out + len(passed_over),
        changed=(*whole.changed, *passed_over),
    )
    names = verdict.names_of(found.entries)
    outcome = verdict.of_list(question, names, before, whole.n_left_out)
    if outcome.state is not SourceState.FRESH:
        return Found(outcome, found, validators=validators)
    if question.listed.kind in ROLLING:  # an entry stays for weeks, and is listed once
        known = set(before.names)
        pairs = zip(found.entries, names, strict=True)
        found = replace(found, entries=_numbered(e for e, name in pairs if name not in known))
        names = list(dict.fromkeys([*names, *before.names]))[:MOST_NAMES]
    batch = None if question.is_past else Batch(tuple(names), question.day)
    return Found(outcome, found, batch, validators)


def _others(entries: Sequence[Entry], wanted: Sequence[Entry]) -> list[Paper]:
    """What is listed and not wanted, as for its age: it may be known from when it was new."""
    kept = {entry.position for entry in wanted}
    return [entry.paper for entry in entries if entry.position not in kept]


def _numbered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(entry._replace(position=n) for n, entry in enumerate(entries, start=1))
