"""What holds for every page there is: its weight, and that keyboard and no script are enough."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from web.test_routes import TOKEN, operators

STATIC = Path(__file__).parents[2] / "templates/static"
MOST_BYTES = 60_000
# What the tab key stops at by itself.
REACHED = {"a", "button", "input", "select", "textarea", "summary"}
SPOKEN = ("aria-label", "aria-labelledby", "title")


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"admin_token": type(settings.admin_token)(TOKEN)})


@pytest.fixture
def pages(client, get_paths, read_page):
    """Every page, by its path: how many bytes it has, and its elements."""
    client.post("/operator/login", data={"token": TOKEN})
    found = {}
    for path in ("/nowhere", *get_paths.values(), "/operator/login", *operators("GET")):
        answer = client.get(path)
        if answer.status_code == 303:
            answer = client.get(answer.headers["location"])
        # A letter shown on its own is the mail's page, and has its own linter.
        is_letter = "style-src 'unsafe-inline'" in answer.headers["content-security-policy"]
        if "text/html" in answer.headers["content-type"] and not is_letter:
            found[path] = len(answer.content), read_page(answer.text)
    assert len(found) > 35
    return found


def assets(tree):
    led = [each.get("src") for each in tree.iter("script")]
    led += [each.get("href") for each in tree.iter("link")]
    return {urlsplit(each).path for each in led}


def test_it_weighs_sixty_kilobytes_at_most_with_all_it_loads(pages):
    for path, (size, tree) in pages.items():
        parts = assets(tree)
        assert parts
        assert all(part.startswith("/static/") for part in parts), path
        sizes = [(STATIC / part.removeprefix("/static/")).stat().st_size for part in parts]
        assert size + sum(sizes) <= MOST_BYTES, path


def test_it_can_be_read_and_sent_before_or_without_any_script(pages):
    for path, (_, tree) in pages.items():
        for script in tree.iter("script"):
            assert script.get("defer") is not None, path
        for form in tree.iter("form"):
            sends = [b for b in form.iter("button") if b.get("type", "submit") == "submit"]
            assert sends, (path, form.get("action"))
            assert not any("hidden" in button.attrib for button in sends), path
        assert not any(name.startswith("on") for each in tree.iter() for name in each.attrib), path


def test_the_keyboard_reaches_all_of_it_in_the_order_it_is_read_in(pages):
    for path, (_, tree) in pages.items():
        reached = [each for each in tree.iter() if each.tag in REACHED and is_shown(each)]
        assert (reached[0].tag, reached[0].get("href")) == ("a", "#main"), path
        assert tree.find(".//main[@id='main']") is not None, path
        for each in tree.iter():
            assert int(each.get("tabindex") or 0) <= 0, (path, each.attrib)
            assert each.get("role") not in {"button", "link", "checkbox", "tab"}, path
        for link in (each for each in reached if each.tag == "a"):
            assert link.get("href") not in {None, "", "#"}, path


def test_every_field_and_button_has_a_name(pages):
    for path, (_, tree) in pages.items():
        named = {each.get("for") for each in tree.iter("label")}
        within = {field for label in tree.iter("label") for field in label.iter()}
        for field in (e for tag in ("input", "select", "textarea") for e in tree.iter(tag)):
            is_named = field.get("id") in named or field in within
            is_named = is_named or any(field.get(each) for each in SPOKEN)
            assert is_named or not is_shown(field), (path, field.attrib)
        for button in (*tree.iter("button"), *tree.iter("a")):
            said = "".join(button.itertext()).strip() or button.get("aria-label")
            assert said, (path, button.attrib)


def is_shown(each):
    return each.get("type") != "hidden" and "hidden" not in each.attrib
