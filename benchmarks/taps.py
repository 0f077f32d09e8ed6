"""How long a tap in a letter takes until its page says "Saved", by what its reader does (G14).

A real Chromium opens links of letters delivered long ago, each in a browser of its own that has
loaded nothing of ours before, over a network with a delay that is made up. Counted from the moment
it begins to open the link until the page that says "Saved" is painted. It says of itself that no
program drives it, as a person's does.

    python benchmarks/taps.py [--taps N] [--delay MS]
"""

import argparse
import itertools
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import goals
import web
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app import assembly
from app.mail.links import Links, Verdict
from app.store import engine as engines
from app.store import migration
from app.web import hands

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
DRIVEN_BY_NOBODY = "Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})"
PAINTED_AT = """() => new Promise((tell) => new PerformanceObserver((found) => {
    for (const each of found.getEntriesByName("first-contentful-paint"))
        tell(performance.timeOrigin + each.startTime);
}).observe({type: "paint", buffered: true}))"""
PATIENCE_MS = 30_000
# A movement as a hand makes it.
N_MOVES, BETWEEN_MOVES_MS = 15, 16


@dataclass
class Reader:
    """How somebody behaves on the page. goal: the most that 95 of a hundred may wait, in ms.

    is_known: a button was pressed in their browser before. waits: ms to wait for each tap.
    """

    name: str
    act: Callable[[Page, float], None]
    is_known: bool = False
    goal: int | None = 1_000
    waits: list[float] = field(default_factory=list)
    n_asked: int = 0

    def within(self, share: float) -> float:
        """Ms in which this share of their taps was shown as saved."""
        ordered = sorted(self.waits)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _rest(_page: Page, _began: float) -> None:
    """Look at the page and do nothing."""


def _move(page: Page, began: float) -> None:
    """Take the mouse within 300 ms, and move it for a quarter of a second."""
    _until(page, began + random.uniform(0, 0.3))
    for n in range(N_MOVES):
        page.mouse.move(300 + 7 * n, 300 + 3 * n)
        page.wait_for_timeout(BETWEEN_MOVES_MS)


def _touch(page: Page, _began: float) -> None:
    """Put a finger on the page, beside its button, within half a second of seeing it."""
    page.evaluate(PAINTED_AT)
    _until(page, time.time() + random.uniform(0, 0.5))
    page.touchscreen.tap(180, 700)


def _until(page: Page, moment: float) -> None:
    page.wait_for_timeout(max(1_000 * (moment - time.time()), 0))


def main() -> None:
    """Print how long each kind of reader waits."""
    asked = argparse.ArgumentParser(description="How long a tap takes until it is saved.")
    asked.add_argument("--taps", type=int, default=100, help="of each kind of reader")
    asked.add_argument("--delay", type=int, default=40, help="of the network there and back, in ms")
    asked.add_argument("--port", type=int, default=8398, help=argparse.SUPPRESS)
    options = asked.parse_args()
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        goals.say("G14", "ms until a tap is shown as saved, p95", "≤ 1000", "no Chromium here")
        return
    random.seed(14)
    readers = [
        Reader("moves the mouse", _move),
        Reader("touches the page", _touch),
        Reader("does nothing, pressed here once", _rest, is_known=True),
        Reader("does nothing, browser without a past", _rest, goal=None),
    ]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = web.settings_in(Path(folder), options.port)
        engine = engines.connect(settings.database)
        migration.migrate(engine)
        letter_ids = web.stock(engine)
        engine.dispose()
        links = Links(settings.base_url, assembly.tokens(settings))
        urls = _urls(links, letter_ids)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        with web.serving(Path(folder), options.port):
            for _ in range(options.taps):
                for reader in readers:
                    _tap(browser, reader, next(urls), options.delay)
        browser.close()
    _tell(readers, options.delay)


def _urls(links: Links, letter_ids: list[int]) -> Iterator[str]:
    """A paper of a letter each."""
    for rank, letter_id in itertools.product(range(1, web.N_PICKS + 1), letter_ids):
        yield links.feedback(letter_id, rank, random.choice(list(Verdict)))


def _tap(browser: Browser, reader: Reader, url: str, delay: int) -> None:
    context = browser.new_context(has_touch=reader.act is _touch)
    context.add_init_script(DRIVEN_BY_NOBODY)
    if reader.is_known:
        context.add_cookies([_pressed(url)])
    page = _slowed(context, delay)
    reader.n_asked += 1
    began = time.time()
    page.goto(url, wait_until="commit")
    reader.act(page, began)
    page.wait_for_url("**/saved", timeout=PATIENCE_MS, wait_until="commit")
    painted_at = page.evaluate(PAINTED_AT)
    assert page.inner_text("h1").startswith("Saved: ")
    reader.waits.append(painted_at - 1_000 * began)
    context.close()


def _pressed(url: str) -> dict[str, str]:
    host = urlsplit(url).hostname or ""
    return {"name": hands.COOKIE, "value": hands.PRESSED, "domain": host, "path": "/feedback"}


def _slowed(context: BrowserContext, delay: int) -> Page:
    """A window whose every answer comes so much later; the connection itself is made at once."""
    page = context.new_page()
    wire = context.new_cdp_session(page)
    network = {"offline": False, "latency": delay}
    wire.send(
        "Network.emulateNetworkConditions",
        network | {"downloadThroughput": -1, "uploadThroughput": -1},
    )
    return page


def _tell(readers: list[Reader], delay: int) -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {delay} ms there and back")
    print(f"{'who opened the link and …':38}{'taps':>6}{'p50 ms':>8}{'p95 ms':>8}")
    for each in readers:
        middle, most = statistics.median(each.waits), each.within(0.95)
        print(f"{each.name:38}{each.n_asked:6}{middle:8.0f}{most:8.0f}")
    for each in readers:
        if each.goal is not None:
            most = each.within(0.95)
            what = f"ms until a tap is shown as saved, p95: {each.name}"
            goals.say("G14", what, f"≤ {each.goal}", most, most <= each.goal)


if __name__ == "__main__":
    main()
