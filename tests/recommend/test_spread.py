from hypothesis import given
from hypothesis import strategies as st

from app.papers.paper import Paper
from app.recommend import board, spread, vectors
from app.recommend.candidates import Candidate

TOPICS = ("whale songs", "soft bread", "small moons", "sparse retrieval", "night owls")


def lay_out(trends, n_each=4):
    """A day of five topics, some papers each; their ids count up, topic by topic."""
    papers = {
        topic * n_each + n + 1: Paper(
            f"{name} number {n}", f"We study {name}, and {name} alone, in case {n} of {name}."
        )
        for topic, name in enumerate(TOPICS)
        for n in range(n_each)
    }
    fresh = [Candidate(paper_id, trends.get(paper_id, 0.0)) for paper_id in papers]
    return board.lay_out(vectors.fit(papers), fresh)


def topic_of(paper_id, n_each=4):
    return (paper_id - 1) // n_each


def test_the_first_is_read_most_and_every_topic_comes_before_any_comes_twice():
    chosen = spread.choose(lay_out({7: 0.9, 2: 0.5}), 5)
    assert chosen[0] == 7
    assert {topic_of(each) for each in chosen} == set(range(5))


def test_of_papers_equally_unlike_the_others_the_one_read_more_is_chosen():
    chosen = spread.choose(lay_out({3: 0.2, 6: 0.6, 11: 0.6, 16: 0.6, 17: 0.6}), 5)
    assert set(chosen) == {3, 6, 11, 16, 17}


@given(st.dictionaries(st.integers(1, 20), st.floats(0, 1), max_size=20), st.integers(0, 25))
def test_no_paper_comes_twice_and_the_same_day_gives_the_same(trends, n):
    day = lay_out(trends)
    chosen = spread.choose(day, n)
    assert len(chosen) == len(set(chosen)) <= n
    assert chosen == spread.choose(lay_out(trends), n)


def test_the_same_work_twice_is_offered_once():
    papers = {n: Paper("Tides of small moons", "They slow them down.") for n in (1, 2)}
    day = board.lay_out(vectors.fit(papers), [Candidate(1), Candidate(2, 0.1)])
    assert spread.choose(day) == [2]


def test_a_day_without_papers_offers_none():
    assert spread.choose(board.lay_out(vectors.fit({}), [])) == []
