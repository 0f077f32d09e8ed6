import quopri
import re
from dataclasses import fields, is_dataclass, replace
from datetime import date
from xml.etree.ElementTree import tostring

import pytest
from html5lib import parse
from hypothesis import given
from hypothesis import strategies as st

from app.mail import dkim, press
from app.recommend import voice

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)>",
    "attribute": "\" onmouseover=\"alert(1)\" x='",
    "end of style": "</style></title></head><style>*{display:none}</style>",
    "template": "{{7*7}}{% for x in y %}#{7*7}${7*7}",
    "comment": "--> <!-- <![endif]--> ]]> <?php ?>",
    "entity": "&lt;b&gt; &#x202e; &amp;lt; &nbsp;",
    "header": "A\r\nBcc: victim@example.com\r\n\r\nbody",
    "separators": "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei\tj",
    "bidi": "\u202eevil\u202c \u2066x\u2069 \u200fy",
    "invisible": "\u200b\u200d\ufeff\u00ad\u2060\U000e0041",
    "nul": "\0\x01\x1b[31m\x7f\x9b",
    "surrogate": "\ud800 and \udfff",
    "noncharacter": "\ufffe\uffff\U0001ffff\ufdd0",
    "javascript": "javascript:alert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "userinfo": "https://arxiv.org@evil.example/",
    "encoded word": "=?utf-8?q?=0D=0ABcc:_x@example.com?=",
    "percent": "100% of %(n)s %s %d {0} \\g<1>",
    "long": "word " * 2000,
    "one word": "x" * 10_000,
    "wide": "書" * 10_000,
    "zalgo": "e" + "\u0301" * 5000,
    "tex": r"$\frac{1}{" + "{" * 300 + r"\begin{x} \href{javascript:x}{y} \input{/etc/passwd}",
    "rtl": "بحث عن الأوراق العلمية",
    "boundary": "--=_0123456789abcdef\r\n.\r\nFrom x",
    "blank": " \u00a0\u3000",
    "empty": "",
}  # fmt: skip


OURS = {
    "feedback_url",
    "preferences_url",
    "pause_url",
    "unsubscribe_url",
    "browser_url",
    "confirm_url",
}


def poisoned(view, text):
    """A copy of a view in which every text is `text`, but for the links that only we write."""
    if is_point(view):
        return voice.MOULDS[view[0]].code, *(voice.lines([text]) for _ in view[1:])
    if isinstance(view, tuple):
        return tuple(poisoned(part, text) for part in view)
    if is_dataclass(view):
        facts = {f.name: getattr(view, f.name) for f in fields(view) if f.name not in OURS}
        return replace(view, **{name: poisoned(fact, text) for name, fact in facts.items()})
    return text if isinstance(view, str) else view


def is_point(view):
    """Whether a part of a view is a sentence of a reason, whose first text is ours."""
    return isinstance(view, tuple) and view and isinstance(view[0], str) and view[0] in voice.MOULDS


def visible(html):
    """What a reader sees of a page, folded."""
    body = parse(html, namespaceHTMLElements=False).find("body")
    return " ".join("".join(body.itertext()).split())


def test_a_daily_letter_has_no_fault(templates, make_daily, build, check_message):
    check_message(build(press.quote(templates, make_daily())))


