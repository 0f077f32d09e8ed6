"""Papers that people send in: asked for by anybody, taken up by an operator, voted for by readers.

What is typed here names a paper; `discovery` finds out which. Nothing is listed before the nod.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from sqlmodel import Session

from app.errors import BadValue, NotAllowed, TooMany
from app.languages import english
from app.mail import foreign
from app.mail.links import Tokens
from app.papers import identity
from app.papers.paper import Entry
from app.pipeline import ingest
from app.store import naming, papers, permits, sources, submissions, tables, turns, votes
from app.store.tables import Submission, SubmissionState, Subscriber
from app.wire import addresses

SOURCE = LAYOUT = "community"
LONGEST = 1_000
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# From one network, by all visitors together, by a reader; and how many may wait for the nod.
PER_NETWORK, PER_DAY, PER_READER, MOST_OPEN = 10, 100, 20, 500
# No number of it is looked up a second time before.
ASK_AGAIN_AFTER = timedelta(days=1)
# An operator's nod says less than the top of a list on which many voted.
FIRST_PLACE = 10
WEB_PORTS = addresses.Reach().ports
# What its pages' addresses add to the DOIs of bioRxiv and medRxiv.
_RXIV = re.compile(r"(10\.(?:1101|64898)/[\d.]+)v\d+.*")

EMPTY = english("Give an arXiv id, a DOI, or the address of the paper’s page.")
TOO_LONG = english("That is longer than {longest} characters. Please shorten it.", longest=LONGEST)
NO_NAME = english(
    "There is no arXiv id, DOI or web address in that. Give it like 2611.01234, 10.1000/xyz or "
    "https://example.org/paper."
)
NO_ADDRESS = english("That is no web address that we may open. Give it like https://example.org.")
NOT_PUBLIC = english(
    "That address is not one that everybody can open. Give the paper’s public page, on the web’s "
    "own ports."
)
FULL = english(
    "More papers wait than we can look at just now. Nothing is lost but this one: please send it "
    "again in a day."
)
OFTEN = english(
    "Many papers came from where you are, and we take no more of them for now. Please try again "
    "in an hour."
)
READER_OFTEN = english("You sent in {n} papers within a day. Please go on tomorrow.", n=PER_READER)


@dataclass(frozen=True)
class Wanted:
    """What was asked for. name: "arxiv:…", "doi:…" or "url:…"; sent: as it was typed, tamed."""

    name: str
    sent: str

    @property
    def reference(self) -> str:
        """The id or address behind the kind."""
        return self.name.partition(":")[2]


def read(typed: str, ports: Container[int] = WEB_PORTS) -> Wanted:
    """Find out what a text names. ports: those an address may have. Raises BadValue, "paper"."""
    text = foreign.tame(typed)
    if not text or len(text) > LONGEST:
        raise BadValue("paper", TOO_LONG if text else EMPTY)
    if arxiv_id := identity.arxiv_id_in(text):
        return Wanted(f"arxiv:{arxiv_id}", text)
    if doi := identity.doi_in(text):
        return Wanted("doi:" + _RXIV.sub(r"\1", doi), text)
    if "://" not in text or " " in text:
        raise BadValue("paper", NO_NAME)
    return Wanted(f"url:{_address(text, ports)}", text)


def _address(text: str, ports: Container[int]) -> str:
    """The address in ASCII, without its fragment. Raises BadValue."""
    url = foreign.href(text)
    try:
        place = addresses.place_of(url)
        found = urlsplit(url)._replace(fragment="").geturl()
    except (NotAllowed, ValueError) as e:
        raise BadValue("paper", NO_ADDRESS) from e
    if addresses.is_at_home(place) or place.port not in ports:
        raise BadValue("paper", NOT_PUBLIC)
    if len(found) > LONGEST:
        raise BadValue("paper", TOO_LONG)
    return found


def send(
    session: Session,
    tokens: Tokens,
    wanted: Wanted,
    sender: Subscriber | str,
    now: datetime,
) -> int | None:
    """Note that a paper is wanted; return its id if it is stored already.

    sender: a reader, whose vote it gets, or else the network of a visitor; "" is that of the
    operator, and not counted. Raises TooMany.
    """
    stored = papers.linked(session, _linkable(wanted))
    paper_id = stored or _noted(session, tokens, wanted, sender, now).paper_id
    if paper_id and isinstance(sender, Subscriber):
        vote(session, sender, paper_id, now)
    return paper_id


def _linkable(wanted: Wanted) -> str:
    return wanted.name if wanted.name.startswith("arxiv:") else wanted.reference


def _noted(
    session: Session, tokens: Tokens, wanted: Wanted, sender: Subscriber | str, now: datetime
) -> Submission:
    _admit(session, tokens, sender, now)
    row = submissions.named(session, wanted.name, wanted.sent, now)
    if isinstance(sender, Subscriber):
        submissions.support(session, row.id or 0, sender.id or 0, now)
    else:
        row.n_visitors += 1
    is_old = row.decided_at is not None and row.decided_at < now - ASK_AGAIN_AFTER
    session.add(row)
    session.flush()
    if row.state is SubmissionState.UNKNOWN and is_old:
        retry(session, row, now)
    return row


def retry(session: Session, row: Submission, now: datetime) -> None:
    """Look for a paper as if it had just been sent in."""
    row.state, row.next_at, row.decided_at = SubmissionState.SENT, now, None
    row.tries, row.says = 0, ""
    session.add(row)
    session.flush()


def _admit(session: Session, tokens: Tokens, sender: Subscriber | str, now: datetime) -> None:
    if isinstance(sender, Subscriber):
        if not permits.take(session, f"submission of {sender.id}", PER_READER, DAY, now):
            raise TooMany(READER_OFTEN, DAY)
    elif sender:
        name = f"submission from {tokens.marks('submission', sender)[0]}"
        if not permits.take(session, name, PER_NETWORK, HOUR, now):
            raise TooMany(OFTEN, HOUR)
        if not permits.take(session, "submissions", PER_DAY, DAY, now):
            raise TooMany(FULL, DAY)
    if submissions.count(session, *submissions.OPEN) >= MOST_OPEN:
        raise TooMany(FULL, DAY)


def accept(session: Session, row: Submission, now: datetime) -> int:
    """Put a paper on today's list; return its id. Where it is stored already, it stays one."""
    day = ingest.day(now)
    digest = _digest(session, now)
    told = submissions.told(row)
    (paper,) = papers.find_or_add(session, [told], day)
    listed = sources.papers_in(session, digest)
    if paper.id not in listed:
        entry = Entry(told, FIRST_PLACE + len(listed))
        papers.add_entries(session, digest.id or 0, [entry], [paper])
    _decide(session, row, SubmissionState.ACCEPTED, now)
    row.paper_id = paper.id
    _recognise(session, now)
    _count(session, paper.id or 0, now)
    return paper.id or 0


