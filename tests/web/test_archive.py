from datetime import date

import pytest

from app.papers.paper import Paper
from app.store.tables import LetterKind


def titles(tree):
    return [link.text for link in tree.findall(".//article/h2/a")]


def test_without_papers_the_front_page_says_so_and_still_takes_sign_ups(client, read_page):
    page = client.get("/")

    tree = read_page(page.text)
    assert page.status_code == 200
    assert "No papers yet" in page.text
    assert tree.find(".//form").get("action") == "/subscribe"


def test_the_front_page_lists_the_latest_day_in_its_digests_order(client, two_papers, read_page):
    page = client.get("/")

    assert "Get trending papers in your email inbox once a day" in page.text
    assert "Friday 20 November 2026" in page.text
    assert titles(read_page(page.text)) == ["Tides of small moons", "Bread as a soft solid"]
    assert "12 votes" in page.text
    assert 'href="https://example.org/moons"' in page.text


def test_what_comes_shows_at_once_and_what_is_filled_in_within_a_minute(
    client, engine, two_papers, store_papers, read_page, clock
):
    assert len(titles(read_page(client.get("/").text))) == 2
    store_papers(Paper(title="A third paper"))
    assert "A third paper" in client.get("/").text
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE vote_snapshot SET votes = 77")
        connection.exec_driver_sql("UPDATE paper SET url = 'https://example.org/new'")
    clock.forward(minutes=1)
    page = client.get("/").text
    assert "77 votes" in page
    assert "https://example.org/new" in page


def test_every_visitor_gets_a_form_of_their_own(client, two_papers, read_page, clock):
    def seal():
        return read_page(client.get("/").text).find(".//input[@name='seal']").get("value")

    first = seal()
    clock.forward(seconds=1)
    assert seal() != first


def test_the_box_on_the_front_page_signs_up(client, read_page, two_papers, clock):
    form = read_page(client.get("/").text).find(".//form")
    typed = {e.get("name"): e.get("value") or "" for e in form.iter() if e.get("name")}
    clock.forward(seconds=2)

    answer = client.post(
        form.get("action"), data=typed | {"email": "a@example.org", "interests": "moons"}
    )

    assert answer.status_code == 303


def test_days_lead_to_their_neighbours(client, store_papers, read_page):
    for day in (16, 18, 19):
        store_papers(Paper(title=f"Of the {day}th"), day=date(2026, 11, day))

    def ways(path):
        links = read_page(client.get(path).text).findall(".//nav[@class='steps']/a")
        return [link.get("href") for link in links]

    assert ways("/") == ["/days/2026-11-18"]
    assert ways("/days/2026-11-18") == ["/days/2026-11-16", "/days/2026-11-19"]
    assert ways("/days/2026-11-16") == ["/days/2026-11-18"]


def test_a_long_day_is_cut_into_pages_that_lose_no_paper(client, store_papers, read_page):
    stored = [f"Paper number {n} of many" for n in range(65)]
    store_papers(*[Paper(title=title, abstract="Some words. " * 200) for title in stored])

    pages = [client.get("/", params={"page": n}) for n in (1, 2, 3)]

    assert [title for page in pages for title in titles(read_page(page.text))] == stored
    assert all(len(page.content) < 60_000 for page in pages)
    assert client.get("/", params={"page": 4}).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/days/yesterday",
        "/days/2026-02-30",
        "/weeks/2026-W54",
        "/weeks/2026-47",
        "/weeks/2026-W47-1",
        "/months/2026-13",
        "/months/2026-1",
        "/months/0000-01",
        "/months/٢٠٢٦-١١",
        "/papers/99",
        "/papers/0",
        "/papers/x",
        "/papers/99999999999999999999",
    ],
)
def test_what_is_not_there_is_not_found(client, two_papers, path):
    answer = client.get(path)

    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in answer.text


@pytest.mark.parametrize("path", ["/days/2026-11-17", "/days/9999-12-31", "/days/0001-01-01"])
def test_a_day_without_papers_says_so_and_leads_on(client, store_papers, read_page, path):
    store_papers(Paper(title="Owls"), day=date(2026, 11, 16))

    page = client.get(path)

    ways = [link.get("href") for link in read_page(page.text).findall(".//nav/a")]
    assert page.status_code == 404
    assert "brought no paper." in page.text
    assert "/days/2026-11-16" in ways


