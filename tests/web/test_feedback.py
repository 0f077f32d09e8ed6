from datetime import timedelta

import pytest

from app.mail.links import Verdict
from app.pipeline.votes import Vote
from app.store import engine as engines
from app.store import feedback, taps
from app.store.tables import Means, OutboxEntry, State

SCRIPT = {"means": "script", "trusted": ""}
PRESS = {"means": "button", "trusted": "yes"}


@pytest.fixture
def standing(engine, reader):
    """What the reader's word on the first paper is by now."""

    def read():
        with engines.transaction(engines.reading(engine)) as session:
            return feedback.standing(session, reader.id, reader.paper_ids[0])

    return read


@pytest.fixture
def tapped(engine, reader):
    """Every tap in the reader's letter."""

    def read():
        with engines.transaction(engines.reading(engine)) as session:
            return taps.of_letters(session, [reader.letter_id]).get(reader.letter_id, [])

    return read


@pytest.fixture
def hand_over(engine, reader):
    """Let the reader's letter be sent at a moment."""

    def send(moment):
        entry = OutboxEntry(
            subscriber_id=reader.id,
            kind="daily",
            edition_date=moment.date(),
            letter_id=reader.letter_id,
            state=State.SENT,
            due_at=moment,
            first_due_at=moment,
            claimed_at=moment - timedelta(seconds=1),
            settled_at=moment,
        )
        with engines.transaction(engine) as session:
            session.add(entry)

    return send


def sends_itself(read_page, page):
    return read_page(page.text).find(".//form[@data-send]") is not None


def test_the_page_shows_the_paper_and_a_form_that_records_it(
    client, press, reader, read_page, standing
):
    page = client.get(reader.feedback("like"))
    form = read_page(page.text).find(".//form")

    assert "Tides of small moons" in page.text
    assert sends_itself(read_page, page)
    assert standing() == frozenset()
    assert form.get("method") == "post"
    fields = {each.get("name"): each.get("value") for each in form.iter("input")}
    assert fields == {"means": "button", "trusted": ""}
    press(form.get("action"), data=fields)
    assert standing() == {Verdict.LIKE}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_is_recorded_once_and_names_its_letter(press, reader, dump, verdict):
    for _ in range(3):
        answer = press(reader.feedback(verdict))
        assert "<h1>Saved: " in answer.text

    ((_, subscriber_id, paper_id, said, letter_id, _),) = dump()["feedback"]
    assert (subscriber_id, paper_id, said, letter_id) == (
        reader.id,
        reader.paper_ids[0],
        verdict,
        reader.letter_id,
    )


def test_how_a_tap_came_is_kept_with_what_stood_before(client, reader, tapped, clock):
    client.post(reader.feedback("like"), data=PRESS, headers={"user-agent": "A browser"})
    clock.forward(minutes=1)
    client.cookies.clear()
    client.post(reader.feedback("dislike"), data=SCRIPT, headers={"user-agent": ""})

    first, second = tapped()
    assert (first.means, first.trusted, first.network) == (Means.BUTTON, True, "127.0.0.0/24")
    assert len(first.agent) == 12
    assert "browser" not in first.agent
    assert first.before == ""
    assert (second.means, second.trusted, second.agent) == (Means.SCRIPT, False, "")
    assert taps.read(second.before) == {
        Verdict.LIKE: feedback.Said(first.at, reader.letter_id),
    }


def test_a_double_press_leaves_one_tap(client, reader, tapped):
    for _ in range(2):
        client.post(reader.feedback("like"), data=PRESS)

    assert len(tapped()) == 1


def test_who_never_tires_fills_no_database(client, reader, tapped, monkeypatch, clock, standing):
    monkeypatch.setattr(taps, "MOST", 3)
    for _ in range(5):
        clock.forward(minutes=1)
        answer = client.post(reader.feedback("save"))

    assert answer.status_code == 429
    assert "more often than a person can" in answer.text
    assert len(tapped()) == 3
    assert standing() == {Verdict.SAVE}


def test_a_like_takes_the_place_of_a_dislike_and_leaves_a_save_alone(client, reader, standing):
    for verdict in ("save", "dislike", "like"):
        client.post(reader.feedback(verdict))

    assert standing() == {Verdict.LIKE, Verdict.SAVE}


