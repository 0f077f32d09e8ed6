import pytest

from app.papers.paper import Paper
from app.recommend import interests, selection, vectors
from app.recommend.selection import Candidate


def test_the_best_come_first_and_never_more_than_the_limit():
    candidates = [Candidate(i) for i in (1, 2, 3, 4)]

    assert selection.choose([0.1, 0.4, 0.3, 0.2], candidates, limit=3) == [1, 2, 3]


def test_papers_below_the_threshold_stay_out():
    candidates = [Candidate(1), Candidate(2)]

    assert selection.choose([0.1, 0.3], candidates, min_score=0.2) == [1]
    assert selection.choose([0.1, 0.1], candidates, min_score=0.2) == []


def test_equal_scores_go_by_trend_and_then_by_paper_id():
    candidates = [Candidate(9, 0.2), Candidate(3, 0.2), Candidate(5, 0.8)]

    assert selection.choose([0.5, 0.5 + 1e-9, 0.5], candidates) == [2, 1, 0]


def test_papers_left_out_are_never_chosen():
    assert selection.choose([0.5, 0.4], [Candidate(1), Candidate(2)], {1}) == [1]


@pytest.mark.parametrize(
    ("typed", "papers"),
    [
        ("-videos", {6}),
        ('-"face recognition"', {8}),
        ("-C++", {13}),
        ("-few-shot", {12}),
        ("-μ-opioid", {4}),
        ("-xylophone", set()),
        ('-"recognition face"', set()),
        ('-"protein xylophone"', set()),
    ],
)
def test_a_negative_interest_mutes_the_papers_that_hold_it(model, typed, papers):
    (interest,) = interests.parse(typed, has_likes=True)

    assert selection.muted(model, [interest], sorted(model.row_of)) == {interest: papers}


def test_one_work_under_two_spellings_is_chosen_once():
    papers = {
        1: Paper("$ΔL$ Normalization: Rethink Loss Aggregation", "We weigh each answer's loss."),
        2: Paper("ΔL Normalization: Rethink Loss Aggregation", "We weigh each answer's loss."),
        3: Paper("ΔL Normalization, Part II", "We weigh each question's gain instead of a loss."),
    }
    model = vectors.fit(papers)
    same = selection.twins(model, [1, 2, 3])

    assert same == {1: {2}, 2: {1}}
    candidates = [Candidate(1), Candidate(2), Candidate(3)]
    assert selection.choose([0.5, 0.6, 0.4], candidates, same=same) == [1, 2]
