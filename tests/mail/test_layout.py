import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, UndefinedError

from app.mail import layout

LETTERS = Path(__file__).parents[2] / "templates" / "letters"


def test_words_are_highlighted_in_every_form_and_everything_else_is_escaped():
    highlighted = layout.highlighted("<b>Folding</b> & protein-folding", ("protein folding", "b"))

    assert highlighted == (
        "&lt;<strong>b</strong>&gt;Folding&lt;/<strong>b</strong>&gt; &amp; "
        "<strong>protein-folding</strong>"
    )


hostile = st.text("ab<>&\"'/; \n=書é", max_size=30)


@given(hostile, st.lists(hostile, max_size=3))
def test_highlighting_adds_nothing_but_bold(text, terms):
    bare = re.sub("</?strong>", "", str(layout.highlighted(text, terms)))

    assert not re.search("[<>\"']", bare)
    assert unescape(bare) == text


def test_wrapping_never_breaks_a_url_or_a_word():
    url = "https://example.org/" + "a-b" * 60

    lines = layout.wrapped(f"See {url} for the rest, which is long enough to wrap " * 2, 3)

    assert lines.count(url) == 2
    assert all(len(line) <= layout.TEXT_WIDTH for line in lines.split("\n") if url not in line)
    assert all(line.startswith("   ") for line in lines.split("\n")[1:])


@pytest.mark.parametrize(
    "words", ["buy at evil.example", "https://x", "www.x", "me@x", "a, b.co", "пример.рф"]
)
def test_words_that_would_become_a_link_are_not_repeated(words):
    assert layout.without_links(words) == ""


@pytest.mark.parametrize("words", ["graph neural networks", "GPT-4.5, c++", "U.S. law", "3.5 %"])
def test_ordinary_words_are_repeated(words):
    assert layout.without_links(words) == words


def test_a_sentence_shared_by_both_parts_is_escaped_in_html_alone():
    templates = layout.environment(
        DictLoader(
            {
                "letters/x.txt": "{{ word }}",
                "letters/a.html": "{{ said('x') }}",
                "letters/a.txt": "{{ said('x') }}",
            }
        )
    )

    assert templates.get_template("letters/a.html").render(word="<b>") == "&lt;b&gt;"
    assert templates.get_template("letters/a.txt").render(word="<b>") == "<b>"


def test_no_html_template_takes_a_text_template_in_unescaped():
    for path in LETTERS.rglob("*.html"):
        assert '.txt"' not in path.read_text(), f"{path.name}: use said(), which escapes"
        assert "safe" not in path.read_text(), f"{path.name}: nothing is safe"


def test_a_misspelt_fact_is_an_error_and_not_an_empty_place():
    templates = layout.environment(DictLoader({"a.txt": "{{ titel }}"}))

    with pytest.raises(UndefinedError, match="titel"):
        templates.get_template("a.txt").render(title="x")
