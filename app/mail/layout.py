"""The templates' tools: the Jinja environment for letters, and its filters."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import cast

import css_inline
from jinja2 import BaseLoader, Environment, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup

from app.languages import ENGLISH, Language
from app.mail import excerpt, foreign
from app.recommend import highlight

TEXT_WIDTH = 72
# What mail programs turn into links by themselves: addresses, hosts, anything with a scheme.
_LINK_LIKE = re.compile(r"://|@|\bwww\.|[^\W_]\.[^\W\d_]{2,}", re.IGNORECASE)


def environment(loader: BaseLoader, language: Language = ENGLISH) -> Environment:
    """Make the environment for letters in one language.

    loader: finds "letters/daily/body.html" and the like. What is kept of a letter's texts and
    layout is kept by environment, and so by language.
    """
    made = Environment(
        loader=loader,
        autoescape=select_autoescape(disabled_extensions=["txt"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext, language.ngettext, newstyle=True
    )
    filters = {"cut": excerpt.cut, "day": language.day, "wrapped": wrapped}
    made.filters |= filters | {"without_links": without_links}
    made.globals |= {"said": said, "language": language, "of_papers": of_papers(language)}
    return made


def of_papers(language: Language) -> Markup:
    """What the tag around a paper's own words says of them on a page in this language."""
    # Papers are taken to be in English, as the words of interests are.
    return Markup("" if language is ENGLISH else ' lang="en"')  # noqa: S704  (ours)


def language_of(templates: Environment) -> Language:
    """The language that an environment was made for."""
    return cast("Language", templates.globals["language"])


@pass_context
def said(context: Context, name: str, **facts: object) -> str:
    """Fill in letters/<name>.txt, a sentence that the HTML and the text of a letter share.

    The result is plain text and so escaped in HTML. Jinja's own include and import would trust it
    there, because what a .txt template prints counts as escaped already.
    """
    return sentence(context.environment, name, context.get_all() | facts)


def sentence(templates: Environment, name: str, facts: Mapping[str, object]) -> str:
    """The same for texts that are made before any template is filled in."""
    return foreign.tame(templates.get_template(f"letters/{name}.txt").render(facts))


def highlighted(text: str, terms: Sequence[str]) -> Markup:
    """Escape `text`, with the words of `terms`, in any form of theirs, set in bold."""
    return bold(text, highlight.spans(text, terms))


def bold(text: str, spans: Iterable[highlight.Span]) -> Markup:
    """Escape `text`, spans of it, in order, set in bold; what begins within one is passed by."""
    # Mostly there is nothing to escape, and to find out once is cheaper than once a part.
    escape = html.escape if _SPECIAL.search(text) else str
    parts, end = list[str](), 0
    for start, stop in spans:
        if start >= end:
            parts += (escape(text[end:start]), "<strong>", escape(text[start:stop]), "</strong>")
            end = stop
    parts.append(escape(text[end:]))
    return Markup("".join(parts))  # noqa: S704  (escaped, each of them)


_SPECIAL = re.compile("[&<>\"']")


def escaped(text: str) -> str:
    """Escape what HTML would take for its own; cheap where there is nothing."""
    return html.escape(text) if _SPECIAL.search(text) else text


def wrapped(text: str, indent: int = 0) -> str:
    """Wrap at TEXT_WIDTH columns, lines after the first indented; a long word stays whole.

    text: one line, single blanks between its words.
    """
    lines, start, room = [], 0, TEXT_WIDTH - indent
    while len(text) - start > room:
        end = text.rfind(" ", start, start + room + 1)
        if end <= start:
            end = text.find(" ", start)
            if end < 0:
                break
        lines.append(text[start:end])
        start = end + 1
    return f"\n{' ' * indent}".join([*lines, text[start:]])


def tidy(text: str) -> str:
    """Take out what templates leave behind: blanks at line ends, more than two empty lines."""
    lines = "\n".join(line.rstrip() for line in text.strip().split("\n"))
    return re.sub(r"\n{4,}", "\n\n\n", lines) + "\n"


def without_links(text: str) -> str:
    """Return `text`, or "" if a mail program would make a link of a part of it.

    For words typed by whoever filled in the sign-up form, perhaps in somebody else's name: our
    letter must not carry their advertisement.
    """
    return "" if _LINK_LIKE.search(text) else text


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(minify_css=True, load_remote_stylesheets=False)


def inline_css(page: str) -> str:
    """Write the style block's rules into the tags they are for; nothing is fetched."""
    return _inliner().inline(page).strip() + "\n"
