"""Which paper is it that somebody sent in? Asked of arXiv, of the registries of DOIs, or of its
own page, so that title, authors and abstract are the paper's and not the sender's.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

import structlog
from sqlmodel import Session

from app.errors import (
    AppError,
    EmptyAnswer,
    FetchError,
    NotAllowed,
    NotReady,
    TooMany,
    UnreadableDigest,
)
from app.papers import digest as digests
from app.papers import landing, registry
from app.papers.paper import Paper
from app.pipeline import inquiry, questions, submissions, verdict
from app.pipeline.inquiry import Asker
from app.store import engine as engines
from app.store import naming
from app.store import submissions as rows
from app.store.tables import Submission, SubmissionState
from app.wire.fetching import Answer

log = structlog.get_logger()
CROSSREF, DATACITE = "https://api.crossref.org/works/", "https://api.datacite.org/dois/"
# Longer than all questions for one paper take: nobody else asks meanwhile.
ROUND = timedelta(minutes=10)
# When to ask again for what a busy host did not say, and no more after the last of them.
AGAIN = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
# In one go; the others' turn comes with the next.
MOST_AT_ONCE = 20
NOT_THERE = {404, 410}
NOT_AT_ARXIV = "arXiv knows no such paper."
NOT_REGISTERED = "The registries of DOIs, Crossref and DataCite, know no such paper."


class _Later(AppError):
    """It may be said later. wait: how long the host wants to be left alone, at least."""

    def __init__(self, message: str, wait: timedelta | None = None) -> None:
        super().__init__(message)
        self.wait = wait or timedelta()


def look_up(asker: Asker) -> int:
    """Look up what was sent in and is due; return how many papers were found.

    Raises NotReady, also where the service is to stop: what is left is looked up after the next
    start.
    """
    n_found = 0
    for _ in range(MOST_AT_ONCE):
        now = asker.clock()
        with engines.transaction(asker.engine) as session:
            row = rows.claim_due(session, now, now + ROUND)
        if row is None:
            break
        n_found += _look_up(asker, row)
    return n_found


def _look_up(asker: Asker, row: Submission) -> bool:
    try:
        found = _checked(_find(asker, row.name))
    except _Later as e:
        _put_off(asker, row, e)
        return False
    except NotReady:
        raise
    except AppError as e:
        _give_up(asker, row, str(e))
        return False
    except Exception as e:
        log.exception("submission_breaks_us", submission=row.id)
        _give_up(asker, row, f"The answer cannot be read, by a fault of ours: {e}.")
        return False
    with engines.transaction(asker.engine) as session:
        _keep(session, row.id or 0, found, asker.clock())
    return True


def _keep(session: Session, submission_id: int, found: Paper, now: datetime) -> None:
    row = rows.by_id(session, submission_id)
    if row is None or row.state is not SubmissionState.SENT:
        return  # an operator was faster
    rows.tell(row, found)
    row.state, row.next_at, row.says = SubmissionState.FOUND, None, ""
    session.add(row)
    stored = naming.find(session, [found])[0]
    if stored is not None:
        submissions.know(session, row, stored.id or 0, now)


def _put_off(asker: Asker, row: Submission, why: _Later) -> None:
    if row.tries >= len(AGAIN):
        _give_up(asker, row, f"{why} Asked {row.tries + 1} times.")
        return
    wait = max(AGAIN[row.tries] * (0.9 + asker.jitter() / 5), why.wait)
    _note(asker, row, lambda each, now: _later(each, str(why), now + wait))


def _later(row: Submission, says: str, at: datetime) -> None:
    row.tries, row.says, row.next_at = row.tries + 1, says, at


def _give_up(asker: Asker, row: Submission, says: str) -> None:
    def end(each: Submission, now: datetime) -> None:
        each.state, each.says, each.next_at = SubmissionState.UNKNOWN, says, None
        each.decided_at = now

    _note(asker, row, end)


def _note(asker: Asker, row: Submission, change: Callable[[Submission, datetime], None]) -> None:
    with engines.transaction(asker.engine) as session:
        found = rows.by_id(session, row.id or 0)
        if found is not None and found.state is SubmissionState.SENT:
            change(found, asker.clock())
            session.add(found)


def _find(asker: Asker, name: str) -> Paper:
    kind, _, reference = name.partition(":")
    if kind == "arxiv":
        return _at_arxiv(asker, reference)
    if kind == "doi":
        return _at_registries(asker, reference)
    answer = _asked(asker, reference, is_strange=True)
    if answer is None:
        raise FetchError("There is no page at this address (any more).")
    return landing.read(digests.decode(answer.body), reference)


def _at_arxiv(asker: Asker, arxiv_id: str) -> Paper:
    url = f"{questions.ARXIV_QUERY}?{urlencode({'id_list': arxiv_id, 'max_results': 1})}"
    answer = _asked(asker, url)
    body = answer.body if answer else b""
    try:
        found = digests.read(body, asker.clock().astimezone(UTC).date())
    except EmptyAnswer as e:
        raise _Later(str(e)) from e
    if not found.entries:
        raise FetchError(NOT_AT_ARXIV)
    return found.entries[0].paper


def _at_registries(asker: Asker, doi: str) -> Paper:
    for base in (CROSSREF, DATACITE):
        answer = _asked(asker, base + quote(doi))
        if answer is not None:
            found = registry.read(digests.decode(answer.body))
            return found._replace(doi=found.doi or doi)
    raise FetchError(NOT_REGISTERED)


def _asked(asker: Asker, url: str, *, is_strange: bool = False) -> Answer | None:
    """One answer, None where there is nothing at the address. Raises _Later, FetchError."""
    host = urlsplit(url).hostname or ""
    try:
        answer = asker.client.get(url, is_strange=is_strange)
    except TooMany as e:
        raise _Later(str(e), e.wait) from e
    except NotAllowed:
        raise
    except FetchError as e:
        raise _Later(str(e)) from e
    if answer.wait:
        asker.turns.leave_alone(host, answer.wait)
    if answer.status in NOT_THERE:
        return None
    if answer.status in verdict.BUSY or answer.status >= 500:
        raise _Later(f"{host} answers {answer.status}.", answer.wait)
    if answer.status != 200:
        raise FetchError(f"{host} answers {answer.status}.")
    if not inquiry.is_bearable(answer.body):
        raise NotAllowed(f"{host} answers with more than any page of a paper has.")
    return answer


def _checked(found: Paper) -> Paper:
    """Raises UnreadableDigest for what no list should hold."""
    if found.is_withdrawn:
        raise UnreadableDigest("The paper was withdrawn.")
    if len(found.title) > digests.LONGEST_TITLE or len(found.abstract) > digests.LONGEST_ABSTRACT:
        raise UnreadableDigest(f"What is there {digests.MONSTROUS}.")
    return found
