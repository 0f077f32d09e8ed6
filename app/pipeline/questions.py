"""What to ask a source for a day: the addresses of its pages, one after the other.

A source has a calendar of its own: Hugging Face's day is that of UTC, arXiv's that of New York.
What arXiv's feed held on a past day is asked of its query interface, by the hours of submission.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from app.papers import calendar
from app.papers.calendar import Announcement
from app.papers.paper import Page
from app.pipeline.catalogue import PARTED, ROLLING, WHOLE, Kind, Listed

HF = "https://huggingface.co/api/daily_papers"
ARXIV_FEED = "https://rss.arxiv.org/rss/"
ARXIV_QUERY = "https://export.arxiv.org/api/query"
ARXIV_OAI = "https://oaipmh.arxiv.org/oai"
RXIV = "https://api.biorxiv.org/details"
# Archives that OAI-PMH files under physics.
PHYSICS = WHOLE | {"astro-ph", "cond-mat", "nlin", "physics"}
# What Hugging Face gives at once, at most, and arXiv without long waits.
HF_AT_ONCE, QUERY_AT_ONCE = 100, 200
# How long after its submission a paper may be announced, for weekends, holidays and moderators.
LATE = timedelta(days=10)
# A holiday, or two in a row, may defer an announcement; not a week of them.
_MOST_DEFERRED = 7
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Question:
    """One list to ask for. is_past: its day is over, and what comes is all that will.

    keeps: whether the page is the same every day, so that validators make sense.
    """

    listed: Listed
    day: date
    is_past: bool
    url: str

    @property
    def keeps(self) -> bool:
        return not self.is_past and self.listed.kind in {Kind.ARXIV, Kind.FEED}

    @property
    def is_query(self) -> bool:
        """Whether arXiv's query interface is asked, and not its feed."""
        return self.url.startswith(ARXIV_QUERY)


def day_at(kind: Kind, moment: datetime) -> date:
    """The day that a moment falls on, in the calendar of such a source."""
    zone = UTC if kind in {Kind.HF, Kind.FEED, Kind.FOLDER} else calendar.EASTERN
    return moment.astimezone(zone).date()


def due(kind: Kind, day: date) -> Announcement:
    """Whether a list is to be expected on a day."""
    if kind is Kind.ARXIV:
        return calendar.feed(day)
    if kind in ROLLING:
        return Announcement(is_due=False, is_certain=False)
    return calendar.weekday(day)


def first(listed: Listed, day: date, now: datetime, since: date | None = None) -> Question:
    """What to ask for the list of a day. since: the day of the last list, for a rolling one."""
    is_past = day < day_at(listed.kind, now)
    since = max(since or day - _ONE_DAY, day - LATE)  # what changed before is new to nobody
    url = _url(listed, day, since, is_past=is_past)
    return Question(listed, day, is_past, url)


def by_query(question: Question) -> Question:
    """The same question to arXiv's query interface."""
    return replace(question, url=_query(question.listed.argument, question.day, 0))


def _url(listed: Listed, day: date, since: date, *, is_past: bool) -> str:
    match listed.kind:
        case Kind.HF:
            return f"{HF}?{urlencode({'date': day.isoformat(), 'limit': HF_AT_ONCE})}"
        case Kind.ARXIV if is_past:
            return _query(listed.argument, day, 0)
        case Kind.ARXIV:
            return f"{ARXIV_FEED}{listed.argument}"
        case Kind.OAI:
            asked = {"verb": "ListRecords", "metadataPrefix": "arXiv", "from": since.isoformat()}
            return f"{ARXIV_OAI}?{urlencode(asked | {'set': _set(listed.argument)})}"
        case Kind.BIORXIV | Kind.MEDRXIV:
            return f"{RXIV}/{listed.kind}/{day}/{day}/0"
        case _:
            return listed.argument


def _query(categories: str, day: date, start: int) -> str:
    begin, end = _submitted(day)
    wanted = " OR ".join(f"cat:{_whole(name)}" for name in categories.split("+"))
    asked = {
        "search_query": f"({wanted}) AND submittedDate:[{_minute(begin)} TO {_minute(end)}]",
        "start": start,
        "max_results": QUERY_AT_ONCE,
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
    }
    return f"{ARXIV_QUERY}?{urlencode(asked)}"


def _whole(category: str) -> str:
    """An archive with classes is asked for by all of them."""
    return f"{category}*" if category in PARTED else category


def _set(category: str) -> str:
    """As OAI-PMH calls it: "cs:cs:LG", "physics:hep-th"."""
    archive, _, part = category.partition(".")
    group = "physics" if archive in PHYSICS else archive
    whole = [group, archive] if part or group != archive else [group]
    return ":".join([*whole, *filter(None, [part])])


def _submitted(day: date) -> tuple[datetime, datetime]:
    """Between which moments papers came in that the feed of a day holds."""
    evening = day - _ONE_DAY
    begin, end = calendar.submitted(evening)
    before = evening - _ONE_DAY
    for _ in range(_MOST_DEFERRED):  # what a holiday deferred was announced with these
        if calendar.evening(before).is_due:
            break
        if before.weekday() not in {4, 5}:  # Friday and Saturday evenings are never due
            begin = calendar.submitted(before)[0]
        before -= _ONE_DAY
    return begin, end


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M")


def following(question: Question, page: Page | None, next_url: str) -> str:
    """The address of the next page, "" after the last. next_url: as a header names it."""
    mark = page.following if page else ""
    match question.listed.kind:
        case Kind.HF if query := urlsplit(next_url).query:
            return f"{HF}?{query}"  # of the same host: a token may go along
        case Kind.ARXIV if question.is_query and mark.isdecimal():
            return _query(question.listed.argument, question.day, int(mark))
        case Kind.OAI if mark:
            return f"{ARXIV_OAI}?{urlencode({'verb': 'ListRecords', 'resumptionToken': mark})}"
        case Kind.BIORXIV | Kind.MEDRXIV if mark.isdecimal():
            return f"{question.url.rpartition('/')[0]}/{mark}"
        case _:
            return ""


def is_to_be_had(listed: Listed, day: date) -> bool:
    """Whether a past day had a list, and can be asked for it."""
    if listed.kind is Kind.ARXIV:  # whatever the feed held: on a holiday it may be empty too soon
        return calendar.evening(day - _ONE_DAY).is_due
    if listed.kind in {Kind.BIORXIV, Kind.MEDRXIV}:  # they post fewer at weekends, not none
        return True
    return listed.kind not in ROLLING and due(listed.kind, day).is_due
