"""Soon after delivery a vote by script needs a sign that somebody is there."""

import pytest
from fastapi.testclient import TestClient
from mailed import Post

from app.main import create_app

SCRIPT, MOVED = {"means": "script", "trusted": ""}, {"means": "script", "trusted": "yes"}
PRESS = {"means": "button", "trusted": "yes"}
SITE = "http://localhost:8000"


@pytest.fixture
def post(app, engine, clock):
    return Post(engine, app.state.letterhead, clock)


@pytest.fixture
def votes(post, clock):
    """Where votes on the papers of a letter go that was delivered four minutes ago."""
    (mail,) = post.daily(1, 3)
    clock.forward(minutes=4)
    return [mail.vote("like", rank).removeprefix(SITE) for rank in (1, 2, 3)]


def sends(client, read_page, path):
    return read_page(client.get(path).text).find(".//form[@data-tap]").get("data-send")


def test_a_browser_without_a_past_sends_a_vote_only_when_somebody_moves(
    client, votes, read_page, post
):
    assert sends(client, read_page, votes[0]) == "sign"
    client.post(votes[0], data=SCRIPT)
    assert post.counted() == {}
    client.post(votes[1], data=MOVED)
    post.settle()
    assert len(post.counted()[1]) == 1


def test_one_in_which_a_letter_s_button_was_pressed_needs_no_other_sign(
    client, votes, read_page, post
):
    assert client.post(votes[0], data=PRESS).cookies
    assert sends(client, read_page, votes[1]) == "hand"
    client.post(votes[1], data=SCRIPT)
    post.settle()
    assert len(post.counted()[1]) == 2


def test_nor_one_in_which_a_sign_up_was_confirmed(client, votes, read_page, post):
    assert client.post(post.confirm().urls[0].removeprefix(SITE)).cookies
    assert sends(client, read_page, votes[0]) == "hand"
    client.post(votes[0], data=SCRIPT)
    post.settle()
    assert len(post.counted()[1]) == 1


@pytest.mark.parametrize("form", [SCRIPT, MOVED, {"means": "button", "trusted": ""}])
def test_only_a_press_that_the_browser_vouches_for_is_remembered(client, votes, form):
    assert not client.post(votes[0], data=form).cookies


def test_the_same_is_remembered_of_everybody_and_told_to_pages_of_taps_only(client, post, clock):
    told = set()
    for mail in post.daily(2, 1):
        client.cookies.clear()
        answer = client.post(mail.vote("like").removeprefix(SITE), data=PRESS)
        told.add(answer.headers["set-cookie"])
    assert told == {
        "paperboy_hand=pressed; HttpOnly; Max-Age=34560000; Path=/feedback; SameSite=lax"
    }


def test_on_https_it_is_told_by_https_only(settings, clock):
    secure = settings.model_copy(
        update={"base_url": "https://papers.example.org/below", "relay_signs": True}
    )
    app = create_app(secure, clock=clock)
    client = TestClient(app, base_url="https://papers.example.org", follow_redirects=False)
    post = Post(app.state.engine, app.state.letterhead, clock)
    (mail,) = post.daily(1, 1)
    answer = client.post(mail.vote("like"), data=PRESS)
    assert answer.headers["set-cookie"].endswith("Path=/below/feedback; SameSite=lax; Secure")
    app.state.engine.dispose()
