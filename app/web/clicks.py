"""What a link below a paper in a letter leads to: whose word, on which pick of which letter."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from app.errors import BadLink
from app.languages import english
from app.mail import letter as letters_mail
from app.mail.links import FEEDBACK_WITHIN, Purpose
from app.pipeline import votes
from app.store import letters, papers, subscribers
from app.store.tables import Paper, Pick
from app.web.deps import NowDep, PagesDep, ReadingDep, TokensDep

NO_PAPER = english(
    "This link leads to no paper of a letter that we still keep. Links count for {n} days; those "
    "in newer letters do.",
    n=FEEDBACK_WITHIN.days,
)
TOO_OLD = english(
    "This letter is more than {n} days old, and its links no longer count. Those in newer "
    "letters do.",
    n=FEEDBACK_WITHIN.days,
)


@dataclass(frozen=True)
class Click:
    """Whose word on which paper. path: of its pages, up to the verdict."""

    subscriber_id: int
    letter_id: int
    pick: Pick
    paper: Paper
    path: str

    @property
    def paper_id(self) -> int:
        """The paper's."""
        return self.paper.id or 0

    @property
    def title(self) -> str:
        """As the letter showed it."""
        return letters_mail.show(papers.told(self.paper)).title


def _click(
    token: str,
    rank: int,
    session: ReadingDep,
    tokens: TokensDep,
    now: NowDep,
    pages: PagesDep,
) -> Click:
    """Read the link. Raises BadLink if it is not ours, too old, or leads to no paper."""
    (letter_id,) = tokens.read(Purpose.LETTER, token, n_facts=1)
    letter = letters.by_id(session, letter_id)
    reader = subscribers.by_id(session, letter.subscriber_id) if letter else None
    pages.speak(reader.language if reader else "")
    found = letters.pick_at(session, letter_id, rank) if letter and rank < votes.MAX_RANK else None
    if letter is None or found is None:
        raise BadLink(NO_PAPER)
    if now - letter.date > FEEDBACK_WITHIN:
        raise BadLink(TOO_OLD)
    return Click(letter.subscriber_id, letter_id, *found, path=path(token, rank))


def path(token: str, rank: int) -> str:
    """Of the pages of one click, up to the verdict."""
    return f"/feedback/{token}/{rank}"


ClickDep = Annotated[Click, Depends(_click)]
