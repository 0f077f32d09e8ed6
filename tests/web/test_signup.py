from datetime import timedelta

import pytest

from app.store import engine as engines
from app.store import feedback, outbox, subscribers, suppressions
from app.store.tables import LetterKind, State, Status
from app.web import seals
from app.web.seals import Form

TUNED = {
    "threshold": "worth a look",
    "dial": "0.75",
    "exploration": "every letter",
    "shares_likes": "yes",
    "empty_day": "older papers",
}
NEW = {"email": "Eve@Example.org", "interests": 'moons, "soft solid", -video'}


def subscribe(client, **changes):
    return client.post("/subscribe", data=NEW | {"seal": seal_of(client)} | changes)


def seal_of(client, form=Form.PAGE, age=timedelta(seconds=3)):
    state = client.app.state
    return seals.make(state.letterhead.links.tokens, form, state.clock() - age)


def row_of(engine, address="eve@example.org"):
    with engines.transaction(engines.reading(engine)) as session:
        return subscribers.by_address(session, address)


def test_a_wish_is_kept_pending_and_one_confirm_letter_is_queued(client, engine, clock):
    subscribe(client, zone="Asia/Tokyo", hour="21", rhythm="chosen", days=["mon", "thu"])
    subscribe(client)

    row = row_of(engine)
    assert row.status == Status.PENDING
    assert row.next_due_at is None
    with engines.transaction(engine) as session:
        entry = outbox.of_edition(session, row.id, clock().date(), LetterKind.CONFIRM)
        assert entry.state == State.READY
        assert outbox.count_by_state(session) == {State.READY: 1}
        words = subscribers.interests_of(session, [row.id])[row.id]
    assert [each.text for each in words] == ["moons", "soft solid", "video"]


def test_everything_on_the_form_is_kept(client, engine):
    subscribe(
        client, zone="Asia/Tokyo", hour="21", rhythm="chosen", days=["mon", "thu"], letter_size="3"
    )

    row = row_of(engine)
    assert (row.zone, row.hour, row.days, row.letter_size) == ("Asia/Tokyo", 21, "mon,thu", 3)


def test_the_fine_tuning_is_kept(client, engine):
    subscribe(client, **TUNED)

    row = row_of(engine)
    assert (row.threshold, row.dial, row.exploration) == ("worth a look", 0.75, 1.0)
    assert row.shares_likes is True
    assert row.empty_day == "older papers"


def test_the_box_and_an_untouched_form_ask_for_the_usual_and_agree_to_nothing(
    client, engine, read_page
):
    form = read_page(client.get("/subscribe").text).find(".//main/form")
    sent = {
        e.get("name"): e.get("value") for e in form.iter("input") if e.get("checked") is not None
    }
    subscribe(client)
    subscribe(client, **sent, email="form@example.org")

    for row in (row_of(engine), row_of(engine, "form@example.org")):
        assert (row.threshold, row.dial, row.exploration) == ("good", 0.0, 0.2)
        assert row.shares_likes is False


def test_signing_up_anew_without_the_tick_takes_an_earlier_one_back(client, engine, make_reader):
    make_reader("eve@example.org", status=Status.UNSUBSCRIBED, shares_likes=True)

    subscribe(client)

    assert row_of(engine).shares_likes is False


def test_where_letters_are_short_the_box_still_signs_up(settings, engine):
    from fastapi.testclient import TestClient

    from app.main import create_app

    short = TestClient(
        create_app(settings.model_copy(update={"letter_size": 4})), follow_redirects=False
    )

    assert subscribe(short).status_code == 303
    assert row_of(engine).letter_size == 4
    assert 'value="4"' in short.get("/subscribe").text


def test_the_answer_is_the_same_for_every_address(client, engine, reader, make_reader, clock):
    make_reader("pending@example.org", status=Status.PENDING)
    make_reader("gone@example.org", status=Status.UNSUBSCRIBED)
    with engines.transaction(engine) as session:
        suppressions.add(session, "dead@example.org", "bounced", clock())

    answers = [
        subscribe(client, email=f"{name}@example.org")
        for name in ("new", "ada", "pending", "gone", "dead")
    ]

    assert {(a.status_code, a.content, str(a.headers)) for a in answers} == {
        (303, b"", str(answers[0].headers))
    }
    page = client.get(answers[0].headers["location"])
    assert "inbox" in page.text
    assert "example.org</strong>" in page.text  # our own sender, not the address typed
    assert "ada@" not in page.text


def test_an_active_subscription_cannot_be_changed_by_signing_up_again(client, reader, dump):
    before = dump()

    subscribe(client, email="ada@example.org", interests="spam")

    assert dump() == before


