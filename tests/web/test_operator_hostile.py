"""The operator's pages with hostile text in every place that others can write to."""

import pytest
from fastapi.testclient import TestClient

from app.mail.links import Verdict
from app.main import create_app
from app.store import brakes, deeds, feedback, suppressions
from app.store import engine as engines
from app.store.tables import Bounce, OutboxEntry, Submission, SubmissionState, metadata

TOKEN = "correct horse battery staple"
PAGES = (
    *("/operator", "/operator/people", "/operator/people/1", "/operator/people/1/letters/1"),
    *("/operator/tomorrow", "/operator/sources", "/operator/charts", "/operator/deeds"),
    "/operator/submissions",
)


@pytest.fixture
def operator(settings, clock):
    """A browser whose operator has logged in."""
    told = settings.model_copy(update={"admin_token": type(settings.admin_token)(TOKEN)})
    app = create_app(told, clock=clock)
    browser = TestClient(app, base_url="http://localhost:8000")
    browser.post("/operator/login", data={"token": TOKEN})
    yield browser
    app.state.engine.dispose()


# Whatever others may write: digests, readers, mail servers, and whoever guesses at the log-in.
FREE_TEXT = {
    "brake": ("reason",),
    "bounce": ("code", "said"),
    "deed": ("who", "action", "subject", "detail"),
    "digest": ("name", "layout"),
    "interest": ("text",),
    "letter": ("recipient", "why"),
    "outbox": ("reason",),
    "paper": ("title", "abstract"),
    "source": ("name",),
    "submission": ("sent", "says", "told"),
    "subscriber": ("address",),
    "suppression": ("reason", "address"),
}


def test_whatever_others_wrote_is_text_on_the_operators_pages(
    operator, entry, engine, clock, hostile, read_page
):
    with engines.transaction(engine) as session:
        suppressions.add(session, "ada@example.org", "", clock())
        brakes.put_on(session, "bounces", "", clock())
        deeds.add(session, clock(), "", "", "", "")
        letter = session.get_one(OutboxEntry, entry).letter_id
        feedback.record(session, 1, 1, Verdict.LIKE, clock(), letter)
        session.add(Bounce(subscriber_id=1, letter_id=letter, kind="soft", report="1", at=clock()))
        for state in SubmissionState:
            session.add(Submission(name=f"url:{state}", sent="x", state=state, at=clock()))
        session.flush()
        for table, columns in FREE_TEXT.items():
            changes = dict.fromkeys(columns, hostile)
            if "told" in changes:
                changes["told"] = {"title": hostile, "abstract": hostile, "authors": [hostile]}
            assert session.execute(metadata.tables[table].update().values(changes)).rowcount

    n_shown = 0
    asked = [(path, {}) for path in PAGES]
    for path, query in (*asked, ("/operator/people", {"q": hostile})):
        answer = operator.get(path, params=query)
        assert answer.status_code == 200
        for element in read_page(answer.text).iter():
            assert element.tag not in {"img", "iframe"}
            assert element.tag != "script" or element.get("src", "").startswith("/static/")
            assert not [name for name in element.attrib if name.startswith("on")]
            assert not (element.get("href") or "").lower().startswith("javascript:")
        n_shown += "alert(1)" in answer.text
    assert n_shown >= 6
