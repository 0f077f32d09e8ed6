"""The preview beside the sign-up form, the papers to tick, and the file of references."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.papers.paper import Paper
from app.store import engine as engines
from app.store import feedback, subscribers
from app.store.tables import Consent, Subscriber
from app.web import seals
from app.web.seals import Form

PART = {"X-Part": "outlook"}
BIB = b"""@article{a, title={Whale Songs of Year 1}}
@article{b, title={Never Seen Here}}
@article{c, title={Open
@article{d, title={Whale songs of year 2}}
"""


@pytest.fixture
def papers(store_papers, app, engine, clock):
    """Ten papers of two topics, on a board that is laid out."""
    near = [
        Paper(f"On {topic} number {n}", f"We study {topic}. It works on {n} collections of text.")
        for n, topic in enumerate(("sparse retrieval", "dense retrieval", "retrieval"), start=1)
    ]
    far = [
        Paper(f"Whale songs of year {n}", f"We listened to whales in year {n}. They sang of krill.")
        for n in range(1, 4)
    ]
    ids = store_papers(*near, *far, votes=(5, 4, 3, 9, 2, 1))
    with engines.transaction(engines.reading(engine)) as session:
        app.state.models.board(session, clock().date(), clock())
    return ids


def seal_of(client, form=Form.PAGE, age=timedelta(seconds=3)):
    state = client.app.state
    return seals.make(state.letterhead.links.tokens, form, state.clock() - age)


def look(client, part=True, **typed):
    return client.post("/subscribe/preview", data=typed, headers=PART if part else {})


def titles(tree):
    return [link.text for link in tree.findall(".//ol[@class='glimpses']/li/a")]


def ticked(tree):
    return [each.get("value") for each in tree.iter("input") if each.get("checked") is not None]


def test_what_is_typed_shows_what_today_would_bring_and_why(client, papers, read_page):
    whole = read_page(look(client, part=False, interests="retrieval").text)
    part = look(client, interests="retrieval")

    assert titles(whole)[0] in {"On sparse retrieval number 1", "On retrieval number 3"}
    assert "Whale songs of year 1" not in titles(whole)
    assert "You asked for retrieval." in part.text
    assert "<html" not in part.text
    assert whole.find(".//*[@id='interests']").text == "retrieval"


def test_what_is_ticked_counts_and_stays_ticked(client, papers, read_page):
    tree = read_page(look(client, part=False, picked=[papers[3]], threshold="worth a look").text)

    ticked = [
        e.get("value")
        for e in tree.iter("input")
        if e.get("name") == "picked" and e.get("checked") is not None
    ]
    assert ticked == [str(papers[3])]
    assert set(titles(tree)) >= {"Whale songs of year 2"}
    assert "Whale songs of year 1" not in titles(tree)


def test_size_and_demand_count_too(client, papers, read_page):
    one = look(client, interests="retrieval", letter_size="1", threshold="worth a look").text
    more = look(client, interests="retrieval", threshold="worth a look").text
    assert one.count("<li>") == 1 < more.count("<li>")


def test_a_word_no_paper_holds_is_told_with_its_neighbours(client, papers):
    told = look(client, interests="retrieval, retreival").text
    assert "No paper of the last year contains “retreival”; near: “retrieval”." in told


def test_a_sign_out_of_place_is_pointed_at(client, papers, read_page):
    part = look(client, interests='whales, "never closed')
    assert part.status_code == 200
    assert "The quote opened at character 9 is never closed." in part.text
    page = look(client, part=False, interests='whales, "never closed')
    assert page.status_code == 400
    assert read_page(page.text).find(".//*[@id='interests-problem']") is not None


def test_nothing_typed_is_no_mistake(client, papers):
    for part in (True, False):
        answer = look(client, part=part, interests=" ")
        assert answer.status_code == 200
        assert "Type a word, or tick a paper" in answer.text


def test_before_the_first_papers_it_says_so(client):
    assert "preview is not ready yet" in look(client, interests="moons").text
    page = client.get("/subscribe").text
    assert "preview is not ready yet" in page
    assert 'name="picked"' not in page


def test_looking_stores_nothing(client, papers, dump):
    before = dump()
    look(client, interests="retrieval", picked=papers, email="ada@example.org")
    look(client, part=False, interests="retrieval", email="ada@example.org")
    client.post("/subscribe/preview", files={"file": ("a.bib", BIB)})
    assert dump() == before


def test_hostile_words_stay_words(client, papers, hostile, read_page):
    for typed in ({"interests": hostile}, {"interests": "x", "liked": hostile}):
        page = look(client, part=False, **typed).text
        read_page(page)
        assert "<img" not in page
        assert "<img" not in look(client, **typed).text


def test_papers_to_tick_are_unlike_and_the_same_all_day(client, papers, read_page, clock):
    def offered():
        tree = read_page(client.get("/subscribe").text)
        return [int(e.get("value")) for e in tree.iter("input") if e.get("name") == "picked"]

    first = offered()
    assert first[0] == papers[0]
    assert first[1] in papers[3:]
    clock.forward(hours=3)
    assert offered() == first


def test_ticked_papers_are_liked_and_words_may_be_left_out(client, papers, engine):
    answer = client.post(
        "/subscribe",
        data={
            "email": "eve@example.org",
            "picked": [papers[0], papers[3]],
            "seal": seal_of(client),
        },
    )
    assert answer.status_code == 303
    with engines.transaction(engines.reading(engine)) as session:
        row = subscribers.by_address(session, "eve@example.org")
        assert {paper.id for _, paper in feedback.of_subscriber(session, row.id)} == {
            papers[0],
            papers[3],
        }


@pytest.mark.parametrize("picked", ["0", "-1", "999999", "9" * 40, "x", "", "١", "²", "1.5"])
def test_a_paper_that_is_none_is_passed_by(client, papers, picked, read_page):
    plain = read_page(look(client, part=False, interests="retrieval").text)
    shown = read_page(look(client, part=False, interests="retrieval", picked=[picked]).text)
    assert titles(shown) == titles(plain) != []
    assert ticked(shown) == ticked(plain)


def test_a_file_is_reported_on_and_what_we_know_counts_as_liked(client, papers, engine, read_page):
    files = {"file": ("mine.bib", BIB, "text/x-bibtex")}
    page = client.post("/subscribe/preview", files=files)
    tree = read_page(page.text)
    assert "Of the 4 entries in “mine.bib” we know 2." in page.text
    assert "Never Seen Here" in page.text
    assert "@article{c, title={Open: It begins in line 3" in page.text
    assert {str(papers[3]), str(papers[4])} <= set(ticked(tree))

    answer = client.post(
        "/subscribe", data={"email": "eve@example.org", "seal": seal_of(client)}, files=files
    )
    assert answer.status_code == 200
    assert "Never Seen Here" in answer.text
    assert "inbox" in answer.text
    with engines.transaction(engines.reading(engine)) as session:
        row = subscribers.by_address(session, "eve@example.org")
        said = feedback.of_subscriber(session, row.id)
    assert {paper.id for _, paper in said} == {papers[3], papers[4]}


def test_the_report_does_not_tell_whose_address_it_is(client, papers, reader):
    answers = [
        client.post(
            "/subscribe",
            data={"email": f"{name}@example.org", "seal": seal_of(client)},
            files={"file": ("mine.bib", BIB)},
        )
        for name in ("ada", "new", "new")
    ]
    assert len({(a.status_code, a.content, str(a.headers)) for a in answers}) == 1


def test_a_file_of_which_we_know_nothing_is_told_and_words_are_asked_for(client, papers, dump):
    before = dump()
    answer = client.post(
        "/subscribe",
        data={"email": "eve@example.org", "seal": seal_of(client)},
        files={"file": ("mine.bib", b"@misc{a, title={Unheard of}}")},
    )
    assert answer.status_code == 400
    assert "Unheard of" in answer.text
    assert "Name at least one word" in answer.text
    assert dump() == before


@pytest.mark.parametrize("content", [b"\0\1\2", b"%PDF-1.7", b"hello"])
def test_a_file_that_is_none_is_named_beside_its_field(client, papers, content, read_page):
    answer = client.post("/subscribe/preview", files={"file": ("x.bin", content)})
    assert answer.status_code == 400
    assert read_page(answer.text).find(".//*[@id='file-problem']") is not None


def test_no_file_chosen_is_no_mistake(client, papers):
    # So browsers send a field for files that was left alone.
    answer = client.post(
        "/subscribe/preview", data={"interests": "retrieval"}, files={"file": ("", b"")}
    )
    assert answer.status_code == 200
    assert "glimpses" in answer.text


def test_hostile_files_leave_no_markup(client, papers, hostile, read_page):
    bib = f"@misc{{a, title={{{hostile.replace('{', '').replace('}', '')}}}}}".encode()
    answer = client.post("/subscribe/preview", files={"file": (hostile[:40], bib)})
    read_page(answer.text)
    assert "<img" not in answer.text


def test_a_form_sent_at_once_is_shown_once_more_as_typed(client, papers, dump, read_page):
    before = dump()
    typed = {"email": "eve@example.org", "interests": "retrieval", "hour": "21"}
    for seal in (
        "",
        "forged.AbC",
        seal_of(client, age=timedelta(seconds=1.9)),
        seal_of(client, age=timedelta(days=1, seconds=1)),
        seal_of(client, age=timedelta(minutes=-1)),
        client.app.state.letterhead.links.confirm(1, client.app.state.clock()).rpartition("/")[2],
    ):
        answer = client.post("/subscribe", data=typed | {"seal": seal})
        tree = read_page(answer.text)
        assert answer.status_code == 400
        assert tree.find(".//*[@id='email']").get("value") == "eve@example.org"
        assert "press “Subscribe” again" in answer.text
        assert titles(tree)
    assert dump() == before


def test_the_form_itself_brings_what_makes_the_second_press_count(client, clock, read_page, engine):
    tree = read_page(
        client.post("/subscribe", data={"email": "e@example.org", "interests": "x"}).text
    )
    (seal,) = [e.get("value") for e in tree.iter("input") if e.get("name") == "seal"]
    clock.forward(seconds=2)
    typed = {"email": "e@example.org", "interests": "moons", "seal": seal}
    assert client.post("/subscribe", data=typed).status_code == 303


def test_who_fills_in_what_nobody_sees_is_thanked_and_forgotten(client, dump):
    before = dump()
    typed = {"email": "eve@example.org", "interests": "moons", "seal": seal_of(client)}
    bot = client.post("/subscribe", data=typed | {"comment": "Buy pills"})
    assert dump() == before
    person = client.post("/subscribe", data=typed)
    assert (bot.status_code, bot.content, str(bot.headers)) == (
        person.status_code,
        person.content,
        str(person.headers),
    )


@pytest.fixture
def from_afar(app):
    """A browser somewhere in a network."""
    from fastapi.testclient import TestClient

    def at(address):
        return TestClient(
            app,
            base_url="http://localhost:8000",
            follow_redirects=False,
            client=(address, 50_000),
        )

    return at


def sign_up(client, address="eve@example.org", **changes):
    typed = {"email": address, "interests": "moons", "seal": seal_of(client)}
    return client.post("/subscribe", data=typed | changes)


def test_the_sixth_sign_up_of_a_network_in_an_hour_waits_for_the_next(from_afar, dump, clock):
    for n in range(5):
        assert sign_up(from_afar(f"203.0.113.{n}"), f"reader{n}@example.org").status_code == 303
    before = dump()
    for address in ("reader9@example.org", "reader1@example.org"):
        answer = sign_up(from_afar("203.0.113.99"), address)
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "3600"
        assert "your network" in answer.text
    assert dump() == before
    assert sign_up(from_afar("198.51.100.1"), "reader9@example.org").status_code == 303
    clock.forward(hours=1)
    assert sign_up(from_afar("203.0.113.99"), "reader8@example.org").status_code == 303


def test_a_limit_of_the_address_does_not_show(from_afar):
    answers = [sign_up(from_afar(f"203.0.{n}.1")) for n in range(4)]
    assert len({(a.status_code, a.content, str(a.headers)) for a in answers}) == 1


def test_what_the_form_says_is_kept_word_for_word_with_the_sign_up(
    from_afar, engine, read_page, clock, app
):
    page = from_afar("203.0.113.7").get("/subscribe")
    told = " ".join(
        "".join(read_page(page.text).find(".//p[@class='hint consent']").itertext()).split()
    )
    sign_up(from_afar("203.0.113.7"))
    client = from_afar("203.0.113.7")
    sign_up(client, "box@example.org", seal=seal_of(client, Form.BOX), shares_likes="yes")
    app.state.keeps_networks = True
    sign_up(from_afar("203.0.113.7"), "net@example.org")

    with engines.transaction(engines.reading(engine)) as session:
        rows = session.exec(select(Consent, Subscriber).join(Subscriber)).all()
        page, box, net = (consent for consent, _ in rows)
    assert page.text == told
    assert "(Version 2 of this text.)" in told
    assert (page.form_url, box.form_url) == (
        "http://localhost:8000/subscribe",
        "http://localhost:8000/",
    )
    assert box.text.startswith(told)
    assert "only in sum with those of others" in box.text
    assert (page.network, net.network) == ("", "203.0.113.0/24")
    assert page.asked_at == clock()
    assert page.message_id.endswith("@example.org>")


def test_confirming_is_noted_with_the_consent(client, engine, links, clock):
    sign_up(client)
    with engines.transaction(engines.reading(engine)) as session:
        row = subscribers.by_address(session, "eve@example.org")
    path = links.confirm(row.id, clock()).removeprefix("http://localhost:8000")
    client.get(path)
    with engines.transaction(engines.reading(engine)) as session:
        assert session.exec(select(Consent.confirmed_at)).one() is None
    clock.forward(minutes=5)
    client.post(path)
    with engines.transaction(engines.reading(engine)) as session:
        assert session.exec(select(Consent.confirmed_at)).one() == clock()