def test_undo_takes_back_only_that_verdict(press, reader, standing, read_page):
    press(reader.feedback("save"))
    page = press(reader.feedback("like"))
    actions = [form.get("action") for form in read_page(page.text).iter("form")]

    assert reader.feedback("like") + "/undo" in actions
    assert reader.feedback("dislike") in actions
    answer = press(reader.feedback("like") + "/undo")
    assert "<h1>Taken back</h1>" in answer.text
    assert standing() == {Verdict.SAVE}
    assert "<h1>Taken back</h1>" in press(reader.feedback("like") + "/undo").text


def test_a_page_whose_verdict_stands_says_so_and_sends_nothing_by_itself(client, reader, read_page):
    client.post(reader.feedback("like"))

    page = client.get(reader.feedback("like"))

    assert "<h1>Saved: more like this</h1>" in page.text
    assert not sends_itself(read_page, page)


def test_a_verdict_that_only_a_script_gave_is_asked_for_again(
    client, reader, read_page, engine, clock
):
    client.post(reader.feedback("like"), data=SCRIPT)

    page = client.get(reader.feedback("like"))
    assert "<h1>More like this?</h1>" in page.text
    assert sends_itself(read_page, page)
    # Nor is a person told of a word that they may never have said.
    assert "So far you said" not in client.get(reader.feedback("dislike")).text
    client.post(reader.feedback("like"), data=PRESS)
    assert "<h1>Saved: more like this</h1>" in client.get(reader.feedback("like")).text


def test_a_page_of_another_verdict_says_what_stands(client, reader):
    client.post(reader.feedback("like"))

    assert "So far you said of it: more like this." in client.get(reader.feedback("dislike")).text


def test_while_the_letter_arrives_the_page_waits_for_its_button(
    client, press, reader, read_page, hand_over, clock, standing, tapped
):
    hand_over(clock.now)
    clock.forward(seconds=179)

    assert not sends_itself(read_page, client.get(reader.feedback("like")))
    page = press(reader.feedback("like"), data=SCRIPT)
    assert "<h1>More like this?</h1>" in page.text
    assert not sends_itself(read_page, page)
    assert standing() == frozenset()
    assert [bool(tap.void) for tap in tapped()] == [True]
    client.post(reader.feedback("like"), data=PRESS)
    assert standing() == {Verdict.LIKE}

    clock.forward(seconds=1)
    assert sends_itself(read_page, client.get(reader.feedback("dislike")))


def test_what_comes_as_no_person_comes_is_not_recorded_but_its_button_is(
    client, press, reader, read_page, clock, standing, tapped
):
    client.get(reader.trap)
    clock.forward(seconds=30)

    page = press(reader.feedback("like"), data=SCRIPT)
    assert "<h1>More like this?</h1>" in page.text
    assert "press the button" in page.text
    assert standing() == frozenset()
    page = press(reader.feedback("like"), data=PRESS)
    assert "<h1>Saved: more like this</h1>" in page.text
    assert standing() == {Verdict.LIKE}


def test_who_thinks_better_of_it_at_once_is_asked_for_the_button(
    client, press, reader, clock, standing, engine
):
    from app.pipeline import settle

    client.post(reader.feedback("like"), data=SCRIPT)
    clock.forward(seconds=20)
    assert "press the button" in press(reader.feedback("dislike"), data=SCRIPT).text
    clock.forward(seconds=5)
    client.post(reader.feedback("dislike"), data=PRESS)
    clock.forward(hours=12)
    settle.settle(engine, clock.now)
    assert standing() == {Verdict.DISLIKE}


def test_the_trap_marks_the_letter_and_changes_nothing_of_its_reader(client, reader, dump, tapped):
    before = dump()

    got, head = client.get(reader.trap), client.head(reader.trap)

    assert got.status_code == head.status_code == 200
    assert "nothing was changed" in got.text
    (mark,) = tapped()
    assert (mark.means, mark.paper_id, mark.verdict) == (Means.TRAP, None, "")
    after = dump()
    assert before.pop("tap") == []
    after.pop("tap")
    assert after == before


def test_the_trap_of_a_letter_that_is_gone_leaves_nothing(client, links, reader, dump):
    before = dump()

    assert client.get(links.trap(999)).status_code == 200
    assert client.post(reader.trap).status_code == 404
    assert dump() == before


