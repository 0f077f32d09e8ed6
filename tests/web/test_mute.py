"""Muting from a letter: a real button, its undo, and no more than the pick offers."""

import pytest

from app.papers.paper import Paper
from app.recommend import explain, interests
from app.recommend.explain import LikedShare, Reason, Share
from app.recommend.interests import Interest, Kind
from app.store import engine as engines
from app.store import letters, subscribers


@pytest.fixture
def wanted(engine, reader):
    """What the reader asks for by now, as it is typed."""

    def read():
        with engines.transaction(engines.reading(engine)) as session:
            return interests.format(subscribers.interests_of(session, [reader.id])[reader.id])

    return read


@pytest.fixture
def change_pick(engine, reader):
    """Give the letter's first pick another reason, or paper."""

    def change(reason=None, paper_id=None):
        with engines.transaction(engine) as session:
            pick, _ = letters.pick_at(session, reader.letter_id, 1)
            pick.reason = explain.to_json(reason) if reason else pick.reason
            pick.paper_id = paper_id or pick.paper_id
            session.add(pick)

    return change


def offered(page, read_page):
    """What the page's forms name, with their addresses' ends."""
    return [
        (form.get("action").rpartition("/")[2], form.find(".//input[@name='choice']").get("value"))
        for form in read_page(page.text).iter("form")
    ]


def test_the_page_offers_authors_and_the_words_of_the_reason(
    client, reader, read_page, change_pick
):
    reason = Reason(
        terms=(Share("soft solid", 0.5, part=("solid",), kind=Kind.PHRASE), Share("tides", 0.2)),
        liked=(LikedShare(2, 0.3, ("small moons", "tides")),),
    )
    change_pick(reason)

    assert offered(client.get(reader.feedback("mute")), read_page) == [
        ("mute", 'author:"Ada Moon"'),
        ("mute", 'author:"Bo Tide"'),
        ("mute", '"soft solid"'),
        ("mute", "solid"),
        ("mute", "tides"),
        ("mute", '"small moons"'),
    ]


def test_one_press_mutes_an_author_and_one_takes_it_back(client, reader, wanted, read_page):
    path, choice = reader.feedback("mute"), {"choice": 'author:"Bo Tide"'}

    for _ in range(2):
        page = client.post(path, data=choice)
        assert "Muted: no paper by Bo Tide" in page.text
        assert wanted() == 'moons, "soft solid", -author:"Bo Tide"'
    assert ("undo", 'author:"Bo Tide"') in offered(client.get(path), read_page)

    for _ in range(2):
        page = client.post(f"{path}/undo", data=choice)
        assert "“Bo Tide” is not muted" in page.text
        assert wanted() == 'moons, "soft solid"'


def test_a_muted_word_takes_the_place_of_the_same_word_asked_for_until_undone(
    client, reader, wanted, read_page, engine
):
    with engines.transaction(engine) as session:
        typed = [Interest("moons", weight=2.0), Interest("soft solid", Kind.PHRASE)]
        subscribers.set_interests(session, reader.id, typed)

    page = client.post(reader.feedback("mute"), data={"choice": "moons"})
    form = read_page(page.text).find(".//form")
    fields = {each.get("name"): each.get("value") for each in form.iter("input")}

    assert wanted() == '"soft solid", -moons'
    assert fields == {"choice": "moons", "weight": "2.0"}
    client.post(form.get("action"), data=fields)
    assert wanted() == '"soft solid", moons x2'


def test_who_asked_for_one_thing_only_cannot_mute_it(client, reader, wanted, engine):
    with engines.transaction(engine) as session:
        subscribers.set_interests(session, reader.id, [Interest("moons")])

    page = client.post(reader.feedback("mute"), data={"choice": "moons"})

    assert page.status_code == 400
    assert "“moons” is all you asked for so far" in page.text
    assert wanted() == "moons"


def test_no_more_is_kept_than_anybody_may_type(client, reader, wanted, engine):
    with engines.transaction(engine) as session:
        many = [Interest(f"word{n}") for n in range(interests.MAX_INTERESTS)]
        subscribers.set_interests(session, reader.id, many)

    page = client.post(reader.feedback("mute"), data={"choice": 'author:"Ada Moon"'})

    assert page.status_code == 400
    assert "100 words and authors already" in page.text
    assert "Ada Moon" not in wanted()


@pytest.mark.parametrize(
    "choice", ["", "whales", "-moons", "author:", 'author:"Somebody Else"', "moons, whales", "\0"]
)
def test_only_what_the_pick_offers_can_be_muted(client, reader, wanted, choice):
    for path in (reader.feedback("mute"), reader.feedback("mute/undo")):
        page = client.post(path, data={"choice": choice})
        assert page.status_code == 400
        assert "Please choose one of the authors and words below." in page.text
    assert wanted() == 'moons, "soft solid"'


@pytest.mark.parametrize("weight", ["0", "-1", "11", "nan", "inf", "x", "1e999"])
def test_an_undo_brings_back_no_weight_that_nobody_may_give(client, reader, wanted, weight):
    client.post(reader.feedback("mute"), data={"choice": "moons"})

    answer = client.post(reader.feedback("mute/undo"), data={"choice": "moons", "weight": weight})

    assert answer.status_code == 422
    assert wanted() == '"soft solid", -moons'


def test_another_sites_form_mutes_nobody(client, reader, wanted):
    foreign = {"sec-fetch-site": "cross-site"}
    for path in (reader.feedback("mute"), reader.feedback("mute/undo")):
        answer = client.post(path, data={"choice": "moons"}, headers=foreign)
        assert answer.status_code == 403
    assert wanted() == 'moons, "soft solid"'


def test_no_script_presses_these_buttons(client, reader, read_page):
    page = read_page(client.get(reader.feedback("mute")).text)

    assert page.find(".//script") is None


def test_a_muted_author_keeps_papers_out_of_the_letter(
    client, app, engine, reader, store_papers, clock
):
    from app.pipeline import readers
    from app.recommend import picks

    store_papers(Paper(title="More moons", abstract="Of moons.", authors=("Bo Tide",)))

    def chosen():
        with engines.transaction(engines.reading(engine)) as session:
            board = app.state.models.board(session, clock().date(), clock())
            person = subscribers.by_id(session, reader.id)
            asking = readers.of(session, [person], clock().date(), clock())
            weighed = picks.weigh(board, asking[0], [3])
            return weighed[0].muted_by

    assert chosen() is None
    client.post(reader.feedback("mute"), data={"choice": 'author:"Bo Tide"'})
    assert chosen() == Interest("Bo Tide", Kind.AUTHOR, negative=True)


def test_hostile_names_and_words_stay_text_and_can_be_muted(
    client, reader, read_page, change_pick, store_papers, hostile, wanted
):
    odd = ('A "B" C', "O'Neil, R.", "-Minus", "x2", "\u202eevil\u202c Bo", hostile, "{{7*7}}", "  ")
    (paper_id,) = store_papers(Paper(title=hostile, authors=odd))
    change_pick(Reason(terms=tuple(Share(text, 0.1) for text in odd)), paper_id)

    page = client.get(reader.feedback("mute"))
    for _, choice in offered(page, read_page):
        answer = client.post(reader.feedback("mute"), data={"choice": choice})
        tree = read_page(answer.text)
        assert answer.status_code == 200
        assert tree.find(".//img") is None
        assert tree.find(".//script") is None
        assert "\u202e" not in answer.text
    muted = [each for each in interests.parse(wanted()) if each.negative]
    assert "A B C" in {each.text for each in muted}
