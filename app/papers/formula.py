"""One formula, or one accented letter, of TeX → Unicode, as far as Unicode has the signs."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db
from pylatexenc.latexwalker import LatexWalker, LatexWalkerError

_UP = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθ∗*∘⊤'",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿ**°ᵀ'",
        strict=True,
    )
)
_DOWN = dict(
    zip(
        "0123456789+-=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)
_SCRIPT = re.compile(r"([\^_])([^\s^_])")
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_STYLE = """
left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle limits nolimits cal rm bf it
sf tt em mathop bm boldsymbol operatorname mathrel mathbin xspace
"""
_ELSEWHERE = """
input include today title author date maketitle footnote href item label ref autoref cref Cref eqref
cite citet citep includegraphics begin end exercise uebung hint hints hinweis hinweise id Ident
textbackslash
"""
# Commands that only say how the rest should look, and those that mean something in a whole paper.
STYLE, ELSEWHERE = frozenset(_STYLE.split()), frozenset(_ELSEWHERE.split())
_LONGEST = 1000


def to_unicode(source: str) -> str | None:
    """The formula as one line of text; None if it holds a command that we do not know.

    source: without its dollars. Superscripts and subscripts become Unicode's where it has them all
    (x², H₂O), else "x^(i,j)". Line breaks and runs of white space are one space.
    """
    if len(source) > _LONGEST or source.count("{") > 50 or not _is_known(source):
        return None
    source = re.sub(r"(?<!\\)([%&#])", r"\\\1", source).replace("''", "″")
    source = re.sub(r"\\[dt]frac(?![A-Za-z])", r"\\frac", source)
    try:
        nodes, _, _ = LatexWalker(source, tolerant_parsing=True).get_latex_nodes()
        return " ".join(_reader().nodelist_to_text(nodes).split())
    except (LatexWalkerError, ValueError, LookupError, TypeError, AttributeError):
        return None  # broken TeX: pylatexenc has no single error for it


@cache
def symbols() -> dict[str, str]:
    """Every command without arguments that stands for a sign, without its backslash."""
    context = get_default_latex_context_db()
    found = {
        spec.macroname: spec.simplify_repl
        for spec in context.iter_macro_specs()
        if isinstance(spec.simplify_repl, str) and len(spec.simplify_repl) == 1
    }
    return {name: sign for name, sign in found.items() if name.isalpha() and sign.isprintable()}


def _is_known(source: str) -> bool:
    context = _reader().latex_context
    names = _COMMAND.findall(source)
    return not any(
        name in ELSEWHERE or context.get_macro_spec(name) is None
        for name in names
        if name not in {"dfrac", "tfrac"}
    )


class _Reader(LatexNodes2Text):  # type: ignore[misc]
    """Also reads ^ and _, and keeps the spaces that part words."""

    def nodelist_to_text(self, nodelist: Sequence[Any]) -> str:
        text = ""
        pending = ""  # the space after a command
        for node in nodelist:
            piece = self.node_to_text(node)
            if text.endswith(("^", "_")) and not _is_chars(node):
                text = text[:-1] + _script(text[-1], piece)
            else:
                pending = pending or _space_before(node, piece, text)
                text += pending + (_SCRIPT.sub(_small, piece) if _is_chars(node) else piece)
            pending = _space_after(node, piece, text)
        return text


def _is_chars(node: Any) -> bool:
    return hasattr(node, "chars")


def _space_before(node: Any, piece: str, text: str) -> str:
    """The space before "\\log" parts words, though TeX sets it without being told."""
    takes_none = hasattr(node, "macroname") and not (node.nodeargd and node.nodeargd.argnlist)
    is_word = takes_none and len(piece) > 1 and piece.isascii() and piece.isalpha()
    return " " if is_word and text[-1:].isalnum() else ""


def _space_after(node: Any, piece: str, text: str) -> str:
    """The space after "\\log" parts words; after "\\times" it balances the one before it."""
    if not getattr(node, "macro_post_space", ""):
        return ""
    is_word = len(piece) > 1 and piece.isalpha()
    is_sign = not piece.isalnum() and text[: len(text) - len(piece)].endswith(" ")
    return " " if is_word or is_sign else ""


def _small(found: re.Match[str]) -> str:
    return _script(found[1], found[2])


def _script(mark: str, body: str) -> str:
    table = _UP if mark == "^" else _DOWN
    body = body.strip()
    if body and all(char in table for char in body):
        return "".join(table[char] for char in body)
    return mark + (body if len(body) == 1 else f"({body})")


def _fraction(node: Any, l2tobj: LatexNodes2Text) -> str:
    parts = [str(l2tobj.nodelist_to_text([part])) for part in node.nodeargd.argnlist[-2:]]
    return "/".join(part if re.fullmatch(r"\w*", part) else f"({part})" for part in parts)


def _root(node: Any, l2tobj: LatexNodes2Text) -> str:
    degree, body = node.nodeargd.argnlist
    power = _script("^", l2tobj.nodelist_to_text([degree]).strip("[]")) if degree else ""
    return f"{power}√({l2tobj.nodelist_to_text([body])})"


@cache
def _reader() -> _Reader:
    ours = [MacroTextSpec(name, discard=False) for name in sorted(STYLE)]
    ours += [
        MacroTextSpec("|", "‖"),
        MacroTextSpec("frac", _fraction),
        MacroTextSpec("sqrt", _root),
    ]
    context = get_default_latex_context_db()
    context.add_context_category("paperboy", prepend=True, macros=ours)
    return _Reader(latex_context=context, math_mode="text")
