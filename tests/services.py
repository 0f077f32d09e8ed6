"""The services that digests come from, on loopback, with the habits that trip programs up.

Each answers by the clock of the test. What they list is told by day, in their own calendar.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import answers
from local_web import Asked, LocalWeb, answer

from app.papers import calendar

HOSTS = (
    "huggingface.co",
    "rss.arxiv.org",
    "export.arxiv.org",
    "oaipmh.arxiv.org",
    "api.biorxiv.org",
    "api.crossref.org",
    "api.datacite.org",
)
DAY = timedelta(days=1)


class Services(LocalWeb):
    """Use as a context manager; mirrors: what to put in place of their hosts.

    hub, arxiv, rxiv: the papers of each day. changed: the OAI-PMH records of each day of change.
    crossref, datacite: what the registries hold, by DOI.
    mood: of arXiv's feed, "" when all is well, else "stale", "empty", "busy" or "malformed".
    n_too_soon: questions less than 3 s after another.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(self._answer)
        self._clock = clock
        self.hub: dict[date, list[dict[str, Any]]] = {}
        self.arxiv: dict[date, list[str]] = {}
        self.rxiv: dict[date, list[dict[str, Any]]] = {}
        self.changed: dict[date, list[str]] = {}
        self.crossref: dict[str, dict[str, Any]] = {}
        self.datacite: dict[str, dict[str, Any]] = {}
        self.mood = ""
        self.rate_left = 500
        self.n_too_soon = 0
        self._arxiv_asked: datetime | None = None
        self.mirrors = dict.fromkeys(HOSTS, self.url)

    def _answer(self, asked: Asked) -> list[bytes]:
        for start, page in (
            ("/api/daily_papers", self._hub),
            ("/rss/", self._feed),
            ("/api/query", self._query),
            ("/oai", self._oai),
            ("/details/", self._rxiv),
            ("/works/", self._crossref),
            ("/dois/", self._datacite),
        ):
            if asked.path.startswith(start):
                return page(asked)
        return answer(status=404)

    def _hub(self, asked: Asked) -> list[bytes]:
        rate = {"RateLimit": f'"api";r={self.rate_left};t=120'}
        if not self.rate_left:
            return _json({"error": "Too many requests"}, 429, **rate)
        limit, page = int(asked.query.get("limit", 50)), int(asked.query.get("p", 0))
        if limit > 100:
            return _json({"error": "Too big: expected number to be <=100"}, 400)
        try:
            day = date.fromisoformat(asked.query["date"])
        except ValueError:
            return _json({"error": "Invalid date"}, 400)
        if day > self._clock().astimezone(UTC).date():
            return _json({"error": "Date is in the future"}, 400)
        rows = self.hub.get(day, [])
        part = rows[page * limit : (page + 1) * limit]
        more = {}
        if len(rows) > (page + 1) * limit:
            more["Link"] = f'<{asked.path}?date={day}&limit={limit}&p={page + 1}>; rel="next"'
        return _json(part, **rate, **more)

    def _comes_too_soon(self) -> bool:
        now, before = self._clock(), self._arxiv_asked
        self._arxiv_asked = now
        too_soon = before is not None and now - before < timedelta(seconds=3)
        self.n_too_soon += too_soon
        return too_soon

    def _feed(self, asked: Asked) -> list[bytes]:
        if self._comes_too_soon() or self.mood == "empty":
            return answer(b"")
        if self.mood == "busy":
            return answer(b"try later", 503, Retry_After="900")
        if self.mood == "malformed":
            return answer(b"<?xml version='1.0'?><rss><channel><title>cs.AI upda")
        if asked.path.endswith("cs.NONE"):
            text = answers.rss(
                title=f"Feed error for query: {asked.path}", description="Bad category"
            )
            return answer(text.encode(), 400)
        today = calendar.today(self._clock())
        listed = self._last_before(today) if self.mood == "stale" else self.arxiv.get(today, [])
        body = answers.rss(*(answers.announced(each) for each in listed)).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        if asked.headers.get("if-none-match") == etag:
            return answer(b"", 304, ETag=etag)
        return answer(body, ETag=etag, Content_Type="application/rss+xml")

    def _last_before(self, today: date) -> list[str]:
        return self.arxiv[max(day for day in self.arxiv if day < today)]

    def _query(self, asked: Asked) -> list[bytes]:
        if self._comes_too_soon():
            return answer(b"")
        if "id_list" in asked.query:
            return self._paper(asked.query["id_list"])
        begin, end = _interval(asked.query["search_query"])
        found = [
            {
                "id": each,
                "published": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "updated": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            }
            | {"title": f"The Paper {each.partition('v')[0]}"}
            for day, listed in self.arxiv.items()
            for each in listed
            if begin <= (at := _submitted(day)) < end
        ]
        start, most = int(asked.query["start"]), int(asked.query["max_results"])
        page = answers.query(*found[start : start + most], start=start, total=len(found))
        return answer(page.encode(), ETag='"of this query"')

    def _paper(self, arxiv_id: str) -> list[bytes]:
        listed = [each for ids in self.arxiv.values() for each in ids]
        found = [{"id": each} for each in listed if each.partition("v")[0] == arxiv_id]
        return answer(answers.query(*found, total=len(found)).encode())

    def _crossref(self, asked: Asked) -> list[bytes]:
        if self.mood == "busy":
            return answer(b"", 429, Retry_After="60")
        found = self.crossref.get(unquote(asked.path.removeprefix("/works/")))
        if found is None:
            return answer(b"Resource not found.", 404)
        return _json({"status": "ok", "message-type": "work", "message": found})

    def _datacite(self, asked: Asked) -> list[bytes]:
        found = self.datacite.get(unquote(asked.path.removeprefix("/dois/")))
        if found is None:
            return _json({"errors": [{"status": "404", "title": "Nothing here."}]}, 404)
        return _json({"data": {"type": "dois", "attributes": found}})

    def _oai(self, asked: Asked) -> list[bytes]:
        """Two records a page; a token names the first of the next."""
        if self._comes_too_soon() or self.mood == "busy":
            return answer(b"", 503, Retry_After="30")
        since, _, start = asked.query.get("resumptionToken", "").partition("/")
        since = since or asked.query["from"]
        records = [
            record
            for day, changed in sorted(self.changed.items())
            for record in changed
            if day >= date.fromisoformat(since)
        ]
        if not records:
            return answer(answers.oai_error("noRecordsMatch").encode())
        end = int(start or 0) + 2
        token = f"{since}/{end}" if end < len(records) else ""
        return answer(answers.oai(*records[end - 2 : end], token=token).encode())

    def _rxiv(self, asked: Asked) -> list[bytes]:
        server, first, last, cursor = asked.path.removeprefix("/details/").split("/")
        assert last == first
        listed = self.rxiv.get(date.fromisoformat(first), [])
        if not listed:
            return answer(answers.biorxiv(status="no posts found").encode())
        part = [row | {"server": server} for row in listed[int(cursor) : int(cursor) + 30]]
        told = {"cursor": int(cursor), "total": str(len(listed))}
        return answer(answers.biorxiv(*part, **told).encode())


