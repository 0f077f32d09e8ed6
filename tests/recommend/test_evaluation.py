import numpy as np
import pytest

from app import errors
from app.recommend import evaluation, interests, profile, scoring, vectors
from app.recommend.evaluation import Request
from app.recommend.profile import Taste


@pytest.fixture
def named(papers):
    return {f"p{number}": paper for number, paper in papers.items()}


def test_scores_are_those_of_the_day(named, papers):
    background = [f"p{number}" for number in range(1, 13)]
    request = Request("r1", ["graph", "speech recognition"], ["p9"], ["p8"], ["p14", "p10", "p16"])
    taste = Taste(interests.parse('graph "speech recognition"'), (9,), (8,))
    model = vectors.fit({n: papers[n] for n in range(1, 13)}, papers)
    rows = np.array([model.row_of[n] for n in (14, 10, 16)])
    expected = scoring.score(model, profile.build(model, [taste]), rows)[0]

    ((name, scores),) = evaluation.score_requests(named, background, [request])

    assert name == "r1"
    assert scores == pytest.approx(expected.tolist(), abs=1e-6)


def test_what_other_readers_like_counts_where_a_community_is_given(named):
    request = Request("r1", [], ["p1"], [], ["p2", "p14"])
    community = [["p1", "p14"], ["p2", "p5"], ["p1", "p14", "p9"]] * 300

    (alone,) = dict(evaluation.score_requests(named, list(named), [request])).values()
    (among,) = dict(evaluation.score_requests(named, list(named), [request], community)).values()

    assert alone[0] > alone[1]
    assert among[1] - alone[1] > among[0] - alone[0]


@pytest.mark.parametrize("row", [None, "p1", [1], {"p1": 1}])
def test_a_malformed_library_is_refused(row):
    with pytest.raises(errors.BadValue, match="a library must be a list"):
        evaluation.read_library(row)


def test_each_request_stands_alone(named):
    one = Request("one", ["graph"], [], [], ["p14", "p1"])
    other = Request("other", [], ["p1", "p14"], [], ["p2", "p16"])

    both = list(evaluation.score_requests(named, list(named), [one, other]))

    assert list(evaluation.score_requests(named, list(named), [other])) == both[1:]


def test_a_request_with_nothing_to_go_by_scores_nothing(named):
    cold = Request("cold", ["xylophone"], [], [], ["p1", "p2"])

    assert dict(evaluation.score_requests(named, list(named), [cold])) == {"cold": [0.0, 0.0]}


@pytest.mark.parametrize(
    ("background", "request_", "sentence"),
    [
        (["p99"], Request("r", [], [], [], []), "the background names 'p99'"),
        (["p1"], Request("r", [], ["p98"], [], []), "request r names 'p98'"),
        (["p1"], Request("r", [], [], [], ["p97"]), "request r names 'p97'"),
    ],
)
def test_an_unknown_paper_is_refused_by_name(named, background, request_, sentence):
    with pytest.raises(errors.BadValue, match=sentence):
        list(evaluation.score_requests(named, background, [request_]))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({}, "no text “id”"),
        ({"id": 7}, "no text “id”"),
        ({"id": "r", "likes": "p1"}, "request r: “likes” must be a list of texts"),
        ({"id": "r", "keywords": [3]}, "request r: “keywords” must be a list of texts"),
    ],
)
def test_a_malformed_request_is_refused(row, sentence):
    with pytest.raises(errors.BadValue, match=sentence):
        evaluation.read_request(row)


@pytest.mark.parametrize("row", [{}, {"id": "p"}, {"id": "p", "title": 3}, {"title": "T"}])
def test_a_malformed_paper_is_refused(row):
    with pytest.raises(errors.BadValue, match="needs a text"):
        evaluation.read_paper(row)


def test_a_paper_without_abstract_is_read():
    name, paper = evaluation.read_paper({"id": "p", "title": "T"})

    assert (name, paper.title, paper.abstract) == ("p", "T", "")