def test_the_day_picker_leads_to_the_day(client, two_papers):
    assert client.get("/days?day=2026-11-20").headers["location"] == "/days/2026-11-20"
    assert client.get("/days?day=soon").headers["location"] == "/"


@pytest.mark.parametrize("path", ["/weeks/2026-W47", "/months/2026-11"])
def test_a_week_and_a_month_begin_with_the_most_votes(client, store_papers, read_page, path):
    store_papers(Paper(title="Few"), Paper(title="None"), day=date(2026, 11, 20), votes=(3,))
    store_papers(Paper(title="Many"), Paper(title="Some"), day=date(2026, 11, 16), votes=(50, 9))
    store_papers(Paper(title="Before"), day=date(2026, 10, 31), votes=(99,))

    page = read_page(client.get(path).text)

    assert titles(page) == ["Many", "Some", "Few", "None"]
    (earlier,) = page.findall(".//nav[@class='steps']/a")
    assert earlier.get("href") in {"/weeks/2026-W44", "/months/2026-10"}


def test_trending_puts_what_is_read_now_before_what_was_read_once(client, store_papers, read_page):
    store_papers(Paper(title="Early"), day=date(2026, 11, 2), votes=(60,))
    store_papers(Paper(title="Late"), day=date(2026, 11, 20), votes=(50,))

    def first(path):
        return titles(read_page(client.get(path).text))[0]

    assert first("/months/2026-11") == "Early"
    assert first("/months/2026-11?sort=trend") == "Late"


def test_a_trending_list_is_as_long_as_it_says(client, store_papers, read_page, monkeypatch):
    from app.web import archive

    monkeypatch.setattr(archive, "HOTTEST", 10)
    store_papers(*[Paper(title=f"Owls {n}") for n in range(40)])

    page = client.get("/months/2026-11?sort=trend")

    assert "40 new papers" in page.text
    assert "Here are the 10 " in page.text
    assert len(titles(read_page(page.text))) == 10


def test_a_rise_is_told_since_when(client, store_papers, read_page):
    paper = Paper(title="Owls")
    for day, votes in ((17, 10), (19, 14), (20, 54)):
        store_papers(paper, day=date(2026, 11, day), votes=(votes,))

    for path in ("/days/2026-11-17", "/papers/1"):
        assert "rising: +40 votes since yesterday" in client.get(path).text


def test_a_papers_votes_are_drawn_over_its_days(client, store_papers, read_page):
    paper = Paper(title="Owls")
    store_papers(paper, day=date(2026, 11, 18), votes=(10,))
    assert "<svg" not in client.get("/papers/1").text

    store_papers(paper, day=date(2026, 11, 20), votes=(40,))

    page = client.get("/papers/1").text
    line = read_page(page).find(".//{*}polyline").get("points")
    assert line == "0.0,60.0 320.0,0.0"
    assert "10 on Wednesday 18 November 2026, 40 on Friday 20 November 2026" in page


def test_every_page_says_in_a_sentence_what_it_is(client, two_papers, read_page):
    for path in ("/", "/weeks/2026-W47", "/months/2026-11", f"/papers/{two_papers[0]}"):
        described = read_page(client.get(path).text).find(".//meta[@name='description']")
        assert len(described.get("content")) > 20


def test_a_papers_page_has_all_that_is_known(client, two_papers):
    page = client.get(f"/papers/{two_papers[0]}").text

    for words in (
        "Ada Moon, Bo Tide",
        "They raise tides, and the tides slow them down.",
        'href="https://example.org/moons"',
        "Place 1 in the digest of Friday 20 November 2026",
        "arXiv:2611.00001",
        "12 votes",
    ):
        assert words in page


def test_a_paper_without_a_link_is_found_by_its_name(client, store_papers):
    by_id, by_doi = store_papers(
        Paper(title="One", arxiv_id="2611.00007"), Paper(title="Two", doi="10.1000/a<b>#2")
    )

    assert 'href="https://arxiv.org/abs/2611.00007"' in client.get(f"/papers/{by_id}").text
    assert 'href="https://doi.org/10.1000/a%3Cb%3E%232"' in client.get(f"/papers/{by_doi}").text


def test_only_web_links_leave(client, store_papers, read_page):
    urls = ("javascript:alert(1)", "data:text/html,x", "ftp://example.org/", "https://a@evil.org/")
    ids = store_papers(*[Paper(title=f"Title {url}", url=url) for url in urls])

    for path in ("/", *[f"/papers/{paper_id}" for paper_id in ids]):
        for link in read_page(client.get(path).text).iter("a"):
            assert link.get("href").startswith(("/", "#"))


