"""Scanners with a real browser, and people: the votes of people count, the others do not.

The browser's clock is turned by hand, so that nobody waits while a scanner or a person looks at a
page, and the service's clock goes along.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
from mailed import Mail, Post
from playwright.sync_api import Browser, Page, Request

from app.store.tables import Status
from browser.conftest import Windows

log = logging.getLogger(__name__)
# What Chromium says of itself when a program drives it, and what some programs make it say.
IN_DISGUISE = "Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})"
LOOKS_MS = 5_000
SENDS = "!navigator.webdriver && document.querySelector('form[data-send]')?.dataset.send || ''"


@dataclass
class Visitor:
    """Something with a browser of its own. n_posts: the forms its browser has sent."""

    page: Page
    clock: object
    go: Callable[[], None]
    n_posts: int = 0

    def open(self, url: str, looks_ms: int = LOOKS_MS, *, moves: bool = False) -> bool:
        """Open a link and look at it for a while; whether the page sent something by itself."""
        self.page.goto(url)
        asked = self.page.evaluate(SENDS)
        sends = asked in {"look", "hand"} or (asked == "sign" and moves)
        if sends:
            with self.page.expect_navigation():
                if moves:
                    self.page.mouse.move(200, 300)
                else:
                    self.page.clock.run_for(looks_ms)
        else:
            self.page.clock.run_for(looks_ms)
        self.clock.forward(milliseconds=looks_ms)
        return sends

    def confirms(self, mail: Mail) -> None:
        """Press the button that starts one's letters."""
        (url,) = [url for url in mail.urls if "/confirm/" in url]
        self.page.goto(url)
        self.page.click("main form button")
        self.page.wait_for_selector("text=letters")
        self.n_posts = 0

    def count(self, request: Request) -> None:
        self.n_posts += request.method == "POST"

    @property
    def heading(self) -> str:
        return self.page.inner_text("h1")


@pytest.fixture
def arrive(site, windows: Windows, clock):
    """Let somebody come, from a network, with a browser of some name; they go when told to."""
    there = []

    def come(
        network="192.0.2", agent="A scanner", *, disguised=True, script=True, by_hand=True
    ) -> Visitor:
        kind = ("visitor", disguised, script, by_hand)
        page = windows.take(kind, partial(_window, windows.browser, *kind[1:]))
        page.set_extra_http_headers({"X-Forwarded-For": f"{network}.7"})
        named = page.context.new_cdp_session(page)
        named.send("Network.setUserAgentOverride", {"userAgent": agent})

        def go() -> None:
            page.remove_listener("request", visitor.count)
            named.detach()
            windows.put_back(kind, page)
            there.remove(visitor)

        visitor = Visitor(page, clock, go)
        page.on("request", visitor.count)
        there.append(visitor)
        return visitor

    yield come
    while there:
        there[-1].go()


def _window(browser: Browser, disguised: bool, script: bool, by_hand: bool) -> Page:
    context = browser.new_context(java_script_enabled=script)
    if disguised:
        context.add_init_script(IN_DISGUISE)
    page = context.new_page()
    if by_hand:
        # Or it would go on by itself while this machine is busy.
        page.clock.install(time=0)
        page.clock.pause_at(1000)
    return page


@pytest.fixture
def post(app, engine, clock):
    return Post(engine, app.state.letterhead, clock)


def scan(scanner: Visitor, mail: Mail, rests_seconds: float = 1) -> None:
    for url in mail.urls:
        scanner.open(url)
        scanner.clock.forward(seconds=rests_seconds)


few = pytest.param(1, 4, id="some")
many = pytest.param(10, 10, id="many", marks=pytest.mark.full)


@pytest.mark.parametrize(("n_letters", "n_picks"), [few, many])
@pytest.mark.parametrize("disguised", [False, True])
@pytest.mark.parametrize("after", [20, pytest.param(300, marks=pytest.mark.full), 1200])
def test_who_opens_every_link_in_a_browser_does_nothing(
    arrive, post, clock, disguised, after, n_letters, n_picks
):
    """It runs scripts and waits five seconds, soon after hand-over, later, or much later."""
    mails = [*post.daily(n_letters, n_picks), post.confirm()]
    clock.forward(seconds=after)
    for mail in mails:
        scanner = arrive(disguised=disguised)
        scan(scanner, mail)
        # In disguise it does vote: what is tried here are the rules, and not the script.
        assert disguised or scanner.n_posts == 0
        if disguised and after == 1200:
            assert scanner.n_posts == 3 * len(mail.paper_ids)
        scanner.go()
    post.settle()

    assert post.counted() == {}
    assert post.statuses() == [Status.ACTIVE] * n_letters + [Status.PENDING]


