"""A reader's own pages: without fault, without script, and with the keyboard alone."""

from datetime import timedelta

import pytest
from conftest import NOW

from app.mail.links import Verdict
from app.papers.paper import Paper
from app.pipeline import ingest, notices
from app.store import engine as engines
from app.store import feedback, letters, subscribers
from app.store.tables import LetterKind, OutboxEntry, State, Status, Subscriber
from browser.conftest import LOOKS

PAGES = ("", "/profile", "/papers", "/papers?verdict=like", "/letters", "/records")


@pytest.fixture
def reader(make_reader):
    return make_reader()


@pytest.fixture
def full(app, engine, reader, store_papers):
    """The reader after some weeks: letters, likes, a dislike, saved papers, a model that knows."""
    titles = ("Tides of slow oceans", "Moons of ice", "Long " + "title " * 40, "Baking with moons")
    ids = store_papers(*[Paper(title, f"{title}, measured over years.") for title in titles])
    verdicts = (Verdict.LIKE, Verdict.LIKE, Verdict.SAVE, Verdict.DISLIKE)
    with engines.transaction(engine) as session:
        for paper_id, verdict in zip(ids, verdicts, strict=True):
            feedback.record(session, reader.id, paper_id, verdict, NOW)
        for n, state in enumerate((State.SENT, State.SKIPPED, State.FAILED, State.SKIPPED)):
            session.add(
                OutboxEntry(
                    subscriber_id=reader.id,
                    kind=LetterKind.DAILY,
                    edition_date=NOW.date() - timedelta(days=n),
                    letter_id=reader.letter_id if state == State.SENT else None,
                    state=state,
                    due_at=NOW,
                    first_due_at=NOW,
                    reason="no new paper fits their interests",
                )
            )
        app.state.models.of(session, ingest.day(NOW))
    return reader


@pytest.fixture
def link_of(engine, links):
    """The link in a letter that was asked for."""

    def ask(reader, kind):
        with engines.transaction(engine) as session:
            row = session.get_one(Subscriber, reader.id)
            notices.queue(session, row, kind, NOW, "example.org", recipient="new@example.org")
            letter = letters.of_edition(session, reader.id, NOW.date(), kind)
        return (links.move if kind == LetterKind.MOVE else links.erase)(letter.id)

    return ask


@pytest.fixture
def status(engine):
    def read(reader):
        with engines.transaction(engine) as session:
            return subscribers.by_id(session, reader.id).status

    return read


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_own_pages_are_without_fault(site, full, link_of, check_page, width, scheme):
    asked = [link_of(full, kind) for kind in (LetterKind.MOVE, LetterKind.ERASE)]
    paths = [
        "/preferences",
        "/preferences/sent",
        *asked,
        *(full.preferences + end for end in PAGES),
    ]
    page = site.window(width=width, scheme=scheme)
    for path in paths:
        page.goto(site.address(path))
        for details in page.locator("details").all():
            details.locator("summary").click()
        check_page(page)


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.full)])
def test_so_are_those_that_follow_a_press(site, full, make_reader, link_of, check_page, scheme):
    leaver, returner = make_reader("leaver@example.org"), make_reader("returner@example.org")
    mover, eraser = make_reader("mover@example.org"), make_reader("eraser@example.org")
    page = site.window(width=360, scheme=scheme)
    for path, button, title in (
        (leaver.unsubscribe, "Yes, unsubscribe me", "You are unsubscribed"),
        (returner.unsubscribe, "Once a week, on Monday", "Your letters go on"),
        (link_of(mover, LetterKind.MOVE), "Yes, send them here", "Your letters have moved"),
        (link_of(eraser, LetterKind.ERASE), "Yes, delete everything", "Everything is deleted"),
        (f"{full.preferences}/records", "Make my links void", "Your old links are void"),
    ):
        page.goto(site.address(path))
        page.get_by_role("button", name=button).click()
        page.wait_for_function("name => document.title.startsWith(name)", arg=title)
        check_page(page)
    page.goto(site.address(leaver.preferences))
    assert page.title().startswith("No letters at present")
    check_page(page)


def test_own_pages_weigh_sixty_kilobytes_at_most(site, full):
    for path, weight in site.weigh(*(full.preferences + end for end in PAGES)):
        assert 0 < weight <= 60_000, path


def test_without_script_everything_can_be_changed(site, full):
    page = site.visit(full.preferences, script=False)
    page.get_by_role("link", name="What we think of you").click()
    page.get_by_role("button", name="Delete: soft solid").click()
    assert "Deleted." in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="Your papers").click()
    page.get_by_role("button", name="Remove:").click()
    assert "Taken out." in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="Address, feeds, records").click()
    page.get_by_label("New e-mail address").fill("nonsense")
    page.get_by_role("button", name="Mail a link there").click()
    assert "is no mail address" in page.get_by_role("alert").inner_text()
    page.get_by_label("New e-mail address").fill("new@example.org")
    page.get_by_role("button", name="Mail a link there").click()
    assert "is on its way" in page.get_by_role("status").inner_text()


def press_on(page, name):
    """Go with the tab key until something of this name has the focus, and press Enter."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"
        )
        if focused.startswith(name):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", "the focus cannot be seen"
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    pytest.fail(f"the tab key does not lead to {name}")


def test_the_keyboard_alone_leaves_and_comes_back(site, reader, status):
    page = site.visit(reader.unsubscribe)
    press_on(page, "Yes, unsubscribe me")
    assert status(reader) == Status.UNSUBSCRIBED
    press_on(page, "That was a mistake")
    assert status(reader) == Status.ACTIVE


def test_the_keyboard_alone_takes_back_what_taught_a_word(site, full, engine):
    page = site.visit(f"{full.preferences}/profile")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            page.keyboard.press("Enter")
            break
    press_on(page, "Take back")
    assert "Taken back." in page.get_by_role("status").inner_text()


def test_targets_are_large_enough_for_a_thumb(site, full):
    page = site.window(width=360)
    for end in PAGES:
        page.goto(site.address(full.preferences + end))
        for target in page.locator("main button, main .own a, main .here a, main summary").all():
            box = target.bounding_box()
            assert not box or not box["height"] or box["height"] >= 43.9, (
                end,
                target.inner_text(),
                box,
            )
