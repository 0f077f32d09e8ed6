"""Pages that keep the cards' small print: each number and day lands at its own paper."""

import textwrap
from datetime import date

import pytest

from app.papers import digest

READ_ON = date(2026, 10, 6)
HEAD = "new|Subscribe|Daily Papers|by|AK|and the research community|Daily|Weekly|Monthly|Oct 2"
VOTES = [101, None, 7, 33, None, 250]
COMMENTS = [6, None, None, 1, None, 12]
BYLINES = ["3 authors", "Example Lab", "1 authors", "12 authors", "Example University", "2 authors"]
DAYS = ["May 29", "Oct 1", "Mar 8, 2024", "Oct 2", "Sep 30", "Oct 2"]
ORGANISATIONS = ["", "Example Lab", "", "", "Example University", ""]
PUBLISHED = [
    date(2026, 5, 29),
    date(2026, 10, 1),
    date(2024, 3, 8),
    date(2026, 10, 2),
    date(2026, 9, 30),
    date(2026, 10, 2),
]
ALL = {"votes", "byline", "day", "comments"}


def page_of(number):
    return f"https://huggingface.co/papers/2606.{10000 + number}"


def login_of(number):
    return f"https://huggingface.co/login?next=%2Fpapers%2F2606.{10000 + number}"


def list_cards(papers, parts=ALL, width=0, links=""):
    """A saved list of cards. links: "" none, "lines" a URL line before each token, "markdown"."""
    rows = HEAD.split("|")
    for number, (title, abstract) in enumerate(papers):
        votes = str(VOTES[number] or "-")
        if "votes" in parts:
            rows += [login_of(number)] if links == "lines" else []
            rows += [f"[{votes}]({login_of(number)})" if links == "markdown" else votes]
        rows += [page_of(number)] if links == "lines" else []
        if links == "markdown":
            rows += [f"### [{title}]({page_of(number)})"]
        else:
            rows += textwrap.wrap(title, width) if width else [title]
        rows += textwrap.wrap(abstract, width) if width else [abstract]
        rows += [BYLINES[number], "·"] if "byline" in parts else []
        rows += [DAYS[number]] if "day" in parts else []
        if "comments" in parts and COMMENTS[number]:
            rows += [page_of(number) + "#community"] if links == "lines" else []
            rows += [str(COMMENTS[number])]
    return "\n".join(rows)


def trending_cards(papers, with_submitter=True, width=0):
    rows = ["Trending Papers", "by", "AK", "and the research community"]
    for number, (title, abstract) in enumerate(papers):
        for day in ("· Published on Oct 4, 2026", "· Oct 4, 2026"):
            rows += ["Submitted by", "AK"] if with_submitter else []
            rows += [title, *(textwrap.wrap(abstract, width) if width else [abstract])]
            rows += [BYLINES[number], day]
            rows += ["Upvote", f"{number}.29k" if number else "117", "GitHub 3.29k", "arXiv Page"]
    return "\n".join(rows)


def test_a_trending_card_tells_the_stars_of_its_code(papers):
    found = digest.read(trending_cards(papers), READ_ON)

    assert [entry.stars for entry in found.entries] == [3290] * len(papers)


def pairs(found):
    return [(entry.paper.title, entry.paper.abstract) for entry in found.entries]


@pytest.mark.parametrize("width", [0, 60, 72])
@pytest.mark.parametrize(
    "parts",
    [ALL, ALL - {"votes"}, ALL - {"byline"}, ALL - {"comments"}, {"votes"}, {"byline"}, {"day"}],
)
def test_list_cards_are_read_with_whatever_small_print_is_left(papers, parts, width):
    found = digest.read(list_cards(papers, parts, width), READ_ON)

    assert pairs(found) == papers
    assert found.unread == ()
    assert (found.layout, found.date) == ("list cards", date(2026, 10, 2))
    if "votes" in parts:
        assert [entry.votes for entry in found.entries] == VOTES
    if "comments" in parts:
        assert [entry.n_comments for entry in found.entries] == COMMENTS
    if "byline" in parts and "day" in parts:
        assert [entry.paper.organisation for entry in found.entries] == ORGANISATIONS
    if "day" in parts:
        assert [entry.paper.published for entry in found.entries] == PUBLISHED