def test_who_opens_every_link_does_nothing_in_letters_without_the_hidden_one(arrive, post, clock):
    (mail,) = post.daily(1, 4)
    bare = Mail(
        mail.subscriber_id,
        mail.letter_id,
        mail.paper_ids,
        tuple(url for url in mail.urls if not url.endswith("/trap")),
    )
    clock.forward(minutes=20)
    scanner = arrive()
    scan(scanner, bare)
    assert scanner.n_posts == 12
    post.settle()

    assert post.counted() == {}


AGENTS = [f"Mozilla/5.0 (another {n})" for n in range(50)]


def _roam(arrive, post, clock, n_visits, *, disguised) -> int:
    """Visits to one to three links, within ten minutes, from anywhere; how many counted."""
    rng = random.Random(27)  # noqa: S311
    start = clock.now
    for mail in post.daily(n_visits):
        clock.now = start + timedelta(seconds=rng.uniform(0, 600))
        scanner = arrive(
            f"10.{rng.randrange(256)}.{rng.randrange(256)}", rng.choice(AGENTS), disguised=disguised
        )
        for url in rng.sample(mail.urls, rng.randint(1, 3)):
            scanner.open(url)
        scanner.go()
    clock.now = start
    post.settle()
    n_counted = len(post.counted())
    log.info("%d of %d visits counted, disguised: %s", n_counted, n_visits, disguised)
    return n_counted


@pytest.mark.parametrize("disguised", [False, True])
@pytest.mark.parametrize(
    "n_visits", [5, pytest.param(200, marks=pytest.mark.full)], ids=["some", "many"]
)
def test_who_opens_a_few_links_from_anywhere_soon_after_delivery_does_nothing(
    arrive, post, clock, n_visits, disguised
):
    """One in disguise that comes alone and much later does what a person does, and counts."""
    assert _roam(arrive, post, clock, n_visits, disguised=disguised) <= n_visits // 100
    assert set(post.statuses()) == {Status.ACTIVE}


def _delays(n: int) -> list[float]:
    """Seconds after hand-over: from four minutes to three days, half of them within two hours."""
    rng = random.Random(26)  # noqa: S311
    return [240 * (3 * 86_400 / 240) ** rng.random() for _ in range(n)]


@pytest.mark.parametrize(
    "n_people", [4, pytest.param(200, marks=pytest.mark.full)], ids=["some", "many"]
)
def test_people_are_counted_with_one_click(arrive, post, clock, n_people):
    """Those who confirmed their sign-up where they open their letters."""
    rng, start, said = random.Random(1), clock.now, {}  # noqa: S311
    asked = post.confirm()
    for n, (mail, delay) in enumerate(zip(post.daily(n_people), _delays(n_people), strict=True)):
        clock.now = start
        person = arrive(f"198.51.{n}", rng.choice(AGENTS))
        person.confirms(asked)
        clock.now = start + timedelta(seconds=delay)
        rank, verdict = rng.randint(1, 10), rng.choice(["like", "dislike", "save"])
        person.open(mail.vote(verdict, rank), 300)
        assert person.heading.startswith("Saved: ")
        assert person.n_posts == 1
        said[mail.subscriber_id] = {(mail.paper_ids[rank - 1], verdict)}
        person.go()
    clock.now = start + timedelta(days=3)
    post.settle()

    counted = post.counted()
    n_right = sum(counted.get(who) == what for who, what in said.items())
    log.info("%d of %d people counted with one click", n_right, n_people)
    assert n_right >= 0.99 * n_people


def test_a_browser_without_a_past_is_looked_at_for_a_while_or_vouches_for_somebody(
    arrive, post, clock
):
    (mail,) = post.daily(1)
    clock.forward(hours=1)
    stranger = arrive()
    stranger.page.goto(mail.vote("like"))
    assert stranger.page.is_visible("text=This is saved by itself in a moment.")
    # A program may bring its page to the front, and make up what a window is told then.
    stranger.page.bring_to_front()
    stranger.page.evaluate("dispatchEvent(new Event('focus'))")
    stranger.page.evaluate("dispatchEvent(new PointerEvent('pointermove'))")
    stranger.page.clock.run_for(1499)
    assert stranger.n_posts == 0
    with stranger.page.expect_navigation():
        stranger.page.clock.run_for(1)
    assert stranger.heading == "Saved: more like this"


def test_soon_after_delivery_another_browser_counts_with_one_click_where_the_mouse_moves(
    arrive, post, clock
):
    (mail,) = post.daily(1)
    clock.forward(minutes=4)
    person = arrive()
    assert person.open(mail.vote("like"), 1500, moves=True)
    assert person.heading == "Saved: more like this"
    post.settle()

    assert post.counted() == {mail.subscriber_id: {(mail.paper_ids[0], "like")}}


