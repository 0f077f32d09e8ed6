"""A real server on a port of its own, and a real Chromium that looks at it.

Pages are seen as readers see them: wide and narrow, by day and by night, with and without script.
"""

import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from socket import socket
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright
from web.conftest import engine, links, make_reader, store_papers, two_papers  # noqa: F401

from app.demo import loopback
from app.main import create_app
from app.settings import Settings

SCHEMES = ("light", "dark")
# The others are looked at for what differs there; with --full for everything.
LOOKS = (
    (360, "light"),
    *(
        pytest.param(*look, marks=pytest.mark.full)
        for look in ((360, "dark"), (1280, "light"), (1280, "dark"))
    ),
)
WIDE = 1280
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PATIENCE_MS = 60_000
# Each turn of a browser's clock is done again on every page that is opened after it.
MOST_USES = 20
LANDMARKS = ("landmark-one-main", "region")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """For this folder alone: while it is there, no other test can run an event loop."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium here: install it (Debian: apt install chromium), or set CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Windows:
    """Windows that are used again: a browser takes most of a second's work for a new one."""

    browser: Browser
    _idle: dict[Hashable, list[Page]] = field(default_factory=dict)
    _n_uses: Counter[Page] = field(default_factory=Counter)

    def take(self, kind: Hashable, make: Callable[[], Page]) -> Page:
        """One that knows of nothing that was done in it before."""
        kept = self._idle.setdefault(kind, [])
        return kept.pop() if kept else make()

    def put_back(self, kind: Hashable, page: Page) -> None:
        self._n_uses[page] += 1
        if self._n_uses[page] == MOST_USES:
            page.context.close()
            return
        # What else a page may keep is kept for its port, which the next test does not have.
        page.context.clear_cookies()
        page.goto("about:blank")
        page.mouse.move(-1, -1)  # where it rests on no page, and any move is one
        self._idle[kind].append(page)


@pytest.fixture(scope="package")
def windows(chromium: Browser) -> Windows:
    return Windows(chromium)


@dataclass
class Site:
    """The service as a visitor meets it. foreign: what any page asked of another host.

    contexts: of what else a test opened; they are closed at its end.
    """

    url: str
    windows: Windows
    contexts: list[BrowserContext] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    _taken: list[tuple[Hashable, Page]] = field(default_factory=list)

    def window(
        self, *, width: int = 1280, scheme: str = "light", script: bool = True, language: str = "en"
    ) -> Page:
        """A browser without a past, that has opened nothing yet. Leave it open."""
        kind, browser = (script, language), self.windows.browser
        context = partial(browser.new_context, java_script_enabled=script, locale=language)
        page = self.windows.take(kind, lambda: context().new_page())
        self._taken.append((kind, page))
        page.set_default_timeout(PATIENCE_MS)
        page.context.on("request", self._note)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        return page

    def leave(self) -> None:
        """Close what was opened, and put the windows back."""
        for context in self.contexts:
            context.close()
        for kind, page in self._taken:
            page.context.remove_listener("request", self._note)
            self.windows.put_back(kind, page)

    def visit(
        self,
        path: str,
        *,
        width: int = 1280,
        scheme: str = "light",
        script: bool = True,
        language: str = "en",
    ) -> Page:
        """Open a path, or a whole address of ours, in such a browser."""
        page = self.window(width=width, scheme=scheme, script=script, language=language)
        page.goto(self.address(path))
        return page

    def weigh(self, *paths: str) -> Iterator[tuple[str, int]]:
        """How many bytes each page takes on the wire, styles and scripts included."""
        page = self.window()
        for path in paths:
            page.goto(self.address(path))
            # What the browser had already is counted too.
            sizes: list[int] = page.evaluate(
                "performance.getEntries().map((each) => each.encodedBodySize || 0)"
            )
            yield path, sum(sizes)

    def address(self, path: str) -> str:
        return path if path.startswith("http") else self.url + path

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "about:")):
            self.foreign.append(request.url)


@pytest.fixture
def listening() -> Iterator[socket]:
    """A port that is taken from now on, so that parallel tests never meet."""
    with loopback.listening() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, listening: socket) -> Settings:
    port = listening.getsockname()[1]
    return settings.model_copy(update={"base_url": f"http://127.0.0.1:{port}"})


@pytest.fixture
def app(settings: Settings, clock: Callable[[], datetime]) -> Iterator[FastAPI]:
    made = create_app(settings, clock=clock)
    yield made
    made.state.engine.dispose()


@pytest.fixture
def site(app: FastAPI, settings: Settings, listening: socket, windows: Windows) -> Iterator[Site]:
    """Nothing a page shows may come from elsewhere, whatever the test was about."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    visited = Site(settings.base_url, windows)
    try:
        yield visited
        visited.leave()
    finally:
        server.should_exit = True
        thread.join(20)
    assert visited.foreign == []


@pytest.fixture
def check_page() -> Callable[..., None]:
    """No fault that axe finds, and nothing that makes a reader scroll sideways."""

    def check(page: Page, *, is_letter: bool = False) -> None:
        # Mail programs show a letter within a page of theirs, which has the landmarks.
        _look(page, {"rules": {name: {"enabled": not is_letter} for name in LANDMARKS}})
        look = page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]")
        width, is_dark = int(look[0]), bool(look[1])
        page.emulate_media(color_scheme="light" if is_dark else "dark")
        page.set_viewport_size({"width": WIDE, "height": 900})
        _look(page, {"runOnly": {"type": "rule", "values": ["color-contrast"]}})
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        page.set_viewport_size({"width": width, "height": 900})

    return check


def _look(page: Page, options: dict[str, Any]) -> None:
    # Axe takes its time to begin, and to tell of all that is as it should be.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    answer = "options => axe.run(options).then(({violations}) => ({violations}))"
    found = AxeResults(page.evaluate(answer, {"resultTypes": ["violations"]} | options))
    assert found.violations_count == 0, found.generate_report()
    inner, whole = page.evaluate(
        "[document.documentElement.clientWidth, document.documentElement.scrollWidth]"
    )
    assert whole <= inner, f"{page.url} is {whole} px wide in a window of {inner}"
