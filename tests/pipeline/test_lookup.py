from datetime import date, timedelta

import pytest

from app.errors import BadValue
from app.papers.paper import Paper
from app.pipeline import lookup
from app.pipeline.models import Models, Rules
from app.store import papers

TODAY = date(2026, 11, 20)
OWLS = Paper("Owls at night", "Owls see at night, and studies say so.", ("Ada Müller",))
BATS = Paper("Bats at night", "Bats hear.", ("Bo Tide",), arxiv_id="2611.00002")
TOADS = Paper("Toads", "Toads study water.", url="https://example.org/toads", doi="10.1000/toads")


@pytest.fixture
def add(session):
    def add(*found, seen=TODAY):
        return [row.id for row in papers.find_or_add(session, found, seen=seen)]

    return add


@pytest.fixture
def models():
    return Models(Rules(candidate_days=7))


def _ids(session, models, typed):
    return list(lookup.answer(session, models, typed).paper_ids)


@pytest.mark.parametrize("is_fitted", [True, False])
def test_papers_are_found_whether_there_is_a_model_or_not(session, add, models, is_fitted):
    owls, bats, toads = add(OWLS, BATS, TOADS)
    if is_fitted:
        models.of(session, TODAY)

    assert lookup.answer(session, models, "owls").is_weighed is is_fitted
    for typed, found in {
        "night": {owls, bats},
        "night -bats": {owls},
        "study": {owls, toads},
        '"owls see"': {owls},
        '"see owls"': {owls},  # not as neighbours, but in part
        "author:Müller": {owls},
        'author:"Tide, Bo"': {bats},
        "the owls": {owls},
    }.items():
        assert set(_ids(session, models, typed)) == found, typed


def test_papers_newer_and_older_than_the_model_are_found_among_its_own(session, add, models):
    (old,) = add(Paper("Ancient owls", "Owls were."), seen=TODAY - timedelta(days=800))
    add(OWLS, BATS)
    models.of(session, TODAY)
    (new,) = add(Paper("Owls tomorrow", "Zeppelins and owls."), seen=TODAY + timedelta(days=1))

    assert set(_ids(session, models, "owls")) == {old, 2, new}
    assert _ids(session, models, "zeppelin") == [new]
    assert _ids(session, models, "ancient") == [old]


def test_words_of_no_paper_are_told_with_what_is_near_them(session, add, models):
    add(OWLS, BATS, TOADS)
    models.of(session, TODAY)

    answer = lookup.answer(session, models, "nigth owls -toads")

    (correction,) = answer.corrections
    assert correction.text == "nigth"
    assert correction.near == (("night", "night, owls, -toads"),)
    assert not answer.is_whole


def test_a_word_that_only_a_newer_paper_holds_is_not_called_unknown(session, add, models):
    add(OWLS)
    models.of(session, TODAY)
    add(Paper("Zeppelins", "They rise."))

    assert lookup.answer(session, models, "zeppelins").corrections == ()


def test_that_only_the_newest_were_read_is_said(session, add, models, monkeypatch):
    monkeypatch.setattr(lookup, "MOST_READ", 2)
    add(OWLS, BATS)
    assert lookup.answer(session, models, "night").is_cut
    assert not lookup.answer(session, models, "owls").is_cut


@pytest.mark.parametrize("typed", ["-owls", '"owls', "the of", "owls -owls"])
def test_what_cannot_be_looked_for_is_refused_with_a_sentence(session, add, models, typed):
    with pytest.raises(BadValue):
        lookup.answer(session, models, typed)


@pytest.mark.parametrize(
    "typed",
    [
        "2611.00002",
        "arXiv:2611.00002v3",
        "https://arxiv.org/abs/2611.00002",
        "https://example.org/x",
    ],
)
def test_names_of_papers_are_told_from_words(typed):
    assert lookup.is_name(typed)
    assert not lookup.is_name("night owls 2026")


def test_a_paper_is_found_by_its_names_and_its_link(session, add):
    _, bats, toads = add(OWLS, BATS, TOADS)
    for text, known in {
        "arXiv:2611.00002v3": bats,
        "https://arxiv.org/pdf/2611.00002": bats,
        "https://doi.org/10.1000/TOADS": toads,
        "https://example.org/toads": toads,
        "https://example.org/": None,
        "2611.00009": None,
        "Toads": None,
    }.items():
        assert papers.linked(session, text) == known, text


def test_the_latest_model_is_that_of_the_last_ranking_here_or_elsewhere(session, add, tmp_path):
    rules = Rules(candidate_days=7)
    here, elsewhere = Models(rules, tmp_path), Models(rules, tmp_path)
    assert here.latest() is None
    add(OWLS)
    first = here.of(session, TODAY)
    assert here.latest() is first
    assert elsewhere.latest().id == first.id
    add(BATS)
    assert here.latest() is first
    second = elsewhere.of(session, TODAY)
    assert here.latest().id == elsewhere.latest().id == second.id != first.id


def test_nearest_papers_need_a_model(session, add, models):
    add(OWLS, BATS, TOADS)
    row = papers.by_ids(session, [1])[1]
    assert lookup.like(models, row, 5) is None
    models.of(session, TODAY)
    assert [each.paper_id for each in lookup.like(models, row, 5)][:1] == [2]
