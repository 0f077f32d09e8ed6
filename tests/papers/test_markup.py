import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.papers import markup


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("Plain", "Plain"),
        ("<p>One&nbsp;&amp; <i>E. coli</i>'s</p><p>Two</p>", "One & E. coli's Two"),
        ("H<sub>2</sub>O<br/>next", "H2O next"),
        ("<script>alert(1)</script>after<style>p{}</style>", "after"),
        ("<svg><circle/></svg>after <svg/>all", "after all"),
        ("p < 0.05 & q > 1", "p < 0.05 & q > 1"),
        ("a<![if IE]>b<![endif]><!-- c > d -->e<!DOCTYPE x><?xml f?>", "abe"),
        ("a <!-- never closed", "a"),
        ("one <a href='x", "one <a href='x"),
    ],
)
def test_a_fragment_is_read_as_a_browser_shows_it(fragment, text):
    assert markup.plain(fragment) == text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Memory in <i>Small</i> Networks", "Memory in Small Networks"),
        ("<jats:title>Abstract</jats:title><jats:p>We see.</jats:p>", "Abstract We see."),
        ("If p <0.05 and b> 3, a <b", "If p <0.05 and b> 3, a <b"),
        ("CO<sub>2</sub>", "CO2"),
    ],
)
def test_a_line_loses_its_tags_and_keeps_its_inequalities(line, text):
    assert markup.untagged(line) == text


@given(st.text() | st.text("<>/!-=\"'&;#ab psvg[]?", max_size=60))
def test_any_text_is_a_fragment(text):
    assert "\n" not in markup.plain(text)
    assert isinstance(markup.untagged(text), str)
