"""The pages behind a tap, in a real browser: without fault, and without script."""

import pytest

from app.mail.links import Verdict
from app.recommend import interests
from app.store import engine as engines
from app.store import feedback, subscribers
from browser.conftest import LOOKS


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pages_behind_a_tap_are_without_fault(site, make_reader, check_page, width, scheme):
    reader = make_reader()
    page = site.visit(reader.feedback("like"), width=width, scheme=scheme)
    page.click("main form button")
    page.wait_for_selector("text=Saved: more like this")
    check_page(page)
    page.click("text=Mute an author or a word")
    page.wait_for_selector("h1 >> text=Mute")
    check_page(page)
    page.click("main li button")
    page.wait_for_selector("[role=status]")
    check_page(page)
    page.goto(site.address(reader.trap))
    check_page(page)


def test_all_of_it_works_by_keyboard_and_without_script(site, make_reader, engine):
    reader = make_reader()
    page = site.visit(reader.feedback("like"), script=False)
    for name in ("Yes: more like this", "Undo “more like this”", "Save for later"):
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
    page.wait_for_selector("text=Saved: kept for later")
    page.get_by_role("link", name="Mute an author or a word").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Mute Ada Moon").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Muted: no paper by Ada Moon")
    page.get_by_role("button", name="Undo", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=“Ada Moon” is not muted")
    with engines.transaction(engines.reading(engine)) as session:
        said = [
            (row.paper_id, row.verdict) for row, _ in feedback.of_subscriber(session, reader.id)
        ]
        typed = subscribers.interests_of(session, [reader.id])[reader.id]
    assert said == [(reader.paper_ids[0], Verdict.SAVE)]
    assert typed == interests.parse('moons, "soft solid"')
