import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadValue
from app.mail import address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada.Lovelace@Example.ORG\n", "ada.lovelace@example.org"),
        ("ada+papers@example.org", "ada+papers@example.org"),
        ("ADA@XN--BCHER-KVA.EXAMPLE", "ada@bücher.example"),
        ("ada@BÜCHER.example", "ada@bücher.example"),
        ("jo\u0308rg@example.org", "jörg@example.org"),
    ],
)
def test_an_address_is_kept_in_one_spelling(typed, kept):
    assert address.normalise(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "ada",
        "@example.org",
        "ada@",
        "ada@@example.org",
        "ada@example",
        "ada@example..org",
        "ada@-example.org",
        "ada@[127.0.0.1]",
        "ada lovelace@example.org",
        "Ada <ada@example.org>",
        "ada@example.org, bob@example.org",
        "ada@example.org\r\nBcc: bob@example.org",
        "ada@exam\0ple.org",
        "ada@example.org\u202e",
        "a\u200bda@example.org",
        "a@b>,<c@d.org",
        '"ada"@example.org',
        "a" * 65 + "@example.org",
        "ada@" + "a" * 250 + ".org",
        "\ud800@example.org",
    ],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(BadValue, match="no mail address") as problem:
        address.normalise(typed)
    assert problem.value.field == "email"
    assert len(str(problem.value)) < 500


LOCAL = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.one_of(st.text(max_size=60), st.builds("{}@example.org".format, LOCAL)))
def test_any_text_is_an_address_in_one_spelling_or_refused(typed):
    try:
        kept = address.normalise(typed)
    except BadValue:
        return
    assert address.normalise(kept) == kept
    assert not set(kept) & set(" \r\n\t<>,\0")
