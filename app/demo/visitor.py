"""What a person with a browser does: fill in a form, open a link, press the button there."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx2

from app.errors import AppError


class _Form(HTMLParser):
    """Finds the first POST form in the page's main part, and what it would send."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for each tag."""
        given = dict(attrs)
        if tag == "form" and self.action is None and (given.get("method") or "").lower() == "post":
            self.action, self._inside = given.get("action") or "", True
        elif tag == "input" and self._inside and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""
            if given.get("type") == "hidden":
                self.hidden[str(given["name"])] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        """Called by the parser for each end tag."""
        self._inside = self._inside and tag != "form"


class Visitor:
    """Talks to the pages over HTTP; raises AppError where they do not answer as they should."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._client = httpx2.Client(follow_redirects=True, timeout=30)
        self._forms: dict[str, dict[str, str]] = {}

    def open_form(self, path: str) -> None:
        """Open a page of ours, and keep what its form brings along unseen."""
        page = self._check(self._client.get(f"{self._base_url}{path}"))
        form = _Form()
        form.feed(page.text)
        self._forms[path] = form.hidden

    def fill_in(self, path: str, fields: dict[str, Any]) -> None:
        """Post the form of a page, opened before if a person would have to be slow with it."""
        if path not in self._forms:
            self.open_form(path)
        url, typed = f"{self._base_url}{path}", self._forms[path] | fields
        self._check(self._client.post(url, data=typed, headers={"Origin": self._base_url}))

    def press(self, url: str) -> str:
        """Open a mailed link and press the button of the page; return where that led."""
        page = self._check(self._client.get(url))
        form = _Form()
        form.feed(page.text)
        if form.action is None:
            raise AppError(f"The page {url} has no button to press.")
        target = urljoin(url, form.action)
        self._check(self._client.post(target, data=form.fields, headers={"Origin": self._base_url}))
        return target

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @staticmethod
    def _check(answer: httpx2.Response) -> httpx2.Response:
        if answer.status_code >= 400:
            raise AppError(f"{answer.url} answered {answer.status_code}.")
        return answer
