from dataclasses import fields, is_dataclass, replace

import pytest
from html5lib import parse

from app.mail import letter, transfer

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


OURS = {"preferences_url", "pause_url", "unsubscribe_url", "browser_url", "confirm_url"}


def poisoned(view, text):
    """A copy of a view in which every text is `text`, but for the links that only we write."""
    if isinstance(view, tuple):
        return tuple(poisoned(part, text) for part in view)
    if is_dataclass(view):
        facts = {f.name: getattr(view, f.name) for f in fields(view) if f.name not in OURS}
        return replace(view, **{name: poisoned(fact, text) for name, fact in facts.items()})
    return text if isinstance(view, str) else view


def visible(html):
    """What a reader sees of a page, folded."""
    body = parse(html, namespaceHTMLElements=False).find("body")
    return " ".join("".join(body.itertext()).split())


def test_a_daily_letter_has_no_fault(templates, make_daily, build, check_message):
    check_message(build(letter.render(templates, make_daily())))


def test_a_letter_of_confirmation_has_no_fault(templates, make_confirm, build, check_message):
    check_message(build(letter.render(templates, make_confirm()), "confirm"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_in_any_place_leaves_a_letter_without_fault(
    text, templates, make_daily, make_confirm, build, check_message
):
    for kind, view in (("daily", make_daily(note="x")), ("confirm", make_confirm())):
        check_message(build(letter.render(templates, poisoned(view, text)), kind))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_paper_leaves_a_letter_without_fault(
    text, templates, make_daily, make_pick, build, check_message
):
    pick = make_pick(title=text, abstract=text, authors=(text,) * 9, url=text)

    check_message(build(letter.render(templates, make_daily(picks=(pick, make_pick())))))


@pytest.mark.parametrize("name", ["markup", "attribute", "end of style", "template", "percent"])
def test_hostile_text_is_shown_as_it_is_and_not_swallowed(name, templates, make_daily):
    rendered = letter.render(templates, poisoned(make_daily(), HOSTILE[name]))

    assert visible(rendered.html).count(HOSTILE[name]) >= 10
    assert " ".join(rendered.text.split()).count(HOSTILE[name]) >= 10
    assert rendered.subject.startswith(HOSTILE[name][:20])


def test_the_subject_says_what_is_inside(templates, make_daily, make_pick):
    def subject(*titles):
        picks = tuple(make_pick(title=title) for title in titles)
        return letter.render(templates, make_daily(picks=picks)).subject

    assert subject("One paper") == "One paper"
    assert subject("One paper", "Another") == "One paper and 1 more"
    assert subject() == "Nothing close to your words in 345 new papers"
    long = "A title that goes on and on until no inbox in this world would show all of it"
    assert subject(long, "x") == "A title that goes on and on until no inbox in… and 1 more"
    assert len(subject(long, *"abcdefghijk")) <= 60


def test_the_preheader_goes_on_where_the_subject_ends(templates, make_daily, make_pick):
    picks = tuple(make_pick(title=title) for title in ("First", "Second", "Third"))

    assert letter.render(templates, make_daily(picks=picks)).preheader == "Also: Second · Third"


@pytest.mark.parametrize("n", [0, 1])
def test_a_letter_of_one_pick_or_none_has_no_fault(
    n, templates, make_daily, make_pick, build, check_message
):
    picks = tuple(make_pick(rank) for rank in range(n))

    check_message(build(letter.render(templates, make_daily(picks=picks, note="A quiet day."))))


def test_a_pick_tells_all_there_is_to_tell(templates, make_daily, make_pick):
    pick = make_pick(title=r"An $\mathcal{O}(n^2)$ bound", authors=tuple("ABCDE"), votes=37)

    rendered = letter.render(templates, make_daily(picks=(pick,)))

    for part in (visible(rendered.html), " ".join(rendered.text.split())):
        assert "An 𝒪(n²) bound A, B, C and 2 more · arxiv.org · 37 votes" in part
        assert "Close to your words “sparse retrieval”. We weigh terms again" in part
    assert "your words “<strong>sparse retrieval</strong>”" in rendered.html


@pytest.mark.parametrize(
    ("band", "label"),
    [("strong", "Strong match"), ("good", "Good match"), ("worth a look", "Worth a look")],
)
def test_a_pick_says_how_well_it_fits(band, label, templates, make_daily, make_pick):
    rendered = letter.render(templates, make_daily(picks=(make_pick(band=band),)))

    assert f"1 vote {label} Close to your words" in visible(rendered.html)
    assert f"   {label}: Close to your words" in rendered.text
    assert "Why:" not in rendered.text


def test_a_paper_to_learn_from_is_set_apart(templates, make_daily, make_pick, build, check_message):
    picks = (make_pick(1, band="strong"), make_pick(2, band="worth a look", exploring=True))
    rendered = letter.render(templates, make_daily(picks=picks))

    assert rendered.html.count("dashed") == 1
    assert "dashed" in rendered.html.partition("part 1<")[2].partition("part 2<")[0]
    assert "2 votes To learn from Close to" in visible(rendered.html)
    assert "   To learn from: Close to" in rendered.text
    assert "Worth a look" not in rendered.text
    check_message(build(rendered))


def test_the_shares_of_a_score_stand_under_the_reason(templates, make_daily, make_pick):
    pick = make_pick(band="good", shares=(("maths", 97), ("other", 8), ("“<b>”", -5)))
    rendered = letter.render(templates, make_daily(picks=(pick,)))

    assert "97% maths · 8% other · −5% “<b>” We weigh" in visible(rendered.html)
    assert "\n   97% maths · 8% other · −5% “<b>”\n" in rendered.text


def test_a_score_made_by_one_thing_needs_no_shares(templates, make_daily, make_pick):
    pick = make_pick(band="good", shares=(("maths", 100),))

    assert "%" not in letter.render(templates, make_daily(picks=(pick,))).text


def test_the_words_that_made_the_score_are_bold_in_the_excerpt(templates, make_daily, make_pick):
    pick = make_pick(terms=("dense encoder", "sparse models"), names=("Ada Example",))
    rendered = letter.render(templates, make_daily(picks=(pick,)))

    assert "compare with <strong>dense encoders</strong>." in rendered.html
    assert "A <strong>sparse model</strong> comes" in rendered.html
    assert "<strong>Ada Example</strong>, Bo Sample" in rendered.html
    assert "compare with dense encoders. A sparse model" in " ".join(rendered.text.split())


def test_a_pick_stored_before_fits_were_has_neither_label_nor_shares(templates, make_daily):
    rendered = letter.render(templates, make_daily())

    assert "   Why: Close to your words" in rendered.text
    assert "%" not in rendered.text
    assert "match" not in rendered.text


def test_a_pick_without_link_authors_votes_or_abstract_is_shown_without_them(
    templates, make_daily, make_pick, build, check_message
):
    pick = make_pick(title="Bare", authors=(), url="", abstract="", votes=None)
    rendered = letter.render(templates, make_daily(picks=(pick,)))

    assert "Bare Close to your words" in visible(rendered.html)
    assert "1. Bare\n\n   Why: Close" in rendered.text
    check_message(build(rendered))


def test_the_same_letter_has_the_same_bytes(templates, make_daily, build):
    one, other = (build(letter.render(templates, make_daily())) for _ in range(2))

    assert one == other


@pytest.mark.parametrize("n", [1, 20, 200])
@pytest.mark.parametrize(
    "text", ["short", "書籍" * 300, '"<&>=' * 60], ids=["short", "wide", "signs"]
)
def test_html_stays_under_the_size_at_which_it_is_clipped(
    n, text, templates, make_daily, make_pick, build, check_message
):
    url = "https://example.org/" + "x" * 1900
    pick = make_pick(title=text, abstract=text, url=url, like_url=url, save_url=url, reason=text)

    rendered = letter.render(templates, make_daily(picks=(pick,) * n))

    assert len(transfer.quoted_printable(rendered.html)) <= letter.MAX_BYTES
    assert rendered.html.count("<h2") == n - rendered.n_left_out
    assert rendered.text.count("More like this:") == n - rendered.n_left_out
    assert f"{rendered.n_left_out} more paper" in rendered.text or not rendered.n_left_out
    check_message(build(rendered))


def test_excerpts_go_before_papers_and_from_the_end(templates, make_daily):
    whole = letter.render(templates, make_daily())
    size = len(transfer.quoted_printable(whole.html))

    shorter = letter.render(templates, make_daily(), max_bytes=size - 300)
    shortest = letter.render(templates, make_daily(), max_bytes=size // 2)

    opening = "We weigh terms again"
    assert [part.count(opening) for part in (whole.text, shorter.text, shortest.text)] == [10, 8, 0]
    assert opening not in shorter.html.rpartition("part 9")[2]
    assert (shorter.n_left_out, shortest.n_left_out > 0) == (0, True)
    assert "part 1<" in shortest.html
    assert "part 10<" not in shortest.html


def test_the_link_for_scanners_is_in_the_html_alone_and_out_of_sight(templates, make_daily):
    made = letter.render(templates, make_daily())
    trap = 'href="https://papers.example.org/feedback/token/0/trap"'

    assert made.html.count(trap) == 1
    assert "trap" not in made.text
    before, _, _ = made.html.partition(trap)
    assert 'aria-hidden="true"' in before.rpartition("<div")[2]
    assert "display:none" in before.rpartition("<div")[2]
    assert "trap" not in letter.render(templates, make_daily(trap_url="")).html


def test_a_letter_of_confirmation_asks_one_thing(templates, make_confirm):
    rendered = letter.render(templates, make_confirm())

    assert rendered.subject == "Please confirm your address for Paperboy"
    assert rendered.html.count("href=") == 1
    assert rendered.text == GOLDEN


def test_words_that_would_become_links_are_left_out_of_a_confirmation(templates, make_confirm):
    rendered = letter.render(templates, make_confirm(words="cheap pills at evil.example"))

    assert "evil" not in rendered.html + rendered.text
    assert "asked Paperboy to mail new papers to this address" in visible(rendered.html)


GOLDEN = """\
Is this your address?

Somebody, we hope you, asked Paperboy to mail new papers on “sparse
retrieval, recommender systems” to this address.

Yes, send me papers:
https://papers.example.org/confirm/token

The link works until Monday 23 November 2026, 07:00 (Europe/Berlin). If
it was not you, do nothing: without that tap you get no letter from us.

------------------------------------------------------------------------

This address was typed into the form at papers.example.org.
"""