def test_papers_liked_are_found_by_id_link_and_title(client, engine, two_papers):
    liked = "\n".join(["https://arxiv.org/abs/2611.00001v2", "", " bread as a soft SOLID "])

    assert subscribe(client, interests="", liked=liked).status_code == 303

    row = row_of(engine)
    with engines.transaction(engine) as session:
        said = feedback.of_subscriber(session, row.id)
    assert {paper.id for _, paper in said} == set(two_papers)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("email", "", "Type the address"),
        ("email", "nobody", "no mail address"),
        ("email", "a@b>,<c@d", "no mail address"),
        ("email", "x" * 300 + "@example.org", "no mail address"),
        ("interests", "", "at least one word"),
        ("interests", '"never closed', "never closed"),
        ("interests", "-video", "leave out"),
        ("interests", "?!", "."),
        ("interests", "w" * 5000, "too long"),
        ("interests", " ".join(f"word{n}" for n in range(500)), "too many"),
        ("liked", "No such paper\n2611.99999", "“No such paper”, “2611.99999”"),
        ("liked", "\n".join(f"paper {n}" for n in range(60)), "at most"),
        ("zone", "Mars/Olympus", "no time zone"),
        ("zone", "../../etc/passwd", "no time zone"),
        ("hour", "24", "no hour"),
        ("hour", "-1", "no hour"),
        ("hour", "٣", "no hour"),
        ("rhythm", "hourly", "Choose one"),
        ("rhythm", "chosen", "Tick at least one day"),
        ("letter_size", "0", "from 1 to 10"),
        ("letter_size", "1e3", "from 1 to 10"),
        ("letter_size", "9" * 50, "from 1 to 10"),
        ("threshold", "brilliant", "strong, good or worth a look"),
        ("threshold", "strong\0", "strong, good or worth a look"),
        ("dial", "0.3", "0, 0.25, 0.5, 0.75 or 1"),
        ("dial", "nan", "0, 0.25, 0.5, 0.75 or 1"),
        ("dial", "1" * 5000, "0, 0.25, 0.5, 0.75 or 1"),
        ("exploration", "0.5", "never, now and then or every letter"),
        ("shares_likes", "maybe", "yes or no"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_stored(
    client, dump, read_page, field, typed, sentence
):
    before = dump()

    answer = subscribe(client, **{field: typed})

    assert answer.status_code == 400
    tree = read_page(answer.text)
    problem = {"rhythm": "days"}.get(field, field)
    beside = tree.find(f".//*[@id='{problem}-problem']")
    assert sentence in beside.text
    target = tree.find(f".//*[@href='#{problem}']")
    assert target.text == beside.text
    assert tree.find(f".//*[@id='{problem}']").get("aria-invalid") == "true"
    assert dump() == before


@pytest.mark.parametrize(
    ("field", "typed"), [*TUNED.items(), ("threshold", "brilliant"), ("shares_likes", "maybe")]
)
def test_what_was_turned_in_the_fine_tuning_is_not_hidden_beside_a_problem(
    client, read_page, field, typed
):
    fresh = read_page(client.get("/subscribe").text)
    plain = read_page(subscribe(client, hour="24").text)
    turned = read_page(subscribe(client, **{"hour": "24", field: typed}).text)

    tuning = [page.findall(".//details")[-1] for page in (fresh, plain, turned)]
    is_open = [each.get("open") is not None for each in tuning]
    assert is_open == [False, False, True]


def test_days_that_are_none_are_refused(client):
    assert subscribe(client, rhythm="chosen", days=["mon", "someday"]).status_code == 400


def test_a_form_with_a_mistake_comes_back_as_it_was_typed(client, read_page, hostile):
    typed = {
        "email": hostile,
        "interests": f"\n  {hostile}",
        "liked": f"{hostile}\nand more",
        "zone": "Mars",
        "hour": "21",
        "rhythm": "chosen",
        "days": ["mon", "sun"],
        "letter_size": "7",
        **TUNED,
    }

    tree = read_page(client.post("/subscribe", data=typed).text)

    fields = {e.get("name"): e for e in tree.iter() if e.get("name") and e.tag != "meta"}
    assert fields["email"].get("value") == hostile
    assert fields["interests"].text == typed["interests"]
    assert fields["liked"].text == typed["liked"]
    assert fields["zone"].get("value") == "Mars"
    assert fields["letter_size"].get("value") == "7"
    chosen = [e.get("value") for e in tree.iter("option") if e.get("selected") is not None]
    ticked = [e.get("value") for e in tree.iter("input") if e.get("checked") is not None]
    assert chosen == ["en", "21"]
    assert ticked == ["chosen", "mon", "sun", "worth a look", "every letter", "older papers", "yes"]
    assert fields["dial"].get("value") == "0.75"


def test_bytes_that_are_no_text_are_refused_or_mended(client):
    for body in (b"email=%ED%A0%80@example.org&interests=%00moons", b"\xff\xfe", b"email=%00"):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = client.post("/subscribe", content=body, headers=headers)
        assert answer.status_code == 400
        assert "<h1>" in answer.text


def test_a_confirm_page_has_one_button_and_no_script(client, confirm_link, read_page):
    tree = read_page(client.get(confirm_link).text)

    assert len(tree.findall(".//button")) == 1
    assert tree.find(".//script") is None


def test_a_confirm_page_says_so_if_likes_would_be_shared(client, make_reader, links, clock):
    for agreed in (True, False):
        pending = make_reader(
            f"{agreed}@example.org".lower(), status=Status.PENDING, shares_likes=agreed
        )
        page = client.get(links.confirm(pending.id, clock()))
        assert ("your likes may help other readers" in page.text) is agreed


def test_the_button_starts_the_letters_and_says_when_the_first_comes(
    client, confirm_link, subscriber
):
    first, second = client.post(confirm_link), client.post(confirm_link)

    assert first.status_code == 200
    assert "Saturday 21 November 2026 at 07:00 (UTC)" in first.text
    assert second.content == first.content
    assert subscriber(1).status == Status.ACTIVE


def test_a_confirm_link_is_good_for_two_days(client, confirm_link, clock, dump):
    before = dump()
    clock.now += timedelta(hours=48, seconds=1)

    for answer in (client.get(confirm_link), client.post(confirm_link)):
        assert answer.status_code == 404
        assert "48 hours" in answer.text
    assert dump() == before


def test_whoever_unsubscribed_is_not_brought_back_by_an_old_confirm_link(
    client, confirm_link, engine, dump
):
    with engines.transaction(engine) as session:
        subscribers.unsubscribe(session, subscribers.by_id(session, 1))
    before = dump()

    assert client.post(confirm_link).status_code == 404
    assert dump() == before
