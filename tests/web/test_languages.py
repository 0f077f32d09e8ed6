"""Pages and letters in the language of who reads them, and no text that escapes translation."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

import html5lib
import pytest
from marks import MARKED, unmarked
from sqlmodel import select

from app.languages import Languages
from app.main import create_app
from app.pipeline import compose
from app.store import chosen, outbox, submissions
from app.store import engine as engines
from app.store.tables import (
    Consent,
    Letter,
    LetterKind,
    OutboxEntry,
    State,
    Submission,
    SubmissionState,
    Subscriber,
)

TOKEN = "correct horse battery staple"
OPERATOR = ("", "/people", "/people/1", "/tomorrow", "/sources", "/charts", "/deeds")
OPERATOR += ("/submissions", "/submissions?done=accepted", "/sources?done=named")
GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}


# What others wrote, what names something, and what is typed as it is.
FOREIGN = (
    *("Tides of small moons", "Bread as a soft solid", "Ada Moon", "Bo Tide", "moons"),
    *("soft solid", "You signed up.", "arXiv:2611.00001", "example.org", "localhost"),
    "We watch small moons. They raise tides, and the tides slow them down.",
    *("Paperboy", "English", "UTC", "Europe/Berlin", "RSS", "Atom", "JSON Feed"),
    *("ada@example.org", "new@example.org", "new.home@example.org", "paperboy@localhost"),
    *("made-up.txt", "test", "testclient", "127.0.0.1"),
    *("Small moons sent in", "hf-daily", "arXiv knows no such paper."),
)


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"admin_token": type(settings.admin_token)(TOKEN)})


@pytest.fixture
def marked(settings, clock):
    """A service that speaks one more language, in which all that is translated stands in marks."""
    made = create_app(settings, clock=clock, spoken=Languages({"xx": MARKED}))
    yield made
    made.state.engine.dispose()


def texts(html: str) -> Iterator[str]:
    """What a page says: all its running text, and what attributes say to screen readers."""
    root = html5lib.parse(html, namespaceHTMLElements=False)
    yield from (root.findtext(".//title") or "", running(root.find("body")))
    for each in root.iter():
        names = ("aria-label", "alt", "placeholder", "title", "aria-roledescription")
        yield from (each.attrib[name] for name in names if name in each.attrib)
    found = root.find(".//meta[@name='description']")
    yield "" if found is None else found.attrib["content"]


def running(node) -> str:
    """The text of an element, but for papers' own words and the names of time zones."""
    if not isinstance(node.tag, str) or node.tag in ("script", "style", "code", "datalist"):
        return ""
    if node.attrib.get("lang") == "en" and node.tag not in ("html", "option"):
        return ""
    inner = (running(child) + (child.tail or "") for child in node)
    return " ".join([node.text or "", *inner])


def escaped(html: str) -> list[str]:
    """Words of a page that are ours and were not translated."""
    assert "⟦" in html or not html
    assert "⟦Our mistake⟧" not in html
    return [word for text in texts(html) for word in unmarked(text, FOREIGN)]


@pytest.fixture
def sent(engine, reader, clock):
    """The reader's letter as the outbox knows it, and one that was skipped."""
    told = {"subscriber_id": reader.id, "due_at": clock(), "first_due_at": clock()}
    states = {0: {"state": State.SENT, "letter_id": reader.letter_id, "settled_at": clock()},
              1: {"state": State.SKIPPED, "reason": "no new papers"}}  # fmt: skip
    with engines.transaction(engine) as session:
        for age, facts in states.items():
            day = clock().date().replace(day=20 - age)
            row = OutboxEntry(kind=LetterKind.DAILY, edition_date=day, **told, **facts)
            assert outbox.add(session, row)


@pytest.fixture
def sent_in(engine, reader, clock):
    """Papers that people sent in, of every state, one of them voted for; and a chosen source."""
    with engines.transaction(engine) as session:
        for paper_id, state in enumerate(SubmissionState, start=1):
            row = Submission(name=f"url:{state}", sent="test", state=state, at=clock(),
                             decided_at=clock(), says="arXiv knows no such paper.")  # fmt: skip
            row.told = {"title": "Small moons sent in"}
            row.paper_id = min(paper_id, 2) if state in ("known", "accepted") else None
            session.add(row)
            session.flush()
            submissions.support(session, row.id, reader.id, clock())
        chosen.add(session, "hf-daily", clock())


def speak(engine, code: str = "xx") -> None:
    """Let all subscribers want a language, and their letters be in it."""
    with engines.transaction(engine) as session:
        for row in (*session.exec(select(Subscriber)), *session.exec(select(Letter))):
            row.language = code


def test_no_page_says_anything_that_is_not_translated(
    marked, client_of, engine, get_paths, reader, sent, sent_in
):
    client = client_of(marked)
    speak(engine)
    client.post("/operator/login", data={"token": TOKEN})
    own = ("/healthz", "/readyz", "/metrics", "/robots.txt", "/days?", "/feeds")
    files = ("everything.json", "saved.bib")
    pages = [path for path in get_paths.values() if not path.startswith(own) and
             not path.endswith(files)]  # fmt: skip
    pages += [f"/operator{path}" for path in OPERATOR]
    pages += ["/search?q=bread+-moons", "/search?q=nothing", "/search?q=x%22", "/search?like=1"]
    pages += ["/nowhere", "/days/2026-11-19", "/preferences/no-token", f"{reader.unsubscribe}x"]
    pages += [f"{reader.preferences}?done=saved", f"{reader.preferences}/papers?verdict=like"]
    pages += ["/submit/sent", f"{reader.preferences}/community?done=voted"]
    pages += [f"{reader.preferences}/records?done=erase", "/operator?done=held"]

    found = {path: escaped(client.get(path).text) for path in pages}

    assert {path: words for path, words in found.items() if words} == {}


