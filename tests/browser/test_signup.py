"""Somebody signs up in a real browser, with and without script, by keyboard alone."""

import pytest

from app.papers.paper import Paper
from app.store import engine as engines
from app.store import feedback, subscribers
from browser.conftest import LOOKS

TOPICS = ("sparse retrieval", "dense retrieval", "whale songs", "soft bread")


@pytest.fixture
def papers(store_papers, app, engine, clock):
    """A board with four topics on it."""
    ids = store_papers(
        *(
            Paper(f"On {topic}, part {n}", f"We study {topic}. Case {n} of {topic} is shown.")
            for topic in TOPICS
            for n in range(1, 4)
        ),
        votes=tuple(range(12, 0, -1)),
    )
    with engines.transaction(engines.reading(engine)) as session:
        app.state.models.board(session, clock().date(), clock())
    return ids


@pytest.fixture
def signed_up(engine):
    """What is stored of somebody, and the ids of what they like."""

    def read(address):
        with engines.transaction(engines.reading(engine)) as session:
            row = subscribers.by_address(session, address)
            if row is None:
                return None, set()
            return row, {paper.id for _, paper in feedback.of_subscriber(session, row.id)}

    return read


def focused(page):
    return page.evaluate(
        "[document.activeElement.name || '', document.activeElement.textContent.trim()].join('|')"
    )


def tab_to(page, wanted):
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted in focused(page):
            return
    raise AssertionError(f"the keyboard never reaches {wanted}")


def test_while_somebody_types_the_page_shows_what_today_would_bring(site, papers):
    page = site.visit("/subscribe")
    page.get_by_label("What do you want to read about?").press_sequentially("retrieval", delay=20)
    page.locator(".glimpses").wait_for()

    assert "retrieval" in page.locator(".glimpses li").first.inner_text()
    assert "You asked for retrieval." in page.locator(".glimpses").inner_text()
    assert "Today you would have got" in page.locator("[role=status]").inner_text()
    assert focused(page).startswith("interests|")
    assert page.url.endswith("/subscribe")

    page.get_by_label("What do you want to read about?").fill("retreival")
    page.get_by_text("near: “retrieval”").wait_for()
    page.get_by_label("What do you want to read about?").fill('a, "b')
    page.locator("[data-outlook]").get_by_text("character 4").wait_for()


def test_a_paper_ticked_shows_at_once_what_it_brings(site, papers):
    page = site.visit("/subscribe")
    page.get_by_role("checkbox", name="whale songs").first.check()
    page.locator(".glimpses").get_by_text("On whale songs").first.wait_for()
    assert page.get_by_role("checkbox", name="whale songs").first.is_checked()


def test_a_file_is_reported_on_and_counts_while_words_are_typed(site, papers):
    page = site.visit("/subscribe")
    page.get_by_text("Bring your own papers").click()
    bib = b"@misc{a, title={On Soft Bread, Part 2}}\n@misc{b, title={Unheard of}}"
    chosen = {"name": "mine.bib", "mimeType": "text/x-bibtex", "buffer": bib}
    page.get_by_label("Or a file of references").set_input_files(chosen)
    page.get_by_text("Of the 2 entries in “mine.bib” we know 1.").wait_for()
    assert page.get_by_text("Unheard of").is_visible()
    page.locator(".glimpses").get_by_text("On soft bread").first.wait_for()

    page.get_by_label("What do you want to read about?").fill("whale")
    page.locator(".glimpses").get_by_text("On whale songs").first.wait_for()
    assert page.locator(".glimpses").get_by_text("On soft bread").count() > 0


def test_with_script_one_press_signs_up_in_the_browsers_own_zone(site, papers, clock, signed_up):
    page = site.visit("/subscribe")
    page.get_by_label("Your e-mail address").fill("eve@example.org")
    page.get_by_label("What do you want to read about?").fill("retrieval")
    clock.forward(seconds=3)
    page.get_by_role("button", name="Subscribe", exact=True).click()
    page.get_by_role("heading", name="Now look into your inbox").wait_for()
    row, _ = signed_up("eve@example.org")
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert row.zone == zone or zone.startswith("Etc/")


