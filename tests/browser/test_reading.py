"""Lists, search and papers in a real browser: any width, day and night, keyboard, hostile text."""

from datetime import date

import pytest

from app.mail.links import Verdict
from app.papers.paper import Paper
from app.store import engine as engines
from app.store import feedback
from browser.conftest import LOOKS

HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=document.title='owned'>"
    "\"'>{{7*7}}</title>\u202e moons"
)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3


@pytest.fixture
def reader(app, engine, clock, make_reader, store_papers):
    """Somebody with a letter, among papers of three days that the model knows."""
    moons = Paper("Tides of small moons", "We watch small moons.", ("Ada Moon", "Bo Tide"))
    store_papers(moons, day=date(2026, 11, 20), votes=(3,))
    store_papers(
        Paper(HOSTILE, f"Moons. {HOSTILE}", (HOSTILE,)),
        Paper(LONG, LONG, (LONG,), f"https://example.org/{LONG}"),
        day=date(2026, 11, 19),
        votes=(5, 900_000),
    )
    made = make_reader()
    with engines.transaction(engine) as session:
        app.state.models.of(session, clock().date())
    return made


def _paths(reader):
    lists = ["/", "/days/2026-11-19", "/days/2026-11-19?sort=votes", "/days/2020-01-01"]
    lists += ["/weeks/2026-W47?sort=trend", "/months/2026-11"]
    searches = ["/search", "/search?q=moons", "/search?q=moosn+tides", "/search?q=-moons"]
    searches += ["/search?q=xyzzy", "/search?q=2611.99999", "/search?like=1"]
    own = [f"{reader.preferences}/papers/{n}" for n in (1, 2, 3)]
    return [*lists, *searches, "/papers/1", "/papers/2", "/papers/3", *own]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_what_is_there_to_read_is_without_fault(site, reader, check_page, width, scheme):
    page = site.window(width=width, scheme=scheme)
    for path in _paths(reader):
        page.goto(site.address(path))
        check_page(page)
        assert page.title() != "owned", path


def test_links_and_buttons_are_large_enough_for_a_finger(site, reader):
    page = site.window(width=360)
    for path in ("/", "/search?q=moosn", "/papers/1", f"{reader.preferences}/papers/1"):
        page.goto(site.address(path))
        for each in page.locator("main button, main .tabs a, main .steps a, main .pages a").all():
            if each.is_visible():
                assert each.bounding_box()["height"] >= 44, (path, each.inner_text())


def test_every_page_to_read_weighs_sixty_kilobytes_at_most(site, reader, store_papers):
    store_papers(*[Paper(f"Moons {n}", f"Moons. {'Words to fill. ' * 200}") for n in range(60)])
    for path, weight in site.weigh("/", "/months/2026-11", "/search?q=moons", "/papers/1"):
        assert 0 < weight <= 60_000, path


@pytest.mark.parametrize("script", [True, False])
def test_a_paper_is_searched_for_and_opened_by_keyboard_alone(site, reader, script):
    page = site.visit("/", script=script)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"

    for _ in range(40):
        if page.locator(":focus").get_attribute("name") == "q":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("tides")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=tides")
    for _ in range(40):
        if page.locator("article h2 a:focus").count():
            break
        page.keyboard.press("Tab")
    outline = page.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")

    page.wait_for_url("**/papers/1")
    assert page.locator("h1").inner_text() == "Tides of small moons"


def test_days_are_walked_and_picked(site, reader):
    page = site.visit("/")
    page.locator(".steps.top a[rel=prev]").click()
    page.wait_for_url("**/days/2026-11-19")
    page.get_by_role("link", name="Week", exact=True).click()
    page.wait_for_url("**/weeks/2026-W47")
    assert page.locator("h1").inner_text() == "Week 47 of 2026"
    page.get_by_label("Go to a day").fill("2026-11-19")
    page.get_by_role("button", name="Go").click()
    page.wait_for_url("**/days/2026-11-19")


def test_a_near_spelling_is_one_tap_away(site, reader):
    page = site.visit("/search?q=moosn", width=360)
    page.locator(".note a").first.click()
    page.locator("article").first.wait_for()
    assert page.locator("mark").first.inner_text().lower() == "moons"


def test_a_word_is_given_and_taken_back_on_the_page_of_why(site, reader, engine):
    def verdicts():
        with engines.transaction(engines.reading(engine)) as session:
            return [row.verdict for row, _ in feedback.of_subscriber(session, reader.id)]

    page = site.visit(f"{reader.preferences}/papers/1", script=False)
    page.get_by_role("button", name="More like this").click()
    page.get_by_role("button", name="You like it: take that back").wait_for()
    assert verdicts() == [Verdict.LIKE]
    page.get_by_role("button", name="You like it: take that back").click()
    page.get_by_role("button", name="More like this").wait_for()
    assert verdicts() == []