def test_a_papers_page_tells_what_its_sources_do(client, store_papers, engine):
    from app.store import engine as engines
    from app.store import tables

    (paper_id,) = store_papers(
        Paper(
            "Tides of small moons",
            doi="10.1101/2026.01.02.123456",
            published_doi="10.1000/tides",
            journal="J. Tides 7",
            comment="12 pages",
            organisation="Moon Lab",
            keywords=("tides", "moons"),
            code_url="https://code.example.org/tides",
            project_url="https://example.org/tides",
            thumbnail="https://img.example.org/t.png",
            version=3,
        )
    )
    with engines.transaction(engine) as session:
        row = session.get_one(tables.Paper, paper_id)
        row.stars, row.announced = 12, date(2026, 11, 20)
        row.withdrawn_on = row.announced
    page = client.get(f"/papers/{paper_id}").text
    for said in (
        *("J. Tides 7", "12 pages", "From Moon Lab", "tides, moons", "12 stars", "Version 3"),
        *('href="https://code.example.org/tides"', 'href="https://doi.org/10.1000/tides"'),
        *('href="https://example.org/tides"', "Announced on Friday 20 November 2026"),
        "This paper was withdrawn, as we learned on Friday 20 November 2026.",
    ):
        assert said in page
    assert "img.example.org" not in page
    (told,) = client.get("/api/v1/papers").json()["papers"]
    assert (told["stars"], told["version"], told["is_withdrawn"]) == (12, 3, True)


def test_a_paper_that_turned_out_to_be_another_leads_there(client, store_papers):
    ids = store_papers(
        Paper("Tides", "They slow moons down."),
        Paper("Slow moons", arxiv_id="2611.00001"),
        Paper("Tides", arxiv_id="2611.00001"),
    )
    kept = ids[2]
    for paper_id in ids[:2]:
        page = client.get(f"/papers/{paper_id}")
        assert (page.status_code, page.url.path) == (200, f"/papers/{kept}")
    assert client.get("/api/v1/papers").json()["total"] == 1


def test_hostile_text_never_comes_out_as_markup(
    client, engine, clock, store_papers, make_reader, read_page, hostile
):
    from app.mail.links import Verdict
    from app.store import engine as engines
    from app.store import feedback, letters

    (paper_id,) = store_papers(
        Paper(
            title=hostile,
            abstract=hostile,
            authors=(hostile,),
            doi=hostile,
            published_doi=hostile,
            journal=hostile,
            comment=hostile,
            organisation=hostile,
            keywords=(hostile,),
            code_url=hostile,
            project_url=hostile,
        )
    )
    reader = make_reader("<b>'&@example.org")
    with engines.transaction(engine) as session:
        pick, _ = letters.pick_at(session, reader.letter_id, 1)
        pick.paper_id = paper_id
        feedback.record(session, reader.id, paper_id, Verdict.DISLIKE, clock())
        letters.by_id(session, reader.letter_id).why = hostile

    for path in (
        "/",
        f"/papers/{paper_id}",
        reader.feedback("like"),
        reader.feedback("dislike"),
        f"{reader.preferences}/papers?verdict=dislike",
        reader.letter,
    ):
        page = client.get(path)
        tree = read_page(page.text)
        assert page.status_code == 200
        assert "{{7*7}}" in page.text
        assert all(script.get("src") for script in tree.iter("script"))
        assert tree.find(".//img") is None
        assert tree.find(".//b") is None
        assert not {"\u202e", "\u200b"} & set(page.text)


def test_the_letter_in_the_browser_is_the_letter_that_was_mailed(client, app, engine, reader):
    from app.pipeline import compose
    from app.store import engine as engines
    from app.store import letters

    with engines.transaction(engine) as session:
        row = letters.by_id(session, reader.letter_id)
        mailed = compose.rendered(session, app.state.letterhead, row)

    assert client.get(reader.letter).text == mailed.html


def test_a_confirm_letter_is_not_shown_in_the_browser(client, engine, reader):
    from app.store import engine as engines
    from app.store import letters

    with engines.transaction(engine) as session:
        letters.by_id(session, reader.letter_id).kind = LetterKind.CONFIRM

    assert client.get(reader.letter).status_code == 404
