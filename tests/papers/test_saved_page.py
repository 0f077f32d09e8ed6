"""Every paper that is whole is read exactly, and every other line is reported."""

import re
import textwrap
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableDigest
from app.papers import digest, identity, shape

READ_ON = date(2026, 10, 6)
COMPACT_HEAD = [
    "Get trending papers in your email inbox once a day!",
    "Get trending papers in your email inbox!",
]
SPACED_HEAD = [
    "new",
    COMPACT_HEAD[1],
    "Subscribe",
    "Daily Papers",
    "byAK and the research community",
]
STRAYS = ["new", "Subscribe", "Daily Papers", "Weekly", "Trending Papers", "Mar 11", *COMPACT_HEAD]


def pairs(found):
    return [(entry.paper.title, entry.paper.abstract) for entry in found.entries]


def rows_of(papers):
    return [row for paper in papers for row in paper]


def compact(papers):
    rows = rows_of(papers)
    return "\n".join([*COMPACT_HEAD, "Subscribe" + rows[0], *rows[1:]])


def spaced(papers):
    return "\n\n".join([*SPACED_HEAD, "Mar 11", *rows_of(papers)])


def by_textwrap(row, width=72):
    return textwrap.wrap(row, width)


def by_textwrap_at_blanks(row, width=72):
    return textwrap.wrap(row, width, break_on_hyphens=False)


def by_fold(row, width=72):
    """As `fold -s -w 72` does: lines are cut after a blank and keep it, long words are cut."""
    lines = []
    while len(row) > width:
        end = row.rfind(" ", 0, width) + 1 or width
        lines.append(row[:end])
        row = row[end:]
    return [*lines, row]


WRAPPERS = [by_textwrap, by_textwrap_at_blanks, by_fold]


def wrap(text, wrapper):
    return "\n".join(line for row in text.split("\n") for line in (wrapper(row) or [""]))


def lose_blank_lines(text):
    return re.sub(r"\n(?:[ \t]*\n)+", "\n", text)


def lose_every_other_blank_line(text):
    seen = iter(range(10**6))
    return re.sub(r"\n\n", lambda found: "\n" if next(seen) % 2 else found[0], text)


DAMAGES = {
    "none": lambda text: text,
    "no blank lines": lose_blank_lines,
    "some blank lines": lose_every_other_blank_line,
    "doubled blank lines": lambda text: text.replace("\n\n", "\n\n\n"),
    "a blank line after every line": lambda text: text.replace("\n", "\n\n"),
    "CRLF and no blank lines": lambda text: lose_blank_lines(text).replace("\n", "\r\n"),
}


USUAL = {"none", "no blank lines"}


def lines_unaccounted_for(text, found):
    """Lines that are neither in an entry, nor reported, nor of the page's head."""
    reported = {line.number for line in found.unread}
    read = "".join(f"{title}{abstract}" for title, abstract in pairs(found)).replace(" ", "")
    for number, line in enumerate(re.split(r"\r*\n|\r", text), start=1):
        bare = "".join(line.split())
        if not bare or number in reported or bare.removeprefix("Subscribe") in read:
            continue
        if line.strip() not in {*STRAYS, *SPACED_HEAD}:
            yield number, line


@pytest.mark.parametrize("layout", [compact, spaced])
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("wrapper", [None, *WRAPPERS])
def test_a_list_of_whole_papers_is_read_whatever_its_lines(papers, layout, damage, wrapper):
    text = layout(papers)
    text = DAMAGES[damage](wrap(text, wrapper) if wrapper else text)

    found = digest.read(text, READ_ON)

    assert pairs(found) == papers
    assert found.unread == ()


def test_layouts_are_told_apart(papers):
    assert digest.read(compact(papers), READ_ON).layout == "compact"
    found = digest.read(spaced(papers), READ_ON)
    assert (found.layout, found.date) == ("spaced", date(2026, 3, 11))