def _digest(session: Session, now: datetime) -> tables.Digest:
    """The community's list of today."""
    day = ingest.day(now)
    source, name = sources.named(session, SOURCE), f"{SOURCE} {day}"
    turns.wait(session, name)
    found = sources.growing(session, source, name)
    if found is None:
        found = tables.Digest(
            source_id=source.id or 0,
            name=name,
            fingerprint=sha256(name.encode()).hexdigest(),
            layout=LAYOUT,
            date=day,
            read_at=now,
        )
        session.add(found)
        session.flush()
    return found


def _recognise(session: Session, now: datetime) -> None:
    """Whatever else is asked for and has been stored since is no longer waited for."""
    waiting = submissions.in_states(session, [SubmissionState.FOUND], MOST_OPEN)
    found = naming.find(session, [submissions.told(row) for row in waiting])
    for row, paper in zip(waiting, found, strict=True):
        if paper is not None:
            know(session, row, paper.id or 0, now)


def know(session: Session, row: Submission, paper_id: int, now: datetime) -> None:
    """The paper that is asked for is stored: who asked for it votes for it, if votes count."""
    row.paper_id = paper_id
    _decide(session, row, SubmissionState.KNOWN, now)
    if submissions.accepted(session, paper_id):
        _count(session, paper_id, now)


def decline(session: Session, row: Submission, now: datetime) -> None:
    """Leave a paper out, for good unless an operator thinks better of it."""
    _decide(session, row, SubmissionState.DECLINED, now)


def take_back(session: Session, row: Submission, now: datetime) -> None:
    """Undo an operator's nod; a paper that stands on no other list leaves all of them.

    Letters that were made with it stay as they are. Whoever voted for it need not vote again.
    """
    _decide(session, row, SubmissionState.DECLINED, now)
    if row.paper_id is None:
        return
    while also := submissions.accepted(session, row.paper_id):  # by another name of it
        _decide(session, also, SubmissionState.DECLINED, now)
    stands = papers.places(session, row.paper_id)
    lists = [digest.id or 0 for _, digest in stands if digest.layout == LAYOUT]
    papers.take_off(session, row.paper_id, lists, ingest.day(now))
    turns.wait(session, f"votes for {row.paper_id}")
    votes.count_own(session, row.paper_id, 0, now)


def _decide(session: Session, row: Submission, state: SubmissionState, now: datetime) -> None:
    row.state, row.decided_at, row.next_at = state, now, None
    session.add(row)
    session.flush()


def vote(session: Session, reader: Subscriber, paper_id: int, now: datetime) -> bool:
    """Count a reader's vote for a paper that the community brought; False for any other paper."""
    row = submissions.accepted(session, paper_id)
    if row is None:
        return False
    if not submissions.voted_by(session, reader.id or 0, [paper_id]):
        submissions.support(session, row.id or 0, reader.id or 0, now)
    _count(session, paper_id, now)
    return True


def unvote(session: Session, reader: Subscriber, paper_id: int, now: datetime) -> bool:
    """Take it back; False where there is nothing to vote for."""
    if submissions.accepted(session, paper_id) is None:
        return False
    submissions.withdraw(session, paper_id, reader.id or 0)
    _count(session, paper_id, now)
    return True


def _count(session: Session, paper_id: int, now: datetime) -> None:
    turns.wait(session, f"votes for {paper_id}")
    votes.count_own(session, paper_id, submissions.count_votes(session, paper_id), now)
