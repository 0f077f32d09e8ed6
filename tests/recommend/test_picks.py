import pytest

from app import errors
from app.recommend import interests, picks, vectors
from app.recommend.picks import Reader
from app.recommend.profile import Taste
from app.recommend.selection import Candidate

EVERYTHING = tuple(Candidate(i) for i in range(1, 17))
READERS = [
    Reader(Taste(interests.parse("diffusion -video")), EVERYTHING),
    Reader(Taste(liked=(1,)), EVERYTHING),
    Reader(Taste(), EVERYTHING),
    Reader(Taste(interests.parse("graph, audio"), liked=(9,), disliked=(16,)), EVERYTHING[5:]),
]


def ids(chosen):
    return [pick.paper_id for pick in chosen]


def test_each_reader_gets_the_same_picks_alone_as_in_a_shard(model):
    together = picks.rank(model, READERS)

    assert [picks.rank(model, [reader])[0] for reader in READERS] == together
    assert picks.rank(model, READERS[::-1]) == together[::-1]


def test_neither_the_order_of_candidates_nor_of_the_corpus_matters(model, papers):
    turned = [Reader(r.taste, r.candidates[::-1]) for r in READERS]
    again = vectors.fit(dict(sorted(papers.items(), reverse=True)))

    assert picks.rank(again, turned) == picks.rank(model, READERS)


def test_a_muted_paper_is_not_picked_however_well_it_fits(model):
    muted, free = picks.rank(
        model, [READERS[0], Reader(Taste(interests.parse("diffusion")), EVERYTHING)]
    )

    assert 6 in ids(free)
    assert 6 not in ids(muted)


def test_papers_already_judged_are_not_news(model):
    assert 1 not in ids(picks.rank(model, READERS)[1])
    assert {9, 16}.isdisjoint(ids(picks.rank(model, READERS)[3]))


def test_a_letter_is_never_padded(model):
    reader = Reader(Taste(interests.parse("diffusion")), EVERYTHING)

    chosen = picks.rank(model, [reader])[0]

    assert set(ids(chosen)) == {5, 6, 7}
    assert [pick.rank for pick in chosen] == [1, 2, 3]
    assert picks.rank(model, [Reader(reader.taste, EVERYTHING[8:])]) == [[]]


def test_limit_and_threshold_are_the_readers_own(model):
    taste = Taste(interests.parse("diffusion"))
    chosen = picks.rank(model, [Reader(taste, EVERYTHING)])[0]

    one, few = picks.rank(
        model,
        [
            Reader(taste, EVERYTHING, limit=1),
            Reader(taste, EVERYTHING, min_score=chosen[1].score - 1e-5),
        ],
    )

    assert one == chosen[:1]
    assert few == chosen[:2]


def test_part_of_a_phrase_alone_is_no_reason_to_send_a_paper(model):
    taste = Taste(interests.parse('"speech recognition of whales"'))

    assert 8 not in ids(picks.rank(model, [Reader(taste, EVERYTHING)])[0])


def test_on_a_cold_start_the_trend_decides_and_the_reason_says_so(model):
    candidates = (Candidate(3, 0.1), Candidate(6, 0.9), Candidate(5, 0.5))
    taste = Taste(interests.parse("-video", has_likes=True))

    chosen = picks.rank(model, [Reader(taste, candidates)])[0]

    assert ids(chosen) == [5, 3]
    assert all(pick.reason.trending and pick.score == 0 for pick in chosen)


def test_the_score_shown_is_what_its_reasons_add_up_to(model):
    for chosen in picks.rank(model, READERS):
        for pick in chosen:
            assert pick.reason.total == pytest.approx(pick.score, abs=1e-6)


def test_a_candidate_outside_the_model_is_refused_by_number(model):
    with pytest.raises(errors.BadValue, match="it lacks: 99"):
        picks.rank(model, [Reader(Taste(), (Candidate(99),))])


def test_an_empty_corpus_or_shard_gives_no_picks(model):
    assert picks.rank(vectors.fit({}), [Reader(Taste(liked=(1,)), ())]) == [[]]
    assert picks.rank(model, []) == []
