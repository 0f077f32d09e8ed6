from datetime import date

import pytest

from app.store.tables import Status

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def test_the_page_has_one_button_to_leave_first_of_all_and_no_script(
    client, reader, read_page, subscriber
):
    tree = read_page(client.get(reader.unsubscribe).text)

    actions = [form.get("action") for form in tree.iter("form")]
    ways = [reader.unsubscribe + end for end in ("", "/weekly", "/pause")]
    assert actions == ways
    assert [button.get("class") for button in tree.iter("button")] == ["main", None, None]
    assert tree.find(".//script") is None
    assert subscriber(reader.id).status == Status.ACTIVE


def test_the_button_stops_the_letters_at_once(client, reader, subscriber, read_page):
    answer = client.post(reader.unsubscribe, data={"button": "yes"})

    assert answer.status_code == 200
    assert "no more letters" in answer.text
    read_page(answer.text)
    assert subscriber(reader.id).status == Status.UNSUBSCRIBED
    assert subscriber(reader.id).next_due_at is None


def test_who_has_left_is_told_so_and_not_asked_again(client, reader):
    client.post(reader.unsubscribe, data={"button": "yes"})
    answer = client.get(reader.unsubscribe)
    assert answer.status_code == 200
    assert "Done: no more letters" in answer.text
    assert "Stop your letters?" not in answer.text


def test_who_wants_fewer_letters_gets_one_a_week(client, reader, subscriber):
    answer = client.post(f"{reader.unsubscribe}/weekly")

    assert "Monday 23 November 2026" in answer.text
    assert (subscriber(reader.id).days, subscriber(reader.id).status) == ("mon", Status.ACTIVE)


def test_who_wants_a_rest_gets_four_weeks_of_it(client, reader, subscriber):
    answer = client.post(f"{reader.unsubscribe}/pause")

    assert "Friday 18 December 2026" in answer.text
    assert subscriber(reader.id).paused_until == date(2026, 12, 18)


def test_fewer_letters_are_not_offered_to_whom_they_do_not_concern(client, make_reader, read_page):
    weekly = make_reader("weekly@example.org", days="wed")
    gone = make_reader("gone@example.org", status=Status.UNSUBSCRIBED)

    for each, n_forms in ((weekly, 2), (gone, 0)):
        assert len(list(read_page(client.get(each.unsubscribe).text).iter("form"))) == n_forms
    for way in ("weekly", "pause"):
        assert client.post(f"{gone.unsubscribe}/{way}").status_code == 404


def back_from(answer, read_page):
    fields = read_page(answer.text).iter("input")
    return next((field.get("value") for field in fields if field.get("name") == "back"), None)


def test_a_mistake_can_be_undone_for_half_an_hour(client, reader, subscriber, clock, read_page):
    due_before = subscriber(reader.id).next_due_at
    back = back_from(client.post(reader.unsubscribe, data={"button": "yes"}), read_page)

    clock.forward(minutes=30)
    assert client.post(f"{reader.unsubscribe}/undo", data={"back": back}).status_code == 200
    assert subscriber(reader.id).status == Status.ACTIVE
    assert subscriber(reader.id).next_due_at == due_before

    client.post(reader.unsubscribe, data={"button": "yes"})
    clock.forward(minutes=1)
    answer = client.post(f"{reader.unsubscribe}/undo", data={"back": back})
    assert answer.status_code == 404
    assert subscriber(reader.id).status == Status.UNSUBSCRIBED


def test_only_who_got_letters_can_undo(client, make_reader, subscriber, read_page, reader):
    pending = make_reader("new@example.org", status=Status.PENDING, confirmed_at=None)

    answer = client.post(pending.unsubscribe, data={"button": "yes"})

    assert back_from(answer, read_page) is None
    stolen = back_from(client.post(reader.unsubscribe, data={"button": "yes"}), read_page)
    for back in (stolen, "", "AQ.forged"):
        undone = client.post(f"{pending.unsubscribe}/undo", data={"back": back})
        assert undone.status_code == 404
    assert subscriber(pending.id).status == Status.UNSUBSCRIBED


@pytest.mark.parametrize("way", ["weekly", "pause", "undo"])
def test_other_sites_can_unsubscribe_but_change_nothing_else(client, reader, dump, way):
    before = dump()

    answer = client.post(f"{reader.unsubscribe}/{way}", headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403
    assert dump() == before


# RFC 8058 §3.1 and §3.2: either encoding, no cookie, no redirect, from any site.
@pytest.mark.parametrize(
    "body",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {
            "content": b"List-Unsubscribe=One-Click\r\n",
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
    ],
)
@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "cross-site", "origin": "null"}])
def test_one_click_from_a_mail_program_acts_at_once_and_again(
    client, reader, subscriber, body, headers
):
    headers = headers | body.get("headers", {})
    for _ in range(2):
        answer = client.post(reader.unsubscribe, **body | {"headers": headers})

        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert "set-cookie" not in answer.headers
        assert subscriber(reader.id).status == Status.UNSUBSCRIBED


def test_a_letter_of_years_ago_still_unsubscribes(client, reader, subscriber, clock):
    clock.forward(days=10 * 365)

    assert client.get(reader.unsubscribe).status_code == 200
    assert client.post(reader.unsubscribe, data=ONE_CLICK).status_code == 200
    assert subscriber(reader.id).status == Status.UNSUBSCRIBED


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {"List-Unsubscribe": "Maybe"}},
        {"data": {"list-unsubscribe": "One-Click"}},
        {"json": ONE_CLICK},
        {"files": {"List-Unsubscribe": ("a.txt", b"One-Click")}},
        {"content": b"--x", "headers": {"content-type": "multipart/form-data; boundary=y"}},
    ],
)
def test_any_other_body_is_refused_and_changes_nothing(client, reader, dump, body):
    before = dump()

    answer = client.post(reader.unsubscribe, **body)

    assert 400 <= answer.status_code < 500
    assert "<h1>" in answer.text
    assert dump() == before


def test_a_forged_token_changes_nothing(client, reader, dump):
    before = dump()

    answer = client.post("/unsubscribe/AQ.forged", data=ONE_CLICK)

    assert answer.status_code == 404
    assert "not one of ours" in answer.text
    assert dump() == before


def test_whoever_was_removed_altogether_gets_the_same_answer(client, reader, engine):
    from app.store import engine as engines
    from app.store import subscribers

    with engines.transaction(engine) as session:
        subscribers.remove(session, subscribers.by_id(session, reader.id))

    assert client.post(reader.unsubscribe, data=ONE_CLICK).status_code == 200
