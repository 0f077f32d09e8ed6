from datetime import timedelta

import pytest

from app.mail.links import Verdict
from app.store import engine as engines
from app.store import feedback


@pytest.fixture
def standing(engine, reader):
    """What the reader's word on the first paper is by now."""

    def read():
        with engines.transaction(engines.reading(engine)) as session:
            return feedback.standing(session, reader.id, reader.paper_ids[0])

    return read


def test_the_page_shows_the_paper_and_a_form_that_records_it(client, reader, read_page, standing):
    page = client.get(reader.feedback("like"))
    form = read_page(page.text).find(".//form")

    assert "Tides of small moons" in page.text
    assert standing() == frozenset()
    assert form.get("method") == "post"
    assert client.post(form.get("action")).status_code == 200
    assert standing() == {Verdict.LIKE}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_is_recorded_once_and_names_its_letter(client, reader, dump, verdict):
    for _ in range(3):
        answer = client.post(reader.feedback(verdict))
        assert "<h1>Saved: " in answer.text

    ((_, subscriber_id, paper_id, said, letter_id, _),) = dump()["feedback"]
    assert (subscriber_id, paper_id, said, letter_id) == (
        reader.id,
        reader.paper_ids[0],
        verdict,
        reader.letter_id,
    )


def test_a_like_takes_the_place_of_a_dislike_and_leaves_a_save_alone(client, reader, standing):
    for verdict in ("save", "dislike", "like"):
        client.post(reader.feedback(verdict))

    assert standing() == {Verdict.LIKE, Verdict.SAVE}


def test_undo_takes_back_only_that_verdict(client, reader, standing, read_page):
    client.post(reader.feedback("save"))
    page = client.post(reader.feedback("like"))
    actions = [form.get("action") for form in read_page(page.text).iter("form")]

    assert reader.feedback("like") + "/undo" in actions
    assert reader.feedback("dislike") in actions
    answer = client.post(reader.feedback("like") + "/undo")
    assert "<h1>Taken back</h1>" in answer.text
    assert standing() == {Verdict.SAVE}
    assert client.post(reader.feedback("like") + "/undo").status_code == 200


def test_a_page_whose_verdict_stands_says_so_and_sends_nothing_by_itself(client, reader, read_page):
    client.post(reader.feedback("like"))

    page = client.get(reader.feedback("like"))

    assert "<h1>Saved: more like this</h1>" in page.text
    assert read_page(page.text).find(".//script") is None


def test_a_page_of_another_verdict_says_what_stands(client, reader):
    client.post(reader.feedback("like"))

    assert "So far you said of it: more like this." in client.get(reader.feedback("dislike")).text


def test_links_count_for_90_days_and_then_say_so(client, reader, clock, dump):
    clock.now += timedelta(days=90)
    before = dump()

    for answer in (client.get(reader.feedback("like")), client.post(reader.feedback("like"))):
        assert answer.status_code == 404
        assert "90 days" in answer.text
    assert dump() == before


@pytest.mark.parametrize(
    "tail", ["3/like", "0/like", "-1/like", "9999999999999999999/like", "x/like", "1/hate", "1"]
)
def test_what_no_letter_offers_is_not_found(client, reader, dump, tail):
    before = dump()
    path = reader.letter.replace("/letters/", "/feedback/") + f"/{tail}"

    for answer in (client.get(path), client.post(path), client.post(f"{path}/undo")):
        assert answer.status_code == 404
        assert "<h1>" in answer.text
    assert dump() == before