@pytest.mark.parametrize("links", ["lines", "markdown"])
@pytest.mark.parametrize("parts", [ALL, ALL - {"votes", "comments"}])
def test_links_give_each_paper_its_arxiv_id_and_page(papers, parts, links):
    found = digest.read(list_cards(papers, parts, links=links), READ_ON)

    assert pairs(found) == papers
    assert [entry.paper.arxiv_id for entry in found.entries] == [
        f"2606.{10000 + n}" for n in range(len(papers))
    ]
    assert [entry.paper.url for entry in found.entries] == [*map(page_of, range(len(papers)))]


def test_without_links_no_id_is_made_up(papers):
    found = digest.read(list_cards(papers), READ_ON)

    assert {(entry.paper.arxiv_id, entry.paper.url) for entry in found.entries} == {("", "")}


@pytest.mark.parametrize("width", [0, 72])
@pytest.mark.parametrize("with_submitter", [True, False])
def test_trending_cards_are_printed_twice_and_counted_once(papers, with_submitter, width):
    found = digest.read(trending_cards(papers, with_submitter, width), READ_ON)

    assert pairs(found) == papers
    assert found.unread == ()
    assert found.layout == "trending cards"
    assert [entry.votes for entry in found.entries] == [117, 1290, 2290, 3290, 4290, 5290]
    assert {entry.paper.published for entry in found.entries} == {date(2026, 10, 4)}
    assert [entry.paper.organisation for entry in found.entries] == ORGANISATIONS


def test_a_short_card_over_several_lines_is_put_together():
    text = (
        "Daily Papers\n101\nSparse Retrieval\nStill Works\nWe revisit term weighting\n"
        "for paper recommendation.\n3 authors\n·\nMay 29\n6\n-\nA Second Title\n"
        "It has one sentence for an abstract.\nExample Lab\n·\nMar 8, 2024\n"
    )

    found = digest.read(text, READ_ON)

    assert pairs(found) == [
        ("Sparse Retrieval Still Works", "We revisit term weighting for paper recommendation."),
        ("A Second Title", "It has one sentence for an abstract."),
    ]
    assert [(entry.votes, entry.n_comments) for entry in found.entries] == [(101, 6), (None, None)]


def test_a_title_over_two_lines_is_joined_by_a_space_in_a_list_that_is_not_wrapped(papers):
    rows = list_cards(papers).split("\n")
    place = rows.index(papers[2][0])
    rows[place : place + 1] = ["LAMPLIGHT: A Benchmark", "for Night-Time Driving Models"]

    assert pairs(digest.read("\n".join(rows), READ_ON)) == papers


def test_a_card_without_title_or_abstract_is_reported_line_by_line(papers):
    rows = list_cards(papers).split("\n")
    rows.remove(papers[1][0])
    rows.remove(papers[3][1])

    found = digest.read("\n".join(rows), READ_ON)

    assert pairs(found) == [papers[0], papers[2], papers[4], papers[5]]
    reported = [line.text for line in found.unread]
    assert papers[1][1] in reported
    assert papers[3][0] in reported
    assert all(rows[line.number - 1] == line.text for line in found.unread)


@pytest.mark.parametrize(
    "stray", ["Subscribe", "Trending Papers", "Get trending papers in your email inbox!"]
)
def test_a_stray_menu_line_between_cards_is_reported(papers, stray):
    rows = list_cards(papers).split("\n")
    place = rows.index(papers[2][0])
    rows.insert(place, stray)

    found = digest.read("\n".join(rows), READ_ON)

    assert pairs(found) == papers
    assert [(line.number, line.text) for line in found.unread] == [(place + 1, stray)]


def test_a_list_of_cards_cut_in_mid_abstract_reports_its_last_card(papers):
    text = list_cards(papers)
    text = text[: text.index("retires unread")]

    found = digest.read(text, READ_ON)

    assert pairs(found) == papers[:-1]
    assert papers[-1][0] in [line.text for line in found.unread]


def test_a_few_stray_numbers_and_days_do_not_make_cards_of_a_plain_list(papers):
    rows = [row for paper in papers[:3] for row in paper]
    text = "\n".join(["Daily Papers", rows[0], "Mar 11", rows[1], *rows[2:5], "Mar 11", rows[5]])

    found = digest.read(text, READ_ON)

    assert pairs(found) == papers[:3]
    assert [line.text for line in found.unread] == ["Mar 11", "Mar 11"]
