"""What Paperboy thinks of a reader: in words, each of which can be taken out."""

import pytest

from app.mail.links import Verdict
from app.papers.paper import Paper
from app.pipeline import ingest
from app.store import engine as engines
from app.store import feedback, subscribers
from app.store.tables import Status


@pytest.fixture
def judge(engine, clock):
    def record(reader, paper_id, verdict=Verdict.LIKE):
        with engines.transaction(engine) as session:
            feedback.record(session, reader.id, paper_id, verdict, clock())

    return record


@pytest.fixture
def fit(app, engine, clock):
    """What the ranking does before a letter; pages never do."""

    def renew():
        with engines.transaction(engines.reading(engine)) as session:
            app.state.models.of(session, ingest.day(clock()))

    return renew


@pytest.fixture
def words_of(engine):
    def read(reader):
        with engines.transaction(engine) as session:
            typed = subscribers.interests_of(session, [reader.id]).get(reader.id, ())
        return [f"{'-' * each.negative}{each.text}" for each in typed]

    return read


def forms(page, end):
    return [form for form in page.iter("form") if form.get("action").endswith(end)]


def sent(form):
    fields = [e for e in form.iter() if e.get("name")]
    return {field.get("name"): field.get("value") for field in fields}


def press(client, form):
    return client.post(form.get("action"), data=sent(form))


def test_it_tells_what_was_typed_and_what_likes_taught(client, reader, judge, fit, read_page):
    judge(reader, reader.paper_ids[0])
    fit()

    page = client.get(f"{reader.preferences}/profile")

    tree = read_page(page.text)
    assert {"moons", "soft solid"} <= {e.text for e in tree.iter("strong")}
    assert list(tree.iter("meter"))
    assert "Tides of small moons" in page.text


def test_no_request_fits_a_model(client, app, reader, judge, monkeypatch):
    monkeypatch.setattr("app.recommend.vectors.fit", lambda *_, **__: pytest.fail("fitted"))
    judge(reader, reader.paper_ids[0])

    page = client.get(f"{reader.preferences}/profile")

    assert page.status_code == 200
    assert "is just being renewed" in page.text


def test_a_typed_word_is_deleted(client, reader, read_page, words_of):
    page = read_page(client.get(f"{reader.preferences}/profile").text)
    first = forms(page, "/profile/delete")[0]

    answer = press(client, first)

    assert "Deleted." in client.get(answer.headers["location"]).text
    assert words_of(reader) == ["soft solid"]
    assert press(client, first).status_code == 303  # the second time changes nothing


def test_the_last_word_stays_while_nothing_else_tells_what_to_pick(
    client, reader, read_page, words_of, judge
):
    page = read_page(client.get(f"{reader.preferences}/profile").text)
    first, second = forms(page, "/profile/delete")
    press(client, first)

    answer = press(client, second)

    assert answer.status_code == 400
    assert "Name at least one word" in read_page(answer.text).find(".//*[@role='alert']").text
    assert words_of(reader) == ["soft solid"]
    judge(reader, reader.paper_ids[0])
    assert press(client, second).status_code == 303
    assert words_of(reader) == []


def test_a_learned_word_is_left_out(client, reader, judge, fit, read_page, words_of, store_papers):
    (liked,) = store_papers(Paper("Protein folding", "Protein folding in cells of bread."))
    judge(reader, liked)
    fit()
    page = read_page(client.get(f"{reader.preferences}/profile").text)
    form = forms(page, "/profile/leave-out")[0]

    answer = press(client, form)

    word = sent(form)["word"]
    assert words_of(reader)[-1] == f"-{word}"
    after = client.get(answer.headers["location"])
    assert "but you leave it out" in after.text
    kept = [sent(each)["word"] for each in forms(read_page(after.text), "/profile/leave-out")]
    assert word not in kept


def test_what_taught_a_word_can_be_taken_back(client, reader, judge, fit, read_page, engine):
    judge(reader, reader.paper_ids[0])
    judge(reader, reader.paper_ids[1], Verdict.DISLIKE)
    fit()
    path = f"{reader.preferences}/profile"
    n_left = []
    while found := forms(read_page(client.get(path).text), "/papers"):
        answer = press(client, found[0])
        assert answer.headers["location"] == f"{path}?done=taken"
        with engines.transaction(engine) as session:
            n_left.append(len(feedback.of_subscriber(session, reader.id)))
    assert n_left == [1, 0]


@pytest.mark.parametrize("word", ["", "moons", "the", "a, b", '"', "-x", "x\n\0y", "x y z" * 150])
def test_whatever_is_left_out_is_one_word_or_phrase_or_nothing_changes(
    client, reader, words_of, word, read_page
):
    before = words_of(reader)

    answer = client.post(f"{reader.preferences}/profile/leave-out", data={"word": word})

    assert answer.status_code in {303, 400}
    if answer.status_code == 400:
        read_page(answer.text)
        assert words_of(reader) == before
    else:
        assert len(words_of(reader)) == len(before) + 1


def test_who_left_can_look_but_change_nothing(client, make_reader, read_page, dump):
    gone = make_reader("gone@example.org", status=Status.UNSUBSCRIBED)
    before = dump()

    page = read_page(client.get(f"{gone.preferences}/profile").text)

    assert not list(page.iter("form"))
    for end in ("delete", "leave-out"):
        assert client.post(f"{gone.preferences}/profile/{end}").status_code == 404
    assert dump() == before
