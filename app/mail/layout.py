"""The templates' tools: the Jinja environment for letters, and its filters."""

import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from textwrap import fill

import css_inline
from jinja2 import BaseLoader, Environment, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.mail import excerpt, foreign
from app.recommend import highlight

TEXT_WIDTH = 72
_BOLD, _END_BOLD = Markup("<strong>"), Markup("</strong>")
# What mail programs turn into links by themselves: addresses, hosts, anything with a scheme.
_LINK_LIKE = re.compile(r"://|@|\bwww\.|[^\W_]\.[^\W\d_]{2,}", re.IGNORECASE)


def environment(loader: BaseLoader) -> Environment:
    """Make the environment for letters. loader: finds "letters/daily/body.html" and the like."""
    made = Environment(
        loader=loader,
        autoescape=select_autoescape(disabled_extensions=["txt"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    filters = {"cut": excerpt.cut, "day": day, "marked": marked, "wrapped": wrapped}
    made.filters |= filters | {"highlighted": highlighted, "without_links": without_links}
    made.globals["said"] = said
    return made


@pass_context
def said(context: Context, name: str, **facts: object) -> str:
    """Fill in letters/<name>.txt, a sentence that the HTML and the text of a letter share.

    The result is plain text and so escaped in HTML. Jinja's own include and import would trust it
    there, because what a .txt template prints counts as escaped already.
    """
    template = context.environment.get_template(f"letters/{name}.txt")
    return foreign.tame(template.render(context.get_all() | facts))


def day(edition: date) -> str:
    """Write a date as "Saturday 21 November 2026"."""
    return f"{edition:%A} {edition.day} {edition:%B} {edition.year}"


def marked(text: str, words: Sequence[str]) -> Markup:
    """Escape `text`, with each of `words` that stands in it set in bold."""
    longest_first = sorted(filter(None, words), key=len, reverse=True)
    if not longest_first:
        return escape(text)
    anyone = "|".join(map(re.escape, longest_first))
    parts = re.split(rf"(?<!\w)({anyone})(?!\w)", text, flags=re.IGNORECASE)
    # The odd parts are the words found.
    return Markup("").join(
        _BOLD + p + _END_BOLD if i % 2 else escape(p) for i, p in enumerate(parts)
    )


def highlighted(text: str, terms: Sequence[str]) -> Markup:
    """Escape `text`, with the words of `terms`, in any form of theirs, set in bold."""
    parts, end = [], 0
    for start, stop in highlight.spans(text, terms):
        parts += [escape(text[end:start]), _BOLD, escape(text[start:stop]), _END_BOLD]
        end = stop
    return Markup("").join([*parts, escape(text[end:])])


def wrapped(text: str, indent: int = 0) -> str:
    """Wrap at TEXT_WIDTH columns, lines after the first indented; a long word stays whole."""
    margin = " " * indent
    filled = fill(
        margin + text,
        TEXT_WIDTH,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.removeprefix(margin)


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


def inline_css(html: str) -> str:
    """Write the style block's rules into the tags they are for; nothing is fetched."""
    return _inliner().inline(html)
