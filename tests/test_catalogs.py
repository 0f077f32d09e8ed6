"""Every text of ours is in every catalog, and nothing in a template escapes them."""

import re
import tomllib
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from app import catalogs, languages
from app.languages import ENGLISH, Languages, counted, english
from app.store.tables import LetterKind, SourceState, State, Status
from app.web.operator import terms

ROOT = Path(__file__).parents[1]
CATALOGS = sorted((ROOT / "templates/languages").glob("*.po"))
# As `make catalogs` gives them to Babel.
KEYWORDS = {"english": None, "counted": (1, 2), "_": None, "gettext": None, "ngettext": (1, 2)}
TAG = re.compile(r"</?\w+[^>]*>")


@cache
def wanted() -> Catalog:
    """All texts that are to be translated."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    methods, options = [], {}
    for each in told["tool"]["babel"]["mappings"]:
        patterns = each["pattern"] if isinstance(each["pattern"], list) else [each["pattern"]]
        for pattern in patterns:
            methods.append((pattern, each["method"]))
            options[pattern] = {name: value for name, value in each.items() if name != "pattern"}
    found = Catalog()
    for folder in ("app", "templates"):
        here = [(p.removeprefix(f"{folder}/"), m) for p, m in methods if p.startswith(folder)]
        of_here = {p.removeprefix(f"{folder}/"): o for p, o in options.items()}
        for name, line, text, comments, _ in extract_from_dir(
            ROOT / folder, here, of_here, keywords=KEYWORDS
        ):
            found.add(text, locations=[(f"{folder}/{name}", line)], auto_comments=comments)
    return found


@cache
def translated(path: Path) -> Catalog:
    return read_po(StringIO(path.read_text(encoding="utf-8")), locale=path.stem)


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_there_are_texts_and_a_catalog():
    assert len(wanted()) > 700
    assert "de" in [path.stem for path in CATALOGS]


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_every_text_is_translated(path):
    catalog = translated(path)
    missing = []
    for message in wanted():
        found = catalog.get(message.id) if message.id else None
        if message.id and (found is None or found.fuzzy or not all(forms(found.string))):
            missing.append((message.id, message.locations[0]))
    assert missing == []


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_nothing_else_is_in_a_catalog(path):
    kept = [message.id for message in translated(path) if message.id]
    assert [text for text in kept if text not in wanted()] == []
    assert translated(path).obsolete == {}


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_a_translation_has_the_places_and_tags_of_its_text(path):
    for message in translated(path):
        if not message.id:
            continue
        assert catalogs.fault_of(message) == ""
        for said in forms(message.string):
            assert TAG.findall(said) == TAG.findall(forms(message.id)[0]), said
            assert said[:1].isspace() == forms(message.id)[0][:1].isspace(), said
            assert said[-1:].isspace() == forms(message.id)[0][-1:].isspace(), said


def test_german_is_polite_and_keeps_to_its_quotes():
    for message in translated(ROOT / "templates/languages/de.po"):
        for said in forms(message.string) if message.id else ():
            assert not re.search(r"\b([Dd]u|[Dd]ein\w*|[Dd]ir|[Dd]ich)\b", said), said
            assert said.count("„") == said.count("“"), said
            assert "”" not in said, said


def test_the_words_that_the_database_keeps_can_be_said():
    for kind in (LetterKind, SourceState, State, Status):
        assert {each.value.replace("_", " ") for each in kind} <= set(terms.TERMS)


@pytest.mark.parametrize(
    "path",
    [path for kind in ("html", "txt") for path in sorted((ROOT / "templates").rglob(f"*.{kind}"))],
    ids=lambda path: str(path.relative_to(ROOT / "templates")),
)
def test_no_template_says_a_word_but_by_translation(path):
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}|<(script|style|code)\b.*?</\1>|<!--.*?-->", " ", text, flags=re.S)
    text = re.sub(r"\{% trans.*?\{% endtrans %\}", " ", text, flags=re.S)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.S)
    read_out = re.findall(r'(?:aria-label|alt|title|placeholder)="([^"]+)"', text)
    assert {each.strip(" :") for each in read_out} <= {"", "Paperboy"}
    text = re.sub(r'[\w-]+="[^"]*"|&\w+;', " ", TAG.sub(" ", text))
    known = {"Paperboy", "html", "doctype", "if", "mso", "endif"}
    assert set(re.findall(r"[A-Za-z]{2,}", text)) <= known


def test_a_plural_is_chosen_by_a_number():
    form = re.compile(
        r"{% trans (\w+)((?:(?!%}).)*)%}(?:(?!endtrans).)*?{% pluralize( \w+)? %}", re.S
    )
    for path in (ROOT / "templates").rglob("*.*"):
        text = path.read_text(encoding="utf-8") if path.suffix in (".html", ".txt") else ""
        for first, _, named in form.findall(text):
            assert (named.strip() or first) in ("n", "count"), path


class TestSentences:
    german = catalogs.read("de", (ROOT / "templates/languages/de.po").read_text(encoding="utf-8"))

    def test_a_sentence_is_english_and_can_be_said_in_german(self):
        said = english("Choose one of the languages offered.")
        assert said == "Choose one of the languages offered."
        assert self.german.say(said) == "Wählen Sie eine der angebotenen Sprachen."

    def test_facts_are_said_too(self):
        quotes = [languages.quoted("a"), languages.quoted("b {c}")]
        said = english(
            "no paper of the last year is by “{text}”; near: {near}", text="x", near=quotes
        )
        assert said.endswith("near: “a”, “b {c}”")
        assert self.german.say(said).endswith("ähnlich: „a“, „b {c}“")

    def test_a_number_chooses_the_form(self):
        for n, one in ((1, "sagt"), (2, "sagen")):
            texts = ("a", "b")[:n]
            said = counted(
                "{texts} says nothing alone: remove, or put the whole phrase in quotes",
                "{texts} say nothing alone: remove, or put the whole phrase in quotes",
                n,
                texts=texts,
            )
            assert self.german.say(said).startswith(f"{' und '.join(texts)} {one} allein")

    def test_other_text_stays_as_it_is(self):
        assert self.german.say("Monday {x}") == "Monday {x}"
        assert self.german.gettext("") == ""

    @given(st.text(max_size=200))
    def test_no_header_is_too_odd(self, header):
        assert Languages({"de": self.german}).asked_for(header) in (ENGLISH, self.german)


@pytest.mark.parametrize(
    ("po", "said"),
    [
        ('msgid "a {n}"\nmsgstr "b"\n', "differ in: {n}"),
        ('msgid "a"\nmsgstr "b %(x)s"\n', "differ in: %(x)s"),
        ('msgid "a"\nmsgstr "b"\nnonsense\n', "cannot be read"),
    ],
)
def test_a_catalog_that_would_fail_is_refused_at_the_start(po, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        catalogs.read("fr", po)


def test_a_language_that_is_none_is_refused():
    with pytest.raises(ValueError, match="cannot be read"):
        catalogs.read("no such", "")