@pytest.mark.parametrize("wrapper", [None, *WRAPPERS])
@pytest.mark.parametrize("stray", STRAYS)
@pytest.mark.parametrize("place", [1, 2, 5, 8])
def test_a_stray_menu_line_is_reported_and_spoils_no_paper(papers, wrapper, stray, place):
    rows = rows_of(papers)
    text = "\n\n".join([*SPACED_HEAD, *rows[:place], stray, *rows[place:]])
    text = wrap(text, wrapper) if wrapper else text
    number = 1 + next(n for n, line in reversed([*enumerate(text.split("\n"))]) if line == stray)

    found = digest.read(text, READ_ON)

    assert pairs(found) == papers
    assert [(line.number, line.text) for line in found.unread] == [(number, stray)]
    assert "menu" in found.unread[0].reason


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_stray_menu_line_inside_an_abstract_is_taken_out_of_it(papers, wrapper):
    lines = wrap(compact(papers), wrapper).split("\n")
    lines.insert(6, "Get trending papers in your email inbox!")

    found = digest.read("\n".join(lines), READ_ON)

    assert pairs(found) == papers
    assert [line.number for line in found.unread] == [7]


@pytest.mark.parametrize("wrapper", [None, *WRAPPERS])
@pytest.mark.parametrize("lost", range(1, 12))
def test_a_lost_title_or_abstract_costs_its_own_paper_only(papers, wrapper, lost):
    rows = rows_of(papers)
    text = "\n\n".join([*SPACED_HEAD, *rows[:lost], *rows[lost + 1 :]])
    text = wrap(text, wrapper) if wrapper else text

    found = digest.read(text, READ_ON)

    assert pairs(found) == [paper for n, paper in enumerate(papers) if n != lost // 2]
    half = rows[lost - 1 if lost % 2 else lost + 1]
    assert " ".join(line.text for line in found.unread).replace("- ", "-").split()[0] in half
    assert all(line.reason for line in found.unread)
    assert not [*lines_unaccounted_for(text, found)]


@pytest.mark.parametrize("wrapper", [None, *WRAPPERS])
@pytest.mark.parametrize("kept", [3, 70, 130, 200])
def test_a_paper_cut_in_mid_abstract_is_reported_not_stored(papers, wrapper, kept):
    title, abstract = papers[-1]
    text = "\n".join([*SPACED_HEAD, *rows_of(papers[:-1]), title, abstract[:kept]])
    text = wrap(text, wrapper) if wrapper else text

    found = digest.read(text, READ_ON)

    assert pairs(found) == papers[:-1]
    assert " ".join(line.text for line in found.unread).startswith(title[:30])
    assert not [*lines_unaccounted_for(text, found)]


def test_a_list_whose_top_is_cut_off_reports_the_rest_of_the_first_paper(papers):
    text = spaced(papers)
    text = text[text.index("a well-tuned") :]

    found = digest.read(text, READ_ON)

    assert pairs(found) == papers[1:]
    assert [line.number for line in found.unread] == [1]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_title_that_ends_in_a_word_of_the_menu_keeps_it(papers, wrapper):
    title = "Scaling Laws for the Calibration of Mid-Sized and Very Large Language Models"
    changed = [papers[0], (title, papers[1][1]), *papers[2:]]
    text = wrap(compact(changed), wrapper)
    assert "\nModels\n" in text

    assert pairs(digest.read(text, READ_ON)) == changed


def test_unwrapped_lines_are_never_glued(papers):
    odd = ["A line that belongs nowhere", "and another one"]
    text = "\n".join([*COMPACT_HEAD, *rows_of(papers[:2]), *odd, *rows_of(papers[2:])])

    found = digest.read(text, READ_ON)

    assert pairs(found) == papers
    assert [line.text for line in found.unread] == odd


@given(st.data())
def test_every_line_is_in_an_entry_or_reported(papers, data):
    wrapper = data.draw(st.sampled_from([None, *WRAPPERS]))
    rows = data.draw(st.permutations(rows_of(papers)))
    rows = [row for row in rows if data.draw(st.booleans())] + [*papers[0], *papers[2]]
    for stray in data.draw(st.lists(st.sampled_from(STRAYS), max_size=3)):
        rows.insert(data.draw(st.integers(0, len(rows))), stray)
    text = data.draw(st.sampled_from(["\n", "\n\n"])).join([*SPACED_HEAD, *rows])
    text = wrap(text, wrapper) if wrapper else text

    found = digest.read(text, READ_ON)

    assert not [*lines_unaccounted_for(text, found)]
    numbers = [line.number for line in found.unread]
    assert numbers == sorted(set(numbers))


# Lists of five papers are read in all of these ways, too; the real ones take their time.
WAYS = [
    pytest.param(damage, wrapper, marks=() if not wrapper or damage in USUAL else pytest.mark.full)
    for damage in DAMAGES
    for wrapper in (None, *WRAPPERS)
]


@pytest.mark.parametrize(("damage", "wrapper"), WAYS)
def test_real_digests_are_read_exactly(seed, damage, wrapper):
    text, papers = seed
    text = DAMAGES[damage](wrap(text, wrapper) if wrapper else text)

    found = digest.read(text, READ_ON)

    expected = [(" ".join(title.split()), " ".join(abstract.split())) for title, abstract in papers]
    assert pairs(found) == expected
    assert found.unread == ()


def test_real_digests_hold_as_many_papers_as_counted_by_hand(seed, request):
    text, _ = seed
    counts = {"000": 96, "001": 60, "002": 119, "003": 64, "004": 72}
    days = {"001": date(2026, 3, 11), "003": date(2026, 8, 19), "004": date(2026, 3, 11)}
    name = request.node.callspec.params["seed"]

    found = digest.read(text, READ_ON)

    assert len(found.entries) == counts[name]
    assert found.date == days.get(name)


def test_the_real_digests_together_hold_345_papers(seed_texts):
    entries = [entry for text in seed_texts for entry in digest.read(text, READ_ON).entries]

    assert len(entries) == 411
    assert len({identity.keys(entry.paper)[0] for entry in entries}) == 345


@pytest.mark.parametrize(
    "stray", ["Log In Sign Up", "Home | Papers | Settings", "New", "Models Datasets Spaces"]
)
@pytest.mark.parametrize("wrapper", [None, by_textwrap])
def test_a_row_of_menu_words_anywhere_is_reported_and_spoils_no_paper(papers, wrapper, stray):
    text = compact(papers) if wrapper is None else wrap(compact(papers), wrapper)
    rows = text.split("\n")
    for place in range(6, len(rows) - 1):
        found = digest.read("\n".join([*rows[:place], stray, *rows[place:]]), READ_ON)
        assert pairs(found) == papers
        assert [line.text for line in found.unread] == [stray]


def test_a_slight_line_between_a_title_and_its_abstract_does_not_take_its_place(papers):
    rows = compact(papers).split("\n")
    place = rows.index(papers[2][1])
    found = digest.read("\n".join([*rows[:place], "Sort by", *rows[place:]]), READ_ON)
    assert pairs(found) == papers
    assert [line.number for line in found.unread] == [place + 1]


@pytest.mark.parametrize("n_letters", [10, 30, 60, 90])
def test_a_cut_early_in_an_abstract_leaves_the_paper_before_it_whole(papers, n_letters):
    text = wrap(compact(papers), by_textwrap)
    for place in range(3, len(papers)):
        begin = text.index(by_textwrap(papers[place][1])[0])
        found = digest.read(text[: begin + n_letters], READ_ON)
        assert pairs(found) == papers[:place]
        assert found.unread


def test_an_unknown_line_inside_a_real_wrapped_list_spoils_few_papers(seed):
    text, papers = seed
    rows = wrap(text, by_textwrap).split("\n")
    spoilt = 0
    for place in range(20, len(rows) - 2, max(1, len(rows) // 5)):
        found = digest.read("\n".join([*rows[:place], "Page 3 of 7", *rows[place:]]), READ_ON)
        spoilt += len(set(papers) - set(pairs(found)))
    assert spoilt <= 3


def test_a_page_of_thousands_of_scraps_is_not_looked_through_again_and_again(monkeypatch):
    looks = 0
    whole = shape.abstract

    def count(told):
        nonlocal looks
        looks += 1
        return whole(told)

    monkeypatch.setattr(shape, "abstract", count)
    scraps = "\n".join(f"{n % 9}\n·\nrs" for n in range(700))
    page = f"Get trending papers in your email inbox!\nSubscribe\nDaily Papers\n{scraps}\n"
    with suppress(UnreadableDigest):
        digest.read(page, READ_ON)
    assert looks <= 101 * page.count("\n")
