"""The lists of papers that a reader judged or saved."""

import bibtexparser
import pytest

from app.mail.links import Verdict
from app.papers.paper import Paper
from app.store import engine as engines
from app.store import feedback


def test_each_verdict_has_a_list_from_which_papers_can_be_taken(client, reader, engine, read_page):
    client.post(reader.feedback("like"))
    client.post(reader.feedback("save", rank=2))
    saved = client.get(f"{reader.preferences}/papers")
    assert "Bread as a soft solid" in saved.text
    assert "Papers you want more of (1)" in saved.text
    assert "Papers you want less of (0)" in saved.text
    liked = client.get(f"{reader.preferences}/papers?verdict=like")
    assert "Tides of small moons" in liked.text
    assert "Bread as a soft solid" not in liked.text

    (form,) = read_page(liked.text).iter("form")
    sent = {e.get("name"): e.get("value") for e in form.iter() if e.get("name")}
    answer = client.post(form.get("action"), data=sent)

    assert "Taken out." in client.get(answer.headers["location"]).text
    with engines.transaction(engine) as session:
        assert [said.verdict for said, _ in feedback.of_subscriber(session, reader.id)] == ["save"]


@pytest.mark.parametrize("sent", [{}, {"paper": "x", "verdict": "like"}, {"paper": "1"}])
def test_a_form_of_somebody_elses_making_is_refused_with_a_page(client, reader, sent):
    answer = client.post(f"{reader.preferences}/papers", data=sent)

    assert answer.status_code == 422
    assert "<h1>" in answer.text


def test_saved_papers_can_be_taken_away_as_bibtex(client, reader):
    client.post(reader.feedback("save"))
    client.post(reader.feedback("like", rank=2))

    answer = client.get(f"{reader.preferences}/saved.bib")

    assert answer.headers["content-type"] == "text/x-bibtex; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="saved.bib"'
    (entry,) = bibtexparser.parse_string(answer.text).entries
    assert entry.fields_dict["title"].value == "{Tides of small moons}"


def test_a_long_list_comes_in_pages_of_less_than_sixty_kilobytes(
    client, reader, engine, clock, store_papers, read_page
):
    longest = [Paper(title=f"{n} " + "long words " * 40) for n in range(85)]
    ids = store_papers(*longest)
    with engines.transaction(engine) as session:
        for paper_id in ids:
            feedback.record(session, reader.id, paper_id, Verdict.SAVE, clock())

    found = []
    for page in (1, 2, 3):
        answer = client.get(f"{reader.preferences}/papers?page={page}")
        assert len(answer.content) < 60_000
        found += [a.get("href") for a in read_page(answer.text).iter("a")]
    papers = [href for href in found if href.startswith("/papers/")]
    assert sorted(papers) == sorted(f"/papers/{paper_id}" for paper_id in ids)
    assert client.get(f"{reader.preferences}/papers?page=4").status_code == 200
