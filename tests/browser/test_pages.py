"""What holds for every page: no fault for those who read it by ear or by keyboard, any width."""

import pytest

from browser.conftest import LOOKS

PUBLIC = (
    "/",
    "/days/2026-11-20",
    "/subscribe",
    "/subscribe/sent",
    "/submit",
    "/papers/1",
    "/nowhere",
)


def _own(reader, verdict="like"):
    own = [reader.preferences, f"{reader.preferences}/community", reader.unsubscribe]
    return [*own, reader.feedback(verdict), reader.letter]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pages_are_without_fault_at_any_width_by_day_and_by_night(
    site, make_reader, check_page, width, scheme
):
    reader = make_reader()
    page = site.window(width=width, scheme=scheme)
    for path in (*PUBLIC, *_own(reader)):
        page.goto(site.address(path))
        check_page(page, is_letter=path == reader.letter)


def test_a_page_weighs_sixty_kilobytes_at_most_all_in(site, make_reader):
    reader = make_reader()
    for path, weight in site.weigh(*PUBLIC, *_own(reader)):
        assert 0 < weight <= 60_000, path


def test_german_pages_have_room_for_their_words(site, make_reader, check_page):
    reader = make_reader()
    page = site.window(width=360, language="de-DE")
    for path in ("/", "/subscribe", "/papers/1", "/nowhere", *_own(reader)[:4]):
        page.goto(site.address(path))
        assert page.get_attribute("html", "lang") == "de"
        assert "Unser Fehler" not in page.inner_text("h1")
        check_page(page)
