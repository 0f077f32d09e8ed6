import pytest

from app.store.tables import Status

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def test_the_page_has_one_button_and_no_script(client, reader, read_page, subscriber):
    tree = read_page(client.get(reader.unsubscribe).text)

    assert [button.get("name") for button in tree.iter("button")] == ["button"]
    assert tree.find(".//script") is None
    assert subscriber(reader.id).status == Status.ACTIVE


def test_the_button_stops_the_letters_at_once(client, reader, subscriber, read_page):
    answer = client.post(reader.unsubscribe, data={"button": "yes"})

    assert answer.status_code == 200
    assert "no more letters" in answer.text
    read_page(answer.text)
    assert subscriber(reader.id).status == Status.UNSUBSCRIBED
    assert subscriber(reader.id).next_due_at is None


# RFC 8058 §3.1 and §3.2: either encoding, no cookie, no redirect, from any site.
@pytest.mark.parametrize(
    "body", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}]
)
@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "cross-site", "origin": "null"}])
def test_one_click_from_a_mail_program_acts_at_once_and_again(
    client, reader, subscriber, body, headers
):
    for _ in range(2):
        answer = client.post(reader.unsubscribe, headers=headers, **body)

        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert "set-cookie" not in answer.headers
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