def test_without_script_a_button_shows_the_same_and_another_signs_up(
    site, papers, clock, signed_up
):
    page = site.visit("/", script=False)
    page.get_by_label("Words you care about").fill("retrieval")
    page.get_by_role("button", name="First show me today’s letter").click()
    assert "retrieval" in page.locator(".glimpses li").first.inner_text()
    assert page.get_by_label("What do you want to read about?").input_value() == "retrieval"

    page.get_by_role("checkbox", name="whale songs").first.check()
    page.get_by_role("button", name="Show it for what I typed").click()
    assert page.get_by_role("checkbox", name="whale songs").first.is_checked()
    assert page.locator(".glimpses").get_by_text("whale songs").count() > 0

    page.get_by_label("Your e-mail address").fill("eve@example.org")
    clock.forward(seconds=3)
    page.get_by_role("button", name="Subscribe", exact=True).click()
    assert "inbox" in page.get_by_role("heading", level=1).inner_text()
    _, liked = signed_up("eve@example.org")
    assert len(liked) == 1


@pytest.mark.parametrize("script", [True, False])
def test_the_keyboard_alone_is_enough(site, papers, clock, signed_up, script):
    page = site.visit("/subscribe", script=script)
    tab_to(page, "email|")
    page.keyboard.type("eve@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("retrieval")
    tab_to(page, "picked|")
    page.keyboard.press("Space")
    if script:
        page.locator(".glimpses").wait_for()
        assert focused(page).startswith("picked|")
    clock.forward(seconds=3)
    tab_to(page, "|Subscribe")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Now look into your inbox").wait_for()
    row, liked = signed_up("eve@example.org")
    assert row is not None
    assert len(liked) == 1


def test_what_nobody_sees_nobody_reaches(site, papers):
    page = site.visit("/subscribe")
    seen = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.add(focused(page).partition("|")[0])
    assert "email" in seen
    assert "comment" not in seen
    assert page.get_by_role("textbox", name="Leave this empty").count() == 0


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_state_of_signing_up_is_without_fault(
    site, papers, check_page, clock, links, make_reader, width, scheme
):
    page = site.visit("/subscribe", width=width, scheme=scheme)
    check_page(page)
    for closed in page.locator("details").all():
        closed.locator("summary").click()
    page.get_by_label("What do you want to read about?").fill("retrieval, retreival, whale")
    page.locator(".glimpses").wait_for()
    check_page(page)

    # At once, and with mistakes: asked once more, then told what is wrong.
    page.get_by_label("Your e-mail address").fill("eve@example.org")
    page.get_by_role("button", name="Subscribe", exact=True).click()
    page.get_by_text("press “Subscribe” again").wait_for()
    check_page(page)
    page.get_by_label("What do you want to read about?").fill('"never closed')
    page.get_by_role("button", name="Subscribe", exact=True).click()
    page.get_by_text("Please look at this again").wait_for()
    check_page(page)

    page.get_by_label("What do you want to read about?").fill("retrieval")
    bib = b"@misc{a, title={On Soft Bread, Part 2}}\n@misc{b, title={Unheard of}}\n@misc{c, title={"
    chosen = {"name": "mine.bib", "mimeType": "text/x-bibtex", "buffer": bib}
    page.locator("details").first.evaluate("each => { each.open = true }")
    page.get_by_label("Or a file of references").set_input_files(chosen)
    page.get_by_text("we know 1").wait_for()
    check_page(page)
    clock.forward(seconds=3)
    page.get_by_role("button", name="Subscribe", exact=True).click()
    page.get_by_role("heading", name="Your file of references").wait_for()
    check_page(page)

    pending = make_reader("new@example.org", status="pending", shares_likes=True)
    page.goto(links.confirm(pending.id, clock()))
    check_page(page)
    page.get_by_role("button", name="Yes, start my letters").click()
    page.get_by_role("heading", name="Thank you, that was all").wait_for()
    check_page(page)