def test_where_it_does_not_one_button_is_enough_and_none_is_needed_after_it(arrive, post, clock):
    (mail,) = post.daily(1)
    clock.forward(minutes=4)
    person = arrive()
    assert not person.open(mail.vote("like"), 1500)
    assert person.page.is_hidden("[data-wait]")
    assert person.page.is_visible("[data-press]")
    person.page.click("main form button")
    assert person.heading == "Saved: more like this"
    clock.forward(seconds=20)
    assert person.open(mail.vote("save", 2), 1500)
    assert person.heading == "Saved: kept for later"
    post.settle()

    first, second, *_ = mail.paper_ids
    assert post.counted() == {mail.subscriber_id: {(first, "like"), (second, "save")}}


def test_without_script_one_button_is_enough(arrive, post, clock):
    (mail,) = post.daily(1)
    clock.forward(minutes=4)
    person = arrive(script=False)
    person.page.goto(mail.vote("like"))
    person.page.click("main form button")
    assert person.heading == "Saved: more like this"
    post.settle()

    assert post.counted() == {mail.subscriber_id: {(mail.paper_ids[0], "like")}}


def test_a_button_counts_at_once_while_the_letter_arrives(arrive, post, clock):
    (mail,) = post.daily(1)
    clock.forward(seconds=30)
    person = arrive()
    assert not person.open(mail.vote("save"))
    person.page.click("main form button")
    assert person.heading == "Saved: kept for later"
    post.settle()

    assert post.counted() == {mail.subscriber_id: {(mail.paper_ids[0], "save")}}


def test_a_button_pressed_by_keyboard_is_vouched_for_too(arrive, post, clock):
    (mail,) = post.daily(1)
    clock.forward(seconds=30)
    person = arrive()
    person.open(mail.urls[-4])  # of the same network and browser, within the minute
    trap = next(url for url in mail.urls if url.endswith("/trap"))
    person.open(trap)
    person.open(mail.vote("like"))
    person.page.focus("main form button")
    person.page.keyboard.press("Enter")
    person.page.wait_for_selector("text=Saved: more like this")
    post.settle()

    assert post.counted() == {mail.subscriber_id: {(mail.paper_ids[0], "like")}}


def test_a_double_click_and_the_back_button_leave_one_vote(arrive, post, clock):
    (mail,) = post.daily(1)
    clock.forward(hours=1)
    # With it the browser forgets how it came to a page.
    twice = [arrive(by_hand=False), arrive(by_hand=False)]
    for each in twice:
        each.page.goto(mail.vote("like"))
        each.page.wait_for_selector("text=Saved: more like this")
    assert [each.n_posts for each in twice] == [1, 1]

    person = twice[0]
    person.page.go_back()
    assert person.heading == "More like this?"
    assert person.page.is_hidden("[data-wait]")
    assert [each.n_posts for each in twice] == [1, 1]
    post.settle()
    assert post.counted() == {mail.subscriber_id: {(mail.paper_ids[0], "like")}}


def test_of_two_devices_the_last_word_holds(arrive, post, clock):
    (mail,) = post.daily(1)
    clock.forward(hours=1)
    arrive("192.0.2", "A phone").open(mail.vote("like"))
    clock.forward(minutes=2)
    arrive("198.51.100", "A computer").open(mail.vote("dislike"))
    post.settle()

    assert post.counted() == {mail.subscriber_id: {(mail.paper_ids[0], "dislike")}}


def test_who_changes_their_mind_on_the_page_is_heard(arrive, post, clock):
    (mail,) = post.daily(1)
    clock.forward(hours=1)
    person = arrive()
    person.open(mail.vote("like"))
    clock.forward(seconds=3)
    person.page.click("text=Less like this")
    assert person.heading == "Saved: less like this"
    post.settle()

    assert post.counted() == {mail.subscriber_id: {(mail.paper_ids[0], "dislike")}}


@pytest.mark.parametrize("network", ["198.51.100", "192.0.2"], ids=["elsewhere", "same office"])
@pytest.mark.parametrize(
    "n_letters", [1, pytest.param(10, marks=pytest.mark.full)], ids=["some", "many"]
)
def test_a_person_counts_in_a_letter_that_a_scanner_went_through(
    arrive, post, clock, network, n_letters
):
    """The scanner from 20 seconds after hand-over on, the person five minutes after it."""
    start, said = clock.now, {}
    for mail in post.daily(n_letters, 4):
        clock.now = start + timedelta(seconds=20)
        scanner = arrive("192.0.2")
        scan(scanner, mail)
        scanner.go()
        clock.now = start + timedelta(minutes=5)
        person = arrive(network, "A person's browser")
        person.open(mail.vote("like", 2), 1500, moves=True)
        assert person.heading == "Saved: more like this"
        person.go()
        said[mail.subscriber_id] = {(mail.paper_ids[1], "like")}
    post.settle()

    assert post.counted() == said
