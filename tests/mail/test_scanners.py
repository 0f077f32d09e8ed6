"""What a link scanner does counts for nothing; what a person does, counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail import scanners
from app.mail.links import Verdict
from app.mail.scanners import HandOver, Visit

SENT = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
LEFT = HandOver(SENT - timedelta(seconds=2), SENT)
LATER = timedelta(hours=2)


def vote(verdict="like", paper=1, after=LATER, *, button=False, trusted=False, whence="home"):
    seconds = after if isinstance(after, timedelta) else LATER + timedelta(seconds=after)
    return Visit(
        SENT + seconds, paper, Verdict(verdict), not button, trusted, f"net {whence}", whence
    )


def trap(after=0, whence="home"):
    return Visit(SENT + LATER + timedelta(seconds=after), network=f"net {whence}", agent=whence)


def press(verdict="like", paper=1, after=0, whence="home"):
    return vote(verdict, paper, after, button=True, trusted=True, whence=whence)


def test_one_vote_counts_with_and_without_script():
    for each in (vote(after=0), vote(after=0, button=True), press()):
        assert scanners.judge([each], LEFT) == [""]


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-2, False), (0, False), (179, False), (180, True)]
)
def test_while_a_letter_arrives_only_a_button_counts(seconds, counts):
    after = timedelta(seconds=seconds)
    by_script, by_button = vote(after=after, trusted=True), vote(after=after, button=True)
    assert scanners.judge([by_script, by_button], LEFT) == [
        "" if counts else scanners.BY_ARRIVAL,
        "",
    ]
    assert scanners.judge([by_script], None) == [""]


@pytest.mark.parametrize(("seconds", "counts"), [(180, False), (719, False), (720, True)])
def test_soon_after_that_a_vote_by_script_needs_a_sign_of_a_person(seconds, counts):
    after = timedelta(seconds=seconds)
    bare, with_sign = vote(after=after), vote(after=after, trusted=True)
    button = vote(after=after, button=True)
    assert scanners.judge([bare, with_sign, button], LEFT) == [
        "" if counts else scanners.WITHOUT_SIGN,
        "",
        "",
    ]
    assert scanners.judge([bare], None) == [""]


def test_without_a_scan_time_no_sign_is_asked_for():
    assert scanners.judge([vote(after=timedelta())], LEFT, timedelta()) == [""]


def test_an_attempt_long_ago_makes_no_vote_void_that_came_before_the_last():
    assert scanners.judge([vote(after=timedelta(minutes=-5))], LEFT) == [""]


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-61, True), (-60, False), (60, False), (61, True)]
)
def test_the_trap_voids_script_votes_within_a_minute(seconds, counts):
    said = scanners.judge([trap(), vote(after=seconds)], LEFT)
    assert said == ["", "" if counts else scanners.BY_TRAP]


def test_the_trap_voids_what_came_from_its_network_or_its_browser_and_no_button():
    same_network = replace(vote(after=1), agent="other")
    same_agent = replace(vote("save", 2, after=2), network="other")
    elsewhere = vote("save", 1, after=3, whence="office")
    button = vote("save", 3, after=40, button=True)
    votes = [same_network, same_agent, elsewhere, button]
    assert scanners.judge([trap(), *votes], LEFT)[1:] == [scanners.BY_TRAP] * 2 + ["", ""]


def test_votes_whose_origin_was_wiped_are_akin_to_nothing():
    bare = Visit(SENT + LATER, 1, Verdict.LIKE, by_script=True)
    assert scanners.judge([Visit(SENT + LATER), bare], LEFT) == ["", ""]


def test_who_goes_through_all_links_is_followed_from_the_trap_however_long_it_takes():
    votes = [vote("save", paper=n, after=50 * n) for n in range(20)]
    assert set(scanners.judge([*votes, trap(after=400)], LEFT)[:-1]) == {scanners.BY_TRAP}


@pytest.mark.parametrize(("seconds", "counts"), [(60, False), (61, True)])
def test_more_and_less_of_one_paper_within_a_minute_void_each_other(seconds, counts):
    expected = "" if counts else scanners.BY_CONTRARY
    assert scanners.judge([vote(after=0), vote("dislike", after=seconds)], LEFT) == [expected] * 2
    assert scanners.judge([vote(after=0), vote("dislike", 2, after=seconds)], LEFT) == ["", ""]


def test_a_save_beside_both_is_void_with_them():
    votes = [vote(after=0), vote("dislike", after=6), vote("save", after=12)]
    assert scanners.judge(votes, LEFT) == [scanners.BY_CONTRARY] * 3


def test_who_thinks_better_of_it_and_presses_the_other_button_is_heard():
    votes = [vote(after=0), vote("save", after=3), press("dislike", after=8)]
    assert scanners.judge(votes, LEFT) == [scanners.BY_CONTRARY, "", ""]


def test_a_press_that_a_script_contradicts_within_the_minute_is_in_doubt():
    assert scanners.judge([press(), vote("dislike", after=8)], LEFT) == [scanners.BY_CONTRARY] * 2


@pytest.mark.parametrize(("n", "seconds", "counts"), [(3, 5, False), (3, 5.1, True), (2, 0, True)])
def test_three_papers_within_ten_seconds_are_more_than_anybody_reads(n, seconds, counts):
    votes = [vote(paper=paper, after=seconds * paper) for paper in range(n)]
    assert scanners.judge(votes, LEFT) == ["" if counts else scanners.BY_HASTE] * n


def test_quick_presses_of_real_buttons_count():
    assert scanners.judge([press(paper=n, after=n) for n in range(5)], LEFT) == [""] * 5


def test_a_person_counts_on_a_letter_that_was_scanned_before():
    scan = [
        vote(v, p, after=p * 6 + n, whence="scanner") for p in (1, 2) for n, v in enumerate(Verdict)
    ]
    person = vote(after=300)
    said = scanners.judge([*scan, trap(5, "scanner"), person], LEFT)
    assert all(said[:6])
    assert said[6:] == ["", ""]


visits = st.builds(
    Visit,
    at=st.integers(-60, 600).map(lambda s: SENT + timedelta(seconds=s)),
    paper_id=st.integers(1, 4),
    verdict=st.sampled_from(Verdict),
    by_script=st.booleans(),
    is_trusted=st.booleans(),
    network=st.sampled_from(["", "a", "b"]),
    agent=st.sampled_from(["", "x", "y"]),
) | st.builds(
    Visit,
    at=st.integers(-60, 600).map(lambda s: SENT + timedelta(seconds=s)),
    network=st.sampled_from(["", "a", "b"]),
    agent=st.sampled_from(["", "x", "y"]),
)
many = st.lists(visits, max_size=12)


@given(many, st.permutations(range(12)))
def test_the_order_in_which_visits_are_told_does_not_matter(each, order):
    order = [n for n in order if n < len(each)]
    said = scanners.judge(each, LEFT)
    told = scanners.judge([each[n] for n in order], LEFT)
    # Of two at the same moment neither is the last.
    if len({visit.at for visit in each}) == len(each):
        assert told == [said[n] for n in order]


@given(many, visits)
def test_to_know_more_makes_no_vote_count_that_did_not(each, other):
    before, after = scanners.judge(each, LEFT), scanners.judge([*each, other], LEFT)
    assert all(now for was, now in zip(before, after, strict=False) if was)


@given(many)
def test_a_firm_press_is_void_only_if_the_contrary_follows(each):
    for visit, why in zip(each, scanners.judge(each, LEFT), strict=True):
        if visit.is_firm and why:
            contrary = {Verdict.LIKE, Verdict.DISLIKE} - {visit.verdict}
            assert why == scanners.BY_CONTRARY
            assert any(
                other.paper_id == visit.paper_id
                and other.verdict in contrary
                and timedelta(0) <= other.at - visit.at <= scanners.NEAR
                for other in each
            )


@given(many)
def test_the_trap_itself_and_reasons_are_never_made_up(each):
    for visit, why in zip(each, scanners.judge(each, LEFT), strict=True):
        assert why in {"", *scanners.REASONS}
        assert not (visit.verdict is None and why)


@given(many)
def test_no_script_vote_counts_that_a_trap_saw(each):
    traps = [visit for visit in each if visit.verdict is None]
    for visit, why in zip(each, scanners.judge(each, LEFT), strict=True):
        seen = any(visit.is_near(mark) and visit.is_akin(mark) for mark in traps)
        assert why or not (visit.by_script and visit.verdict and seen)
