"""Letters in other languages: all of what we say in them, and nothing of what others wrote."""

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import html5lib
import pytest
from jinja2 import FileSystemLoader
from marks import MARKED, unmarked

from app import catalogs
from app.languages import ENGLISH
from app.mail import layout, letter, press

TEMPLATES = Path(__file__).parents[2] / "templates"
LOADER = FileSystemLoader(TEMPLATES)
EXPIRES = "Monday 23 November 2026, 07:00 (Europe/Berlin)"
NOTICES = ("link", "move", "moved", "erase")
# Of others, or given as facts; the facts of a stored letter are said in its language before.
FOREIGN = (
    *("Sparse retrieval still works, part", "Ada Example", "Bo Sample", "arxiv.org", "Paperboy"),
    *("sparse retrieval", "Example Lab, 1 Sample Street, Anytown"),
    "You signed up on 3 October 2026 with the words “sparse retrieval”.",
    *("“sparse retrieval” and “recommender systems”", EXPIRES),
    "This address was typed into the form at papers.example.org.",
    *("paperboy@example.org", "Because."),
)


@pytest.fixture(scope="module")
def german():
    return layout.environment(
        LOADER,
        catalogs.read("de", (TEMPLATES / "languages/de.po").read_text(encoding="utf-8")),
    )


@pytest.fixture(scope="module")
def marked():
    return layout.environment(LOADER, MARKED)


@pytest.fixture(params=["daily", "empty", "one", "exploring", "confirm", *NOTICES], scope="module")
def some_letter(request, make_daily, make_confirm, make_pick):
    kind = request.param
    if kind in NOTICES:
        url = "" if kind == "moved" else "https://papers.example.org/x"
        return letter.Notice(kind, "Because.", url, EXPIRES, contact="paperboy@example.org")
    if kind == "confirm":
        return make_confirm()
    bands = ("strong", "good", "worth a look")
    picks = {
        "empty": (),
        "one": (make_pick(votes=1, authors=tuple("ABCDEF")),),
        "exploring": tuple(make_pick(n + 1, band=b, exploring=b == "good", title=b and "\u200b")
                           for n, b in enumerate(bands)),
    }  # fmt: skip
    return make_daily(picks=picks[kind]) if kind in picks else make_daily()


def test_no_letter_says_anything_that_is_not_translated(marked, some_letter):
    laid_out = press.render(marked, some_letter)

    text = re.sub(r"https?://\S+", " ", laid_out.text)
    text = re.sub(r"We weigh terms again.*?rest of it\.|We weigh.*?…", " ", text, flags=re.S)
    folded = " ".join(text.split())
    assert unmarked(laid_out.subject, FOREIGN) == []
    assert unmarked(laid_out.preheader, FOREIGN) == []
    assert unmarked(folded, FOREIGN) == []
    assert "⟦" in folded
    root = html5lib.parse(laid_out.html, namespaceHTMLElements=False)
    assert root.attrib["lang"] == "xx"
    assert unmarked("".join(own_words(root.find("body"))), FOREIGN) == []


def own_words(node):
    """The text of an element without what is marked as the papers' own."""
    if isinstance(node.tag, str) and node.attrib.get("lang") != "en":
        yield node.text or ""
        for child in node:
            yield from own_words(child)
            yield child.tail or ""


def test_a_german_letter_is_as_good_as_an_english_one(german, some_letter, build, check_message):
    kind = some_letter.kind
    both = press.render(german, some_letter), press.quote(german, some_letter)

    for laid_out in both:
        message = message_from_bytes(build(laid_out, kind), policy=default)
        check_message(build(laid_out, kind))
        assert message["subject"] == laid_out.subject


def test_a_german_letter_says_it_in_german(german, make_daily):
    laid_out = press.render(german, make_daily())

    assert laid_out.subject.endswith("und noch 9")
    assert "Samstag, 21. November 2026" in laid_out.text
    assert "10 von 345 neuen Artikeln, für Sie ausgewählt" in laid_out.text
    assert "Interessen ändern:" in laid_out.text
    assert '<html lang="de"' in laid_out.html


def test_languages_share_no_layout(german, templates, make_daily):
    """Stencils are kept; those of one language must not come out in another."""
    for made in (templates, german, templates, german):
        language = layout.language_of(made)
        said = press.quote(made, make_daily()).html
        assert (b"Abbestellen" in said) is (language is not ENGLISH)
