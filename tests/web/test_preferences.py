from datetime import UTC, datetime

import pytest

from app.store import engine as engines
from app.store import subscribers
from app.store.tables import Status

CHOICES = {
    "interests": "tides, -bread",
    "zone": "Asia/Tokyo",
    "hour": "21",
    "rhythm": "weekdays",
    "letter_size": "4",
}
TUNED = {
    "threshold": "strong",
    "dial": "0.5",
    "exploration": "never",
    "shares_likes": "yes",
    "empty_day": "short note",
}


def at(day, hour):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_the_page_shows_everything_as_it_is(client, reader, read_page):
    page = client.get(reader.preferences)
    tree = read_page(page.text)

    assert "ada@example.org" in page.text
    assert tree.find(".//textarea").text == 'moons, "soft solid"'
    assert tree.find(".//*[@id='pause']") is not None
    checked = [e.get("value") for e in tree.iter("input") if e.get("checked") is not None]
    assert checked == ["daily", "good", "now and then", "no letter"]
    assert tree.find(".//*[@id='dial']").get("value") == "0"
    assert "Saturday 21 November 2026 at 07:00 (UTC)" in page.text


def test_a_change_is_kept_and_the_next_letter_planned_anew(client, reader, subscriber, engine):
    answer = client.post(reader.preferences, data=CHOICES)
    page = client.get(answer.headers["location"])

    assert answer.status_code == 303
    assert "Saved." in page.text
    row = subscriber(reader.id)
    assert (row.zone, row.hour, row.days) == ("Asia/Tokyo", 21, "mon,tue,wed,thu,fri")
    assert row.letter_size == 4
    assert row.next_due_at == at(20, 12)  # 21:00 in Tokyo, still to come
    with engines.transaction(engine) as session:
        words = subscribers.interests_of(session, [reader.id])[reader.id]
    assert [(each.text, each.negative) for each in words] == [("tides", False), ("bread", True)]


def test_the_fine_tuning_is_kept_and_shown(client, reader, subscriber, read_page):
    answer = client.post(reader.preferences, data=CHOICES | TUNED)
    tree = read_page(client.get(answer.headers["location"]).text)

    row = subscriber(reader.id)
    assert (row.threshold, row.dial, row.exploration) == ("strong", 0.5, 0.0)
    assert row.shares_likes is True
    checked = [e.get("value") for e in tree.iter("input") if e.get("checked") is not None]
    assert checked == ["weekdays", "strong", "never", "short note", "yes"]
    assert row.empty_day == "short note"
    assert tree.find(".//*[@id='dial']").get("value") == "0.5"


def test_without_its_tick_the_consent_to_share_likes_is_withdrawn(client, reader, subscriber):
    client.post(reader.preferences, data=CHOICES | TUNED)

    client.post(reader.preferences, data=CHOICES)

    assert subscriber(reader.id).shares_likes is False


@pytest.mark.parametrize("path", ["/subscribe", "preferences"])
def test_every_field_has_a_name_that_can_be_read_out(client, reader, read_page, path):
    tree = read_page(client.get(reader.preferences if path == "preferences" else path).text)

    labels = {label.get("for") for label in tree.iter("label")}
    wrapped = {field for label in tree.iter("label") for field in label.iter("input")}
    hints = {e.get("id") for e in tree.iter() if e.get("id")}
    for field in [e for e in tree.iter() if e.tag in ("input", "select", "textarea")]:
        if field.get("type") != "hidden":
            assert field in wrapped or field.get("id") in labels, field.get("name")
        assert set((field.get("aria-describedby") or "").split()) <= hints
    for group in tree.iter("fieldset"):
        assert group.find("legend").text.strip()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("interests", ""),
        ("interests", '"open'),
        ("zone", "Mars"),
        ("hour", "25"),
        ("rhythm", "chosen"),
        ("letter_size", "11"),
        ("threshold", "brilliant"),
        ("dial", "inf"),
        ("exploration", "often"),
        ("shares_likes", "on"),
        ("empty_day", "padding"),
    ],
)
def test_what_cannot_be_used_changes_nothing_and_keeps_what_was_typed(
    client, reader, dump, read_page, field, typed
):
    before = dump()

    answer = client.post(reader.preferences, data=CHOICES | {field: typed})

    assert answer.status_code == 400
    tree = read_page(answer.text)
    assert tree.find(".//*[@class='problems']") is not None
    if field != "interests":
        assert tree.find(".//textarea").text == CHOICES["interests"]
    assert dump() == before


def test_somebody_with_liked_papers_needs_no_words(client, reader, subscriber):
    client.post(reader.feedback("like"))

    assert client.post(reader.preferences, data=CHOICES | {"interests": ""}).status_code == 303


def test_a_pause_holds_until_its_day_and_can_be_ended(client, reader, subscriber):
    answer = client.post(f"{reader.preferences}/pause", data={"until": "2026-12-01"})

    assert "paused" in client.get(answer.headers["location"]).text
    assert subscriber(reader.id).next_due_at == datetime(2026, 12, 1, 7, tzinfo=UTC)
    assert "No letters before Tuesday 1 December 2026" in client.get(reader.preferences).text

    client.post(f"{reader.preferences}/pause", data={"resume": "yes"})
    assert subscriber(reader.id).paused_until is None
    assert subscriber(reader.id).next_due_at == at(21, 7)


@pytest.mark.parametrize("until", ["", "soon", "2026-11-20", "2025-01-01", "9999-12-31", "١"])
def test_a_pause_needs_a_day_to_come(client, reader, dump, until, read_page):
    before = dump()

    answer = client.post(f"{reader.preferences}/pause", data={"until": until})

    assert answer.status_code == 400
    assert "Give a date" in read_page(answer.text).find(".//*[@id='until-problem']").text
    assert dump() == before


@pytest.mark.parametrize("status", [Status.UNSUBSCRIBED, Status.PENDING])
def test_whoever_gets_no_letters_is_offered_to_sign_up_and_nothing_else(
    client, make_reader, dump, read_page, status
):
    gone = make_reader("gone@example.org", status=status)
    before = dump()

    page = client.get(gone.preferences)

    tree = read_page(page.text)
    assert "You get no letters at present" in page.text
    assert tree.find(".//form") is None
    assert client.post(gone.preferences, data=CHOICES).status_code == 404
    assert client.post(f"{gone.preferences}/pause", data={"resume": "1"}).status_code == 404
    assert dump() == before


def test_a_link_made_void_opens_nothing(client, reader, engine):
    with engines.transaction(engine) as session:
        subscribers.by_id(session, reader.id).version += 1

    assert client.get(reader.preferences).status_code == 404
    assert client.post(reader.preferences, data=CHOICES).status_code == 404


def test_words_after_done_are_never_shown(client, reader, hostile):
    page = client.get(reader.preferences, params={"done": hostile})

    assert page.status_code == 200
    assert 'class="done"' not in page.text


# The reader lives in UTC, gets letters daily at 7, and changes the hour.
