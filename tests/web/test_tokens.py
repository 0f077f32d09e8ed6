"""A token is good for one purpose, whole, and under one of our keys."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.mail.links import Links, Purpose, Tokens

ROUTES = {
    Purpose.CONFIRM: [("GET", "/confirm/{}"), ("POST", "/confirm/{}")],
    Purpose.LETTER: [
        ("GET", "/letters/{}"),
        ("GET", "/feedback/{}/1/like"),
        ("POST", "/feedback/{}/1/like"),
        ("GET", "/feedback/{}/1/like/saved"),
        ("GET", "/feedback/{}/1/like/undone"),
        ("POST", "/feedback/{}/1/like/undo"),
        ("GET", "/feedback/{}/1/mute"),
        ("POST", "/feedback/{}/1/mute"),
        ("POST", "/feedback/{}/1/mute/undo"),
        ("GET", "/feedback/{}/1/why"),
    ],
    Purpose.PREFERENCES: [
        ("GET", "/preferences/{}"),
        ("POST", "/preferences/{}"),
        ("POST", "/preferences/{}/pause"),
        ("POST", "/preferences/{}/papers"),
        ("GET", "/preferences/{}/papers/1"),
        ("POST", "/preferences/{}/papers/1"),
        ("GET", "/preferences/{}/papers"),
        ("GET", "/preferences/{}/community"),
        ("POST", "/preferences/{}/community"),
        ("POST", "/preferences/{}/community/votes"),
        ("GET", "/preferences/{}/saved.bib"),
        ("GET", "/preferences/{}/letters"),
        ("GET", "/preferences/{}/profile"),
        ("POST", "/preferences/{}/profile/delete"),
        ("POST", "/preferences/{}/profile/leave-out"),
        ("GET", "/preferences/{}/records"),
        ("POST", "/preferences/{}/address"),
        ("POST", "/preferences/{}/renew"),
        ("POST", "/preferences/{}/erase"),
        ("GET", "/preferences/{}/everything.json"),
    ],
    Purpose.TRAP: [("GET", "/feedback/{}/0/trap")],
    Purpose.UNSUBSCRIBE: [
        ("GET", "/unsubscribe/{}"),
        ("POST", "/unsubscribe/{}"),
        ("POST", "/unsubscribe/{}/weekly"),
        ("POST", "/unsubscribe/{}/pause"),
        ("POST", "/unsubscribe/{}/undo"),
    ],
    Purpose.MOVE: [("GET", "/move/{}"), ("POST", "/move/{}")],
    Purpose.ERASE: [("GET", "/erase/{}"), ("POST", "/erase/{}")],
    Purpose.FEED: [("GET", "/feeds/{}/picks." + form) for form in ("rss", "atom", "json")],
    # Stand in a form, never in a path.
    Purpose.FORM: [],
    Purpose.RETURN: [],
    # In a cookie, and in the forms beside it.
    Purpose.OPERATOR: [],
    Purpose.OPERATOR_FORM: [],
}
# Enough for any of the forms, so that nothing but the token can be at fault.
FORM = {
    "List-Unsubscribe": "One-Click",
    "interests": "moons",
    "until": "2026-12-24",
    "paper": "1",
    "verdict": "like",
    "email": "new.home@example.org",
    "word": "tides",
}


def tokens_of(links: Links, reader, issued_at) -> dict[Purpose, str]:
    facts = {
        Purpose.MOVE: (reader.letter_id,),
        Purpose.ERASE: (reader.letter_id,),
        Purpose.FEED: (reader.id, 1),
        Purpose.FORM: (1, int(issued_at.timestamp())),
        Purpose.OPERATOR: (1, 2, 3),
        Purpose.OPERATOR_FORM: (1,),
        Purpose.RETURN: (reader.id, int(issued_at.timestamp())),
    }
    made = {purpose: links.tokens.make(purpose, *each) for purpose, each in facts.items()}
    urls = {
        Purpose.CONFIRM: links.confirm(reader.id, issued_at),
        Purpose.LETTER: links.letter(reader.letter_id),
        Purpose.PREFERENCES: links.preferences(reader.id, 1),
        Purpose.UNSUBSCRIBE: links.unsubscribe(reader.id),
    }
    found = {purpose: url.rpartition("/")[2] for purpose, url in urls.items()}
    return made | found | {Purpose.TRAP: links.trap(reader.letter_id).split("/")[-3]}


@pytest.mark.parametrize("purpose", ROUTES)
def test_a_token_for_one_purpose_is_refused_everywhere_else(
    client, links, reader, clock, dump, purpose
):
    before = dump()
    token = tokens_of(links, reader, clock())[purpose]

    for other in (each for each in ROUTES if each != purpose):
        for method, path in ROUTES[other]:
            answer = client.request(method, path.format(token), data=FORM)
            assert answer.status_code == 404, (method, path)
            assert "not one of ours" in answer.text, (method, path)
    assert dump() == before


def test_a_token_under_another_key_is_refused(client, links, reader, clock, dump):
    before = dump()
    forged = Links(links.base_url, Tokens(["some-other-key-entirely"]))

    for purpose, token in tokens_of(forged, reader, clock()).items():
        for method, path in ROUTES[purpose]:
            assert client.request(method, path.format(token), data=FORM).status_code == 404
    assert dump() == before


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_token_with_any_letter_changed_is_refused(client, links, reader, clock, data):
    purpose = data.draw(st.sampled_from([each for each in Purpose if ROUTES[each]]))
    token = tokens_of(links, reader, clock())[purpose]
    # The last letter of base 64 holds spare bits: another one may spell the same bytes.
    at = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("Aa0_-.é%"))
    changed = token[:at] + letter + token[at + 1 :]
    method, path = data.draw(st.sampled_from(ROUTES[purpose]))

    answer = client.request(method, path.format(changed.replace("%", "%25")), data=FORM)

    assert changed == token or answer.status_code == 404


@pytest.mark.parametrize("token", ["x", "AQ", "AQ.", ".AQ", "A" * 3000, "%00", "%F0%9F"])
def test_rubbish_is_refused_with_a_page(client, dump, token):
    before = dump()

    for method, path in (pair for routes in ROUTES.values() for pair in routes):
        answer = client.request(method, path.format(token), data=FORM)
        assert answer.status_code in {404, 405}
        assert "<h1>" in answer.text
    assert dump() == before


def test_links_signed_with_a_former_key_still_work(settings, clock, reader, links):
    from fastapi.testclient import TestClient
    from pydantic import SecretStr

    from app.main import create_app

    kept = settings.secret_keys.get_secret_value()
    rotated = settings.model_copy(update={"secret_keys": SecretStr(f"a-brand-new-key-xyz,{kept}")})
    client = TestClient(create_app(rotated, clock=clock))

    clock.now += timedelta(days=1)
    assert client.get(reader.preferences).status_code == 200
    assert client.get(reader.unsubscribe).status_code == 200
