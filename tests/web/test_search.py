"""Search, papers like one, and what both cost: words found, marked, corrected; names lead on."""

import pytest

from app.papers.paper import Paper
from app.store import engine as engines


@pytest.fixture
def stored(store_papers):
    return store_papers(
        Paper("Owls at night", "Owls see at night. " + "They wait. " * 60 + "Then mice come."),
        Paper("Bats at night", "Bats hear.", ("Bo Tide",), arxiv_id="2611.00002"),
        Paper("Toads", "Toads at night are <b>wet</b> & cold.", doi="10.1000/toads"),
    )


@pytest.fixture
def fit(app, engine, clock):
    def fit():
        with engines.transaction(engine) as session:
            return app.state.models.of(session, clock().date())

    return fit


def _titles(tree):
    return ["".join(link.itertext()) for link in tree.findall(".//article/h2/a")]


def test_search_starts_with_a_field_and_says_how_to_use_it(client, read_page, stored):
    page = client.get("/search")

    tree = read_page(page.text)
    assert page.status_code == 200
    assert tree.find(".//main//input[@name='q']").get("aria-describedby") == "q-hint"
    assert _titles(tree) == []


@pytest.mark.parametrize("is_fitted", [True, False])
def test_words_are_found_and_marked(client, read_page, stored, fit, is_fitted):
    if is_fitted:
        fit()

    page = client.get("/search", params={"q": "owl"})

    tree = read_page(page.text)
    assert _titles(tree) == ["Owls at night"]
    assert {mark.text for mark in tree.iter("mark")} == {"Owls"}
    assert "1 paper." in page.text
    assert tree.find(".//input[@name='q']").get("value") == "owl"


def test_an_excerpt_begins_where_the_word_stands(client, read_page, stored):
    tree = read_page(client.get("/search", params={"q": "mice"}).text)
    excerpt = "".join(tree.findall(".//article/p")[-1].itertext())
    assert excerpt == "… Then mice come."


def test_what_is_a_part_only_is_called_so(client, stored, fit):
    fit()
    page = client.get("/search", params={"q": "owls bats"})
    assert "No paper holds all of it. 2 papers hold a part of it." in page.text


def test_unknown_words_come_with_near_spellings_that_lead_on(client, read_page, stored, fit):
    fit()
    page = client.get("/search", params={"q": "nigth -toads"})

    link = read_page(page.text).find(".//*[@class='note']//a")
    assert link.text == "night"
    assert "No paper holds “nigth”." in page.text
    there = client.get(link.get("href"))
    assert set(_titles(read_page(there.text))) == {"Owls at night", "Bats at night"}


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("2611.00002", 1),
        ("https://arxiv.org/abs/2611.00002v2", 1),
        ("10.1000/toads", 2),
        (" https://doi.org/10.1000/toads ", 2),
    ],
)
def test_the_name_of_a_paper_leads_to_it(client, stored, typed, place):
    answer = client.get("/search", params={"q": typed})
    assert answer.headers["location"] == f"/papers/{stored[place]}"


@pytest.mark.parametrize("typed", ["2611.99999", "https://nowhere.example/", "10.1000/none"])
def test_a_name_of_no_paper_is_said_to_be_unknown(client, stored, typed):
    page = client.get("/search", params={"q": typed})
    assert page.status_code == 200
    assert "No paper here goes by that name or link." in page.text


@pytest.mark.parametrize("typed", ["-owls", '"owls', "the of", "owls " * 300])
def test_what_cannot_be_looked_for_comes_back_with_a_sentence(client, read_page, stored, typed):
    page = client.get("/search", params={"q": typed})

    field = read_page(page.text).find(".//main//input[@name='q']")
    assert page.status_code == 400
    assert field.get("aria-invalid") == "true"
    assert 'id="q-problem"' in page.text


def test_results_come_in_pages_that_lose_none(client, store_papers, read_page, fit):
    stored = [f"Owls of kind {chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(45)]
    store_papers(*[Paper(title, "Owls. " + "Words to fill. " * 200) for title in stored])
    fit()

    pages = [client.get("/search", params={"q": "owls", "page": n}) for n in (1, 2, 3)]

    assert sorted(t for page in pages for t in _titles(read_page(page.text))) == sorted(stored)
    assert all(len(page.content) < 60_000 for page in pages)
    assert client.get("/search", params={"q": "owls", "page": 4}).status_code == 404
    following = read_page(pages[0].text).find(".//nav[@class='pages']/a").get("href")
    assert client.get(following).text == pages[1].text


def test_papers_like_one_come_with_what_they_share(client, read_page, stored, fit):
    owls = stored[0]
    waiting = client.get("/search", params={"like": owls})
    assert "have not been weighed yet" in waiting.text
    fit()

    page = client.get("/search", params={"like": owls})

    assert "Bats at night" in _titles(read_page(page.text))
    assert "In common: night" in page.text
    assert f'href="/papers/{owls}"' in page.text
    assert client.get("/search", params={"like": 99}).status_code == 404
    assert client.get("/search", params={"like": 0}).status_code == 422


def test_a_papers_page_names_those_like_it(client, read_page, stored, fit):
    owls, bats, _ = stored
    assert "Papers like this" not in client.get(f"/papers/{owls}").text
    fit()

    page = client.get(f"/papers/{owls}").text

    near = read_page(page).find(".//section[@aria-labelledby='alike']")
    assert f"/papers/{bats}" in [link.get("href") for link in near.iter("a")]
    assert f"/search?like={owls}" in [link.get("href") for link in near.iter("a")]


def test_hostile_searches_and_papers_come_out_as_text(
    client, store_papers, read_page, fit, hostile
):
    store_papers(Paper(f"Owls {hostile}", f"Owls {hostile}", (hostile,)), Paper("Owls", "Owls"))
    fit()

    for params in (
        {"q": f"owls {hostile}"},
        {"q": "owls"},
        {"q": hostile},
        {"q": "\x07\u202eowls"},
        {"like": 1},
    ):
        page = client.get("/search", params=params)
        tree = read_page(page.text)
        assert page.status_code in {200, 400}
        assert not list(tree.iter("img"))
        assert not list(tree.iter("b"))
        assert all(script.get("src") for script in tree.iter("script"))


def test_searching_never_fits_a_model_nor_brings_in_scikit_learn(client, stored, app):
    client.get("/search", params={"q": "owls"})
    client.get("/search", params={"like": stored[0]})
    client.get(f"/papers/{stored[0]}")
    assert app.state.models.latest() is None


def test_robots_are_kept_from_searching(client):
    assert "Disallow: /search" in client.get("/robots.txt").text