def test_a_letter_of_confirmation_has_no_fault(templates, make_confirm, build, check_message):
    check_message(build(press.quote(templates, make_confirm()), "confirm"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_in_any_place_leaves_a_letter_without_fault(
    text, templates, make_daily, make_confirm, build, check_message
):
    for kind, view in (("daily", make_daily(note="x")), ("confirm", make_confirm())):
        check_message(build(press.quote(templates, poisoned(view, text)), kind))


def test_no_text_of_others_is_longer_than_three_hundred_signs(templates, make_daily, make_pick):
    text = "T" * 5_000
    paper = {"title": text, "authors": (text,)}
    pick = make_pick(**paper, asked=(text,), shares=((text, 70), (text, 30)))
    poor = make_daily(picks=(pick,), note=text, why=text, postal=text)

    rendered = press.render(templates, poor)

    runs = re.findall("T{200,}", rendered.html + rendered.text.replace("\n", ""))
    assert len(runs) >= 10
    assert max(map(len, runs)) <= 300


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_paper_leaves_a_letter_without_fault(
    text, templates, make_daily, make_pick, build, check_message
):
    pick = make_pick(title=text, abstract=text, authors=(text,) * 9, url=text)

    check_message(build(press.quote(templates, make_daily(picks=(pick, make_pick())))))


@pytest.mark.parametrize("name", ["markup", "attribute", "end of style", "template", "percent"])
def test_hostile_text_is_shown_as_it_is_and_not_swallowed(name, templates, make_daily):
    rendered = press.render(templates, poisoned(make_daily(), HOSTILE[name]))

    assert visible(rendered.html).count(HOSTILE[name]) >= 10
    assert " ".join(rendered.text.split()).count(HOSTILE[name]) >= 10
    assert rendered.subject.startswith(HOSTILE[name][:20])


def test_the_subject_says_what_is_inside(templates, make_daily, make_pick):
    def subject(*titles):
        picks = tuple(make_pick(title=title) for title in titles)
        return press.render(templates, make_daily(picks=picks)).subject

    assert subject("One paper") == "One paper"
    assert subject("One paper", "Another") == "One paper and 1 more"
    assert subject() == "Nothing close to your words in 345 new papers"
    long = "A title that goes on and on until no inbox in this world would show all of it"
    assert subject(long, "x") == "A title that goes on and on until no inbox in… and 1 more"
    assert len(subject(long, *"abcdefghijk")) <= 60


def test_the_preheader_goes_on_where_the_subject_ends(templates, make_daily, make_pick):
    picks = tuple(make_pick(title=title) for title in ("First", "Second", "Third"))

    assert press.render(templates, make_daily(picks=picks)).preheader == "Also: Second · Third"


@pytest.mark.parametrize("n", [0, 1])
def test_a_letter_of_one_pick_or_none_has_no_fault(
    n, templates, make_daily, make_pick, build, check_message
):
    picks = tuple(make_pick(rank) for rank in range(n))

    check_message(build(press.quote(templates, make_daily(picks=picks, note="A quiet day."))))


def test_a_pick_tells_all_there_is_to_tell(templates, make_daily, make_pick):
    pick = make_pick(title=r"An $\mathcal{O}(n^2)$ bound", authors=tuple("ABCDE"), votes=37)

    rendered = press.render(templates, make_daily(picks=(pick,)))

    for part in (visible(rendered.html), " ".join(rendered.text.split())):
        assert "An 𝒪(n²) bound A, B, C and 2 more · arxiv.org · 37 votes" in part
        assert "You asked for “sparse retrieval”. We weigh terms again" in part
    assert "You asked for “<strong>sparse retrieval</strong>”" in rendered.html


@pytest.mark.parametrize(
    ("band", "label"),
    [("strong", "Strong fit"), ("good", "Good fit"), ("worth a look", "Worth a look")],
)
def test_a_pick_says_how_well_it_fits(band, label, templates, make_daily, make_pick):
    rendered = press.render(templates, make_daily(picks=(make_pick(band=band),)))

    assert f"1 vote {label} You asked for" in visible(rendered.html)
    assert f"   {label}: You asked for" in rendered.text
    assert "Why:" not in rendered.text


def test_a_paper_to_learn_from_is_set_apart(templates, make_daily, make_pick, build, check_message):
    picks = (make_pick(1, band="strong"), make_pick(2, band="worth a look", exploring=True))
    rendered = press.render(templates, make_daily(picks=picks))

    assert rendered.html.count("dashed") == 1
    assert "dashed" in rendered.html.partition("part 1<")[2].partition("part 2<")[0]
    assert "2 votes To learn from You asked" in visible(rendered.html)
    assert "   To learn from: You asked" in rendered.text
    assert "Worth a look" not in rendered.text
    check_message(build(rendered))


def test_the_shares_of_a_score_stand_under_the_reason(templates, make_daily, make_pick):
    pick = make_pick(band="good", shares=(("maths", 97), ("other", 8), ("“<b>”", -5)))
    rendered = press.render(templates, make_daily(picks=(pick,)))

    assert "What counted: 97% maths · 8% other · −5% “<b>” We weigh" in visible(rendered.html)
    assert "\n   What counted:\n   97% maths · 8% other · −5% “<b>”\n" in rendered.text


def test_a_score_made_by_one_thing_needs_no_shares(templates, make_daily, make_pick):
    pick = make_pick(band="good", shares=(("maths", 100),))

    assert "%" not in press.render(templates, make_daily(picks=(pick,))).text


def test_the_words_that_made_the_score_are_bold_in_the_excerpt(templates, make_daily, make_pick):
    pick = make_pick(terms="dense encoder\nsparse models", names="Ada Example")
    rendered = press.render(templates, make_daily(picks=(pick,)))

    assert "compare with <strong>dense encoders</strong>." in rendered.html
    assert "A <strong>sparse model</strong> comes" in rendered.html
    assert "<strong>Ada Example</strong>, Bo Sample" in rendered.html
    assert "compare with dense encoders. A sparse model" in " ".join(rendered.text.split())


def test_a_pick_stored_before_fits_were_has_neither_label_nor_shares(templates, make_daily):
    rendered = press.render(templates, make_daily())

    assert "   Why: You asked for" in rendered.text
    assert "%" not in rendered.text
    assert "match" not in rendered.text


def test_a_pick_without_link_authors_votes_or_abstract_is_shown_without_them(
    templates, make_daily, make_pick, build, check_message
):
    pick = make_pick(title="Bare", authors=(), url="", abstract="", votes=None)
    rendered = press.render(templates, make_daily(picks=(pick,)))

    assert "Bare You asked for" in visible(rendered.html)
    assert "1. Bare\n\n   Why: You" in rendered.text
    check_message(build(rendered))


def test_the_same_letter_has_the_same_bytes(templates, make_daily, build):
    one, other = (build(press.quote(templates, make_daily())) for _ in range(2))

    assert one == other


@pytest.mark.parametrize("n", [1, 20, 200])
@pytest.mark.parametrize(
    "text", ["short", "書籍" * 300, '"<&>=' * 60], ids=["short", "wide", "signs"]
)
def test_html_stays_under_the_size_at_which_it_is_clipped(
    n, text, templates, make_daily, make_pick, build, check_message
):
    url = "https://example.org/" + "x" * 1900
    pick = make_pick(title=text, abstract=text, url=url, asked=(text,))

    quoted = press.quote(templates, make_daily(picks=(pick,) * n, feedback_url=url))

    html, plain = read(quoted)
    assert len(quoted.html) <= press.MAX_BYTES
    assert html.count("<h2") == n - quoted.n_left_out
    assert plain.count("More like this:") == n - quoted.n_left_out
    assert f"{quoted.n_left_out} more paper" in plain or not quoted.n_left_out
    check_message(build(quoted))


def test_excerpts_go_before_papers_and_from_the_end(templates, make_daily):
    size = len(press.quote(templates, make_daily()).html)

    letters = [
        press.quote(templates, make_daily(), at_most) for at_most in (size, size - 300, size // 2)
    ]

    opening = "We weigh terms again"
    (_, whole), (shorter, shorter_text), (shortest, shortest_text) = map(read, letters)
    assert [t.count(opening) for t in (whole, shorter_text, shortest_text)] == [10, 8, 0]
    assert opening not in shorter.rpartition("part 9")[2]
    assert [each.n_left_out > 0 for each in letters] == [False, False, True]
    assert "part 1<" in shortest
    assert "part 10<" not in shortest


def test_the_browser_shows_what_did_not_fit(templates, make_daily, make_pick):
    many = make_daily(picks=(make_pick(),) * 60)

    assert press.quote(templates, many).n_left_out > 0
    assert press.render(templates, many).html.count("<h2") == 60


def test_what_travels_is_the_page_that_is_shown(templates, make_daily, make_pick):
    picks = tuple(make_pick(n, band="good", exploring=n == 2) for n in range(1, 4))
    for each in (
        make_daily(),
        make_daily(picks=picks),
        make_daily(picks=()),
        make_daily(postal=""),
    ):
        assert_same_page(templates, each)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_travels_is_the_page_that_is_shown_however_hostile(
    text, templates, make_daily, make_pick
):
    pick = make_pick(
        title=text,
        abstract=text,
        authors=(text,) * 9,
        url=text,
        organisation=text,
        code_url=text,
        asked=(text, text[:9]),
        terms=voice.lines([text[:9]]),
        names=voice.lines([text]),
        shares=((text, 70), (text, 30)),
    )
    assert_same_page(templates, poisoned(make_daily(note="x", picks=(make_pick(),)), text))
    assert_same_page(templates, make_daily(picks=(pick, make_pick())))


def test_a_card_names_the_organisation_and_links_to_the_code(templates, make_daily, make_pick):
    pick = make_pick(organisation="Example Lab", code_url="https://code.example.org/a")
    page = press.render(templates, make_daily(picks=(pick, make_pick(rank=2))))
    assert "Ada Example, Bo Sample · Example Lab · arxiv.org · 1 vote" in page.text
    assert page.text.count("Code:           https://code.example.org/a") == 1
    assert page.html.count('href="https://code.example.org/a"') == 1
    hostile = make_pick(organisation="<b>", code_url="javascript:alert(1)")
    page = press.render(templates, make_daily(picks=(hostile,)))
    assert "javascript" not in page.html + page.text
    assert "<b>" not in page.html
    assert_same_page(templates, make_daily(picks=(pick, make_pick(rank=2))))


def test_a_link_to_the_code_is_as_large_as_the_others(
    templates, make_daily, make_pick, build, check_message
):
    pick = make_pick(code_url="https://code.example.org/a")
    check_message(build(press.quote(templates, make_daily(picks=(pick,)))))


SIGNS = st.text("ab <>&\"'=._~\\/%{}#\ue000\ue001\ue002\ue003\ue004\ue005é書\n\t", max_size=90)


@given(SIGNS, SIGNS, SIGNS, st.booleans())
def test_no_signs_bring_the_two_ways_apart(templates, make_daily, make_pick, a, b, c, exploring):
    pick = make_pick(
        title=a,
        abstract=b,
        authors=(c,),
        asked=(b, a[:3]),
        terms=voice.lines([b[:5]]),
        shares=((c, 1), (a, 2)),
    )
    assert_same_page(
        templates, make_daily(picks=(replace(pick, exploring=exploring),), note=c, why=a)
    )


def test_a_dot_in_what_counted_is_the_same_in_both_ways(templates, make_daily, make_pick):
    pick = make_pick(shares=(("maths · physics", 90), ("other", 10)))

    assert_same_page(templates, make_daily(picks=(pick,)))


def read(quoted):
    """The HTML and the text of a letter that is to travel."""
    for part in (quoted.html, quoted.text):
        assert max(map(len, part.split(b"\r\n"))) <= 76
    return [
        quopri.decodestring(part).decode().replace("\r\n", "\n")
        for part in (quoted.html, quoted.text)
    ]


def assert_same_page(templates, daily):
    shown, quoted = press.render(templates, daily), press.quote(templates, daily)
    for part in (quoted.html, quoted.text):
        body = part + b"--end\r\n"
        assert dkim.relaxed_body(body) == body
    html, plain = read(quoted)
    assert quoted.subject == shown.subject
    assert plain == shown.text
    assert tree(html) == tree(shown.html)


def tree(html):
    """All of a page that a parser sees."""
    return tostring(parse(html, namespaceHTMLElements=False), encoding="unicode")


def test_however_many_days_go_by_only_so_many_cards_are_kept(templates, make_daily, monkeypatch):
    monkeypatch.setattr(press, "_MOST_FRAMED", 3)
    for day in range(1, 9):
        assert_same_page(templates, make_daily(edition=date(2026, 3, day)))

        assert len(press._FRAMED) <= 3


def test_the_link_for_scanners_is_in_the_html_alone_and_out_of_sight(templates, make_daily):
    made = press.render(templates, make_daily())
    trap = 'href="https://papers.example.org/feedback/token/0/trap"'

    assert made.html.count(trap) == 1
    assert "trap" not in made.text
    before, _, _ = made.html.partition(trap)
    assert 'aria-hidden="true"' in before.rpartition("<div")[2]
    assert "display:none" in before.rpartition("<div")[2]
    assert "trap" not in press.render(templates, make_daily(trap_url="")).html


def test_a_letter_of_confirmation_asks_one_thing(templates, make_confirm):
    rendered = press.render(templates, make_confirm())

    assert rendered.subject == "Please confirm your address for Paperboy"
    assert rendered.html.count("href=") == 1
    assert rendered.text == GOLDEN


def test_both_parts_of_a_confirmation_say_until_when_and_what_happens_without_it(
    templates, make_confirm
):
    until = "Monday 23 November 2026, 07:00 (Europe/Berlin)"
    rendered = press.render(templates, make_confirm(expires=until))
    for part in (rendered.html, rendered.text):
        said = " ".join(part.split())
        assert f"The link works until {until}." in said
        assert "If you do not want letters, do nothing" in said


def test_words_that_would_become_links_are_left_out_of_a_confirmation(templates, make_confirm):
    rendered = press.render(templates, make_confirm(words="cheap pills at evil.example"))

    assert "evil" not in rendered.html + rendered.text
    assert "to mail new papers to this address" in visible(rendered.html)


GOLDEN = """\
Is this your address?

Paperboy was asked, most likely by you or by the operator of this
service, to mail new papers on “sparse retrieval” and “recommender
systems” to this address.

Yes, send me papers:
https://papers.example.org/confirm/token

The link works until Monday 23 November 2026, 07:00 (Europe/Berlin). If
you do not want letters, do nothing: without that button you get none
from us.

------------------------------------------------------------------------

This address was typed into the form at papers.example.org.
"""


def test_a_paper_that_people_sent_in_says_so_in_both_parts(templates, make_daily, make_pick):
    picks = (make_pick(1, by_community=True), make_pick(2))
    rendered = press.render(templates, make_daily(picks=picks))
    assert visible(rendered.html).count("by the research community") == 1
    assert rendered.text.count("by the research community") == 1
