import pytest

from app import errors
from app.recommend import board, interests, picks, vectors
from app.recommend.calibration import EDGES, Band
from app.recommend.candidates import Candidate
from app.recommend.picks import Reader
from app.recommend.profile import Taste

IDS = range(1, 17)
READERS = [
    Reader(Taste(interests.parse("diffusion -video")), threshold=Band.LOOK),
    Reader(Taste(liked=(1,)), threshold=Band.LOOK),
    Reader(Taste()),
    Reader(
        Taste(interests.parse("graph, audio"), liked=(9,), disliked=(16,)),
        known=frozenset({13}),
        threshold=Band.LOOK,
        dial=0.5,
        explores=True,
    ),
]


@pytest.fixture(scope="module")
def day(model):
    return board.lay_out(model, [Candidate(n, n / 20) for n in IDS])


def ids(chosen):
    return [pick.paper_id for pick in chosen]


def test_each_reader_gets_the_same_picks_alone_as_in_a_shard(day):
    together = picks.rank(day, READERS)

    assert any(together)
    assert [picks.rank(day, [reader])[0] for reader in READERS] == together
    assert picks.rank(day, READERS[::-1]) == together[::-1]


def test_a_shard_ranked_in_parts_gives_what_it_gives_at_once(day, monkeypatch):
    at_once = picks.rank(day, READERS)
    monkeypatch.setattr(picks, "CELLS", 20)

    assert picks.rank(day, READERS) == at_once


def test_neither_the_order_of_candidates_nor_of_the_corpus_matters(day, papers):
    again = vectors.fit(dict(sorted(papers.items(), reverse=True)))
    turned = board.lay_out(again, [Candidate(n, n / 20) for n in reversed(IDS)])

    assert picks.rank(turned, READERS) == picks.rank(day, READERS)


def test_a_muted_paper_is_not_picked_however_well_it_fits(day):
    free = Reader(Taste(interests.parse("diffusion")), threshold=Band.LOOK)

    muted, unmuted = picks.rank(day, [READERS[0], free])

    assert 6 in ids(unmuted)
    assert 6 not in ids(muted)


def test_papers_already_judged_or_sent_are_not_news(day):
    assert 1 not in ids(picks.rank(day, READERS)[1])
    assert {9, 13, 16}.isdisjoint(ids(picks.rank(day, READERS)[3]))
    assert picks.count_new(day, READERS[3]) == 13


def test_a_letter_is_never_padded(day, model):
    reader = Reader(Taste(interests.parse("diffusion")), threshold=Band.LOOK)
    without = board.lay_out(model, [Candidate(n) for n in range(9, 17)])

    chosen = picks.rank(day, [reader])[0]

    assert {6} <= set(ids(chosen)) <= {5, 6, 7, 8}
    assert [pick.rank for pick in chosen] == list(range(1, len(chosen) + 1))
    assert picks.rank(without, [reader]) == [[]]


def test_limit_and_threshold_are_the_readers_own(day):
    taste = Taste(interests.parse("diffusion"))
    chosen = picks.rank(day, [Reader(taste, threshold=Band.LOOK)])[0]

    one = picks.rank(day, [Reader(taste, limit=1, threshold=Band.LOOK)])[0]

    assert one == chosen[:1]
    for band in Band:
        for pick in picks.rank(day, [Reader(taste, threshold=band)])[0]:
            assert pick.reason.fit >= EDGES[band]


def test_on_a_cold_start_the_trend_decides_and_the_reason_says_so(model):
    day = board.lay_out(model, (Candidate(3, 0.1), Candidate(6, 0.9), Candidate(5, 0.5)))
    taste = Taste(interests.parse("-video", has_likes=True))

    chosen = picks.rank(day, [Reader(taste)])[0]

    assert ids(chosen) == [5, 3]
    assert all(pick.reason.trending and pick.score == 0 for pick in chosen)


def test_words_that_no_paper_holds_bring_no_filler(day):
    assert picks.rank(day, [Reader(Taste(interests.parse("xylophone")))]) == [[]]


def test_the_dial_brings_what_everyone_reads_and_says_so(model):
    day = board.lay_out(model, [Candidate(n, 0.9 if n == 11 else 0.0) for n in IDS])
    taste = Taste(interests.parse("graph"))

    mine, everyones = picks.rank(day, [Reader(taste), Reader(taste, dial=1.0)])

    assert 11 not in ids(mine)
    assert ids(everyones)[0] == 11
    assert everyones[0].reason.trending
    assert {pick.reason.trending for pick in mine} == {False}


def test_a_letter_that_explores_says_which_paper_is_for_that(day):
    taste = Taste(interests.parse("graph, audio"), liked=(9,))
    usual = Reader(taste, threshold=Band.LOOK)
    curious = Reader(taste, threshold=Band.LOOK, explores=True)

    plain, with_one = picks.rank(day, [usual, curious])

    assert not any(pick.reason.exploring for pick in plain)
    assert [pick.reason.exploring for pick in with_one].count(True) == 1
    assert with_one[-1].reason.exploring
    assert with_one[-1].reason.fit < EDGES[Band.LOOK]
    assert ids(with_one[:-1]) == ids(plain)


def test_the_score_shown_is_what_its_reasons_add_up_to(day):
    for chosen in picks.rank(day, READERS):
        for pick in chosen:
            assert pick.reason.total == pytest.approx(pick.score, abs=1e-6)
            assert pick.reason.band == (
                next((band for band, edge in EDGES.items() if pick.reason.fit >= edge), "")
            )


def test_every_candidate_can_be_weighed_as_the_letter_weighed_it(day):
    for reader, chosen in zip(READERS, picks.rank(day, READERS), strict=True):
        weighed = {each.paper_id: each for each in picks.weigh(day, reader, list(IDS))}
        for pick in chosen:
            assert weighed[pick.paper_id].reason == pick.reason
            assert weighed[pick.paper_id].score == pick.score
            if not pick.reason.exploring:
                assert weighed[pick.paper_id].rank == pick.rank


def test_what_keeps_a_paper_out_is_named(day):
    (muted,) = picks.weigh(day, READERS[0], [6])
    (poor,) = picks.weigh(day, READERS[0], [16])

    assert muted.muted_by is not None
    assert muted.muted_by.text == "video"
    assert muted.rank is None
    assert (poor.rank, poor.muted_by, poor.band) == (None, None, None)


def test_a_candidate_outside_the_model_is_refused_by_number(model):
    with pytest.raises(errors.BadValue, match="it lacks: 99"):
        board.lay_out(model, (Candidate(99),))


def test_an_empty_corpus_or_shard_gives_no_picks(day):
    nothing = board.lay_out(vectors.fit({}), ())

    assert picks.rank(nothing, [Reader(Taste(liked=(1,)))]) == [[]]
    assert picks.rank(day, []) == []