def test_links_count_for_90_days_and_then_say_so(client, reader, clock, dump):
    clock.now += timedelta(days=90)
    before = dump()

    for path in (reader.feedback("like"), reader.feedback("mute")):
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 404
            assert "90 days" in answer.text
    assert dump() == before


@pytest.mark.parametrize(
    "tail",
    [
        *("3/like", "0/like", "-1/like", "9999999999999999999/like", "x/like", "1/hate", "1"),
        *("3/mute", "0/mute", "-1/mute", "9999999999999999999/mute", "x/mute", "1/trap", "0"),
        "0/trap",
    ],
)
def test_what_no_letter_offers_is_not_found(client, reader, dump, tail):
    before = dump()
    path = reader.letter.replace("/letters/", "/feedback/") + f"/{tail}"

    for answer in (client.get(path), client.post(path), client.post(f"{path}/undo")):
        assert answer.status_code == 404
        assert "<h1>" in answer.text
    assert dump() == before


def test_forms_filled_with_rubbish_record_no_more_than_a_button(
    client, press, reader, hostile, tapped
):
    for fields in (
        {"means": hostile[:20], "trusted": hostile[:20]},
        {"means": "trap"},
        {"means": "\0", "trusted": "\udcff".encode("utf-8", "surrogatepass")},
        {"means": ["script", "button"]},
    ):
        assert press(reader.feedback("like"), data=fields)
    for fields in ({"data": {"means": "x" * 21}}, {"files": {"means": b"script"}}):
        assert client.post(reader.feedback("like"), **fields).status_code == 422

    assert {tap.means for tap in tapped()} == {Means.BUTTON}


def test_the_page_after_a_tap_shows_what_stands_however_often_it_is_asked(
    client, press, reader, standing, dump
):
    saved, undone = (f"{reader.feedback('like')}/{end}" for end in ("saved", "undone"))
    # Nothing was said, so it asks; and a script must not answer for who came by an old address.
    asked = client.get(saved).text
    assert "<h1>More like this?</h1>" in asked
    assert "data-send" not in asked
    press(reader.feedback("like"), data=PRESS)
    before = dump()
    for path in (saved, undone, saved):
        assert "<h1>Saved: more like this</h1>" in client.get(path).text
    assert dump() == before
    press(f"{reader.feedback('like')}/undo")
    for path in (undone, undone):
        assert "<h1>Taken back</h1>" in client.get(path).text
    assert standing() == frozenset()


def test_votes_that_come_together_are_judged_as_if_they_came_one_by_one(
    app, engine, reader, clock, standing, tapped
):
    def vote(verdict, rank=1, means=Means.BUTTON, **changes):
        at = clock.now + changes.pop("after", timedelta())
        facts = {"trusted": False, "network": "", "agent": "a", "at": at} | changes
        return Vote(reader.letter_id, rank, Verdict(verdict), means, **facts)

    votes = [
        vote("like"),
        vote("like", after=timedelta(seconds=1)),
        vote("dislike", after=timedelta(minutes=5)),
        vote("like", means=Means.SCRIPT, after=timedelta(minutes=5, seconds=20)),
        vote("save", after=timedelta(hours=1)),
        vote("save", rank=3),
        vote("save", rank=10**20),
        vote("save", after=timedelta(days=90)),
    ]
    with engines.transaction(engine) as session:
        outcomes = list(map(app.state.votes.count(session, votes), votes))

    assert [each.name for each in outcomes] == [
        *("COUNTED", "COUNTED", "COUNTED", "DOUBTED", "COUNTED"),
        *("NO_PAPER", "NO_PAPER", "TOO_OLD"),
    ]
    assert standing() == {Verdict.DISLIKE, Verdict.SAVE}
    assert [tap.verdict for tap in tapped()] == ["like", "dislike", "like", "save"]
    assert [list(taps.read(tap.before)) for tap in tapped()] == [
        *([], [Verdict.LIKE], [Verdict.DISLIKE], [Verdict.DISLIKE]),
    ]


def test_where_the_database_is_not_as_it_should_be_no_vote_is_half_stored(
    client, engine, reader, dump
):
    before = dump()
    for name, other in (("feedback", "elsewhere"), ("elsewhere", "feedback")):
        with engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO {other}")
        if name == "feedback":
            answer = client.post(reader.feedback("like"), data=PRESS)
    assert answer.status_code == 503
    assert "<h1>" in answer.text
    assert dump() == before
