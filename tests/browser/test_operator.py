"""The operator's pages, as an operator sees them."""

import pytest

from browser.conftest import LOOKS

PATHS = ("", "/people", "/people/1", "/tomorrow", "/sources", "/submissions", "/charts", "/deeds")


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"admin_token": type(settings.admin_token)("open sesame")})


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_operators_pages_are_without_fault_and_work_by_keyboard_without_script(
    site, make_reader, check_page, width, scheme
):
    make_reader()
    without_script = site.visit("/operator/login", script=False)
    without_script.keyboard.press("Tab")
    without_script.get_by_label("Operator’s token").focus()
    without_script.keyboard.type("open sesame")
    without_script.keyboard.press("Enter")
    without_script.get_by_role("heading", name="The day").wait_for()
    page = site.visit("/operator/login", width=width, scheme=scheme)
    check_page(page)
    page.get_by_label("Operator’s token").fill("open sesame")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="The day").wait_for()
    for path in PATHS:
        page.goto(site.address(f"/operator{path}"))
        check_page(page)