def _json(told: Any, status: int = 200, **headers: str) -> list[bytes]:
    return answer(json.dumps(told).encode(), status, Content_Type="application/json", **headers)


def _interval(query: str) -> tuple[datetime, datetime]:
    begin, end = query.partition("submittedDate:[")[2].rstrip("]").split(" TO ")
    read = "%Y%m%d%H%M"
    return tuple(datetime.strptime(each, read).replace(tzinfo=UTC) for each in (begin, end))


def _submitted(feed_day: date) -> datetime:
    """An hour before the deadline for the feed of that day."""
    return calendar.submitted(feed_day - DAY)[1].astimezone(UTC) - timedelta(hours=1)


def hub_rows(day: date, n: int = 3, votes: int = 10) -> list[dict[str, Any]]:
    """Entries of a day's list at Hugging Face; most votes first."""
    return [
        answers.hf_row(
            {"title": f"Paper {k} of {day:%d %B}"},
            id=f"{day:%y%m}.{day.day * 100 + k:05}",
            title=f"Paper {k} of {day:%d %B}",
            summary=f"We report result {k} of {day:%A}.",
            upvotes=votes + n - k,
            submittedOnDailyAt=f"{day}T00:00:00.000Z",
        )
        for k in range(n)
    ]


def arxiv_ids(day: date, n: int = 4) -> list[str]:
    """Numbers, with versions, of a feed of that day."""
    return [f"{day:%y%m}.{10000 + day.day * 100 + k:05}v1" for k in range(n)]


def rxiv_rows(day: date, n: int = 3, category: str = "neuroscience") -> list[dict[str, Any]]:
    """Preprints of a day at bioRxiv."""
    return [
        {
            "doi": f"10.1101/{day:%Y.%m.%d}.{123000 + k}",
            "title": f"Preprint {k} on {category} of {day:%d %B}",
            "date": day.isoformat(),
            "category": category,
        }
        for k in range(n)
    ]