def test_no_answer_to_a_form_says_anything_that_is_not_translated(
    marked, client_of, engine, reader, sent, confirm_link
):
    client = client_of(marked)
    speak(engine)
    wrong = {
        "email": "nobody", "interests": '"open', "zone": "Nowhere", "hour": "99", "days": "",
        "rhythm": "chosen", "letter_size": "0", "threshold": "?", "dial": "7", "exploration": "?",
        "language": "yy", "liked": "no such paper",
    }  # fmt: skip
    forms = [
        ("/subscribe", wrong),
        ("/subscribe", {"email": "a@b@c", "interests": "a"}),
        ("/subscribe", {"email": "x@example.org", "interests": "moons"}),
        ("/subscribe/preview", {"interests": "moons"}),
        ("/preferences", {"email": "nobody"}),
        (reader.preferences, wrong),
        (f"{reader.preferences}/pause", {"until": "never"}),
        (f"{reader.preferences}/address", {"email": "ada@example.org"}),
        (f"{reader.preferences}/profile/delete", {"interest": "moons"}),
        (f"{reader.feedback('mute')}", {"choice": "nothing"}),
        (f"{reader.feedback('mute')}", {"choice": 'author:"Ada Moon"'}),
        (reader.feedback("like"), {}),
        (f"{reader.feedback('like')}/undo", {}),
        (f"{reader.unsubscribe}/weekly", {}),
        (reader.unsubscribe, {"button": "yes"}),
        (confirm_link, {}),
        ("/submit", {"paper": "no such paper"}),
        ("/submit", {"paper": "2611.01234"}),
        (f"{reader.preferences}/community", {"paper": "no such paper"}),
        (f"{reader.preferences}/renew", {}),
    ]

    answers = [(path, client.post(path, data=fields)) for path, fields in forms]

    found = {f"{path} {n}": escaped(answer.text)
             for n, (path, answer) in enumerate(answers)}  # fmt: skip
    typed = {word for value in wrong.values() for word in re.findall(r"[^\W\d_]{2,}", value)}
    assert {place: words for place, words in found.items() if set(words) - typed} == {}


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH-1996", "de"),
        ("fr, de;q=0.2", "de"),
        ("en-GB, de;q=0.9", "en"),
        ("de;q=0.4, en;q=0.7", "en"),
        ("de;q=0, *", "en"),
        ("DE-at", "de"),
        ("d" * 9_000, "en"),
        ("de;q=2, ;;, de;q=x", "en"),
    ],
)
def test_a_page_is_in_the_language_its_browser_asks_for(client, asked, given):
    answer = client.get("/subscribe", headers={"accept-language": asked})

    assert f'<html lang="{given}"' in answer.text
    assert answer.headers["content-language"] == given
    assert answer.headers["vary"] == "Accept-Language"


def test_a_reader_s_own_language_goes_before_that_of_the_browser(client, reader, engine):
    assert '<html lang="en"' in client.get(reader.preferences).text
    assert '<html lang="de"' in client.get(reader.preferences, headers=GERMAN).text

    saved = client.post(reader.preferences, data={"interests": "moons", "language": "de"})

    assert saved.status_code == 303
    own = (reader.preferences, reader.unsubscribe, reader.feedback("like"), reader.feedback("mute"))
    for path in own:
        assert '<html lang="de"' in client.get(path).text, path
    assert "Mehr davon" in client.get(reader.feed).text


def test_a_language_that_nobody_offered_is_refused(client, reader, subscriber):
    answer = client.post(reader.preferences, data={"interests": "moons", "language": "tlh"})

    assert answer.status_code == 400
    assert "Choose one of the languages offered." in answer.text
    assert subscriber(reader.id).language == ""


def test_who_signs_up_on_a_german_page_is_asked_in_german(client, app, engine, clock):
    page = client.get("/subscribe", headers=GERMAN)
    seal = re.search(r'name="seal" value="([^"]+)"', page.text)[1]
    clock.forward(minutes=1)

    typed = {"email": "x@example.org", "interests": "moons", "letter_size": "5", "seal": seal}
    assert client.post("/subscribe", data=typed, headers=GERMAN).status_code == 303

    with engines.transaction(engines.reading(engine)) as session:
        row, letter = session.exec(select(Subscriber)).one(), session.exec(select(Letter)).one()
        consent = session.exec(select(Consent)).one()
        told = compose.envelope(session, app.state.letterhead, letter).message
    assert (row.language, letter.language) == ("de", "de")
    assert "bitten Sie uns" in consent.text
    message = message_from_bytes(told, policy=default)
    assert message["subject"] == "Bitte bestätigen Sie Ihre Adresse für Paperboy"


def test_a_letter_stays_in_its_language_when_its_reader_chooses_another(
    client, reader, engine, app
):
    """Bytes that were mailed before there were languages are those of English ones."""

    def mailed():
        with engines.transaction(engines.reading(engine)) as session:
            row = session.get_one(Letter, reader.letter_id)
            return compose.envelope(session, app.state.letterhead, row).message

    before = mailed()
    client.post(reader.preferences, data={"interests": "moons", "language": "de"})

    assert mailed() == before
    speak(engine, "en")
    assert mailed() == before
    speak(engine, "de")
    assert mailed() != before
