"""TeX → Unicode, for titles, abstracts and names as they really come: half TeX, half prose.

Only what is certainly TeX is read (formulas between dollars, accents, commands that are known).
The rest is not for TeX to read: to it "%" starts a comment, "$5 and $10" holds a formula, and
"5leq z leq10" is what some other program left of one.
"""

import re
import unicodedata

from app.papers import formula

# C0 and C1 but white space; soft hyphen, zero-width, bidi controls, BOM, other invisible signs.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# The two joiners shape letters of Arabic and Indic scripts and emoji; elsewhere they only hide.
_IDLE_JOINER = re.compile(
    "(?<![\u0600-\u0dff\u1000-\u109f\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)
_CHAR = r"(?:[^{}\\$]|\\.|\$[^${}]{0,200}\$)"
# Bounded, so that a text full of opening braces is not searched to its end from each of them.
_BODY = rf"(?:{_CHAR}|\{{{_CHAR}{{0,200}}\}}){{0,600}}"
_LETTER = "ss|ae|AE|oe|OE|aa|AA|o|O|l|L|i|j|th|TH|dh|DH"
_ACCENT = (
    r"\\(?:['`^\"~=.]|[uvHcdbrk]\s*(?=\{))"
    r"(?:\{\s*\\?[A-Za-z]\s*\}|\\[ij](?![A-Za-z])|[A-Za-z])"
)
_TEX = re.compile(
    rf"""
      \\\((?P<round>.{{1,600}}?)\\\) | \\\[(?P<square>.{{1,600}}?)\\\]
    | \$\$(?P<double>[^$]{{1,600}})\$\$
    | (?:(?<![\\$\w])|(?<=\w)(?=\$[_^]))
        \$(?P<single>(?=[^\s$])(?:[^$\\]|\\.){{0,600}}?(?<=[^\s\\]))\$
        (?P<after>(?![\d$])\w?)
    | \{{\\(?:em|bf|it|rm|tt|sc|sf|sl|cal|bfseries|itshape|normalfont)(?![A-Za-z])\s*
        (?P<declared>{_BODY})\}}
    | \\(?:emph|text(?:bf|it|tt|sc|rm|sf|sl|normal)?|mbox|underline)\s*\{{(?P<argument>{_BODY})\}}
    | (?P<accent>\{{\s*{_ACCENT}\s*\}}|{_ACCENT})
    | (?P<letter>\{{\\(?:{_LETTER})\}}|\\(?:{_LETTER})(?![A-Za-z])(?:\{{\}}|[ ])?)
    | \\url\s*\{{(?P<url>[^{{}}\s]*)\}}
    | (?P<symbol>\\[A-Za-z]+)(?:\{{\}})?
    | \\(?P<escaped>[%&\#_${{}}])
    | (?P<space>\\[,;:! ])
    | (?<!`)``(?!`)(?P<quoted>[^`]{{0,600}}?)''
    | (?P<tie>(?<=[a-z.\])])~(?=[\d\\$]))
    """,
    re.VERBOSE | re.DOTALL,
)
_TRIGGER = re.compile(r"[\\$]|``|\S~|--")
_EN_DASH = re.compile(r"(?<=\w)--(?=\w)|(?<=\s)--(?=\s)")
_EM_DASH = re.compile(r"(?<=\w)---(?=\w)|(?<=\s)---(?=\s)")


def to_unicode(text: str) -> str:
    """Read the TeX in a title, an abstract or a name; never raises, and loses no word.

    What is not known to be TeX, or is broken, stays as it is written. Control characters, and the
    invisible ones that can hide or reorder text, are taken out; the result is NFC. Plain text
    comes back unchanged. The result is still foreign text: escape it.
    """
    clean = _IDLE_JOINER.sub("", _INVISIBLE.sub("", text))
    if _TRIGGER.search(clean):
        clean = _EN_DASH.sub("–", _EM_DASH.sub("—", _convert(clean)))
    return unicodedata.normalize("NFC", clean)


def _convert(text: str, depth: int = 0) -> str:
    if depth > 8:
        return text

    def replace(found: re.Match[str]) -> str:
        kind = found.lastgroup
        if kind in {"declared", "argument"}:
            return _convert(found[kind], depth + 1)
        if kind == "quoted":
            return f"“{_convert(found[kind], depth + 1)}”"
        return _fragment(found)

    return _TEX.sub(replace, text)


def _fragment(found: re.Match[str]) -> str:
    """A piece of TeX that holds no prose."""
    kind = found.lastgroup or ""
    read: str | None = " "
    if kind == "after":
        read = formula.to_unicode(found["single"]) if _is_formula(found) else None
        return found[0] if read is None else read + found["after"]
    if kind in {"round", "square", "double", "accent", "letter"}:
        read = formula.to_unicode(found[kind])
    elif kind == "symbol":
        read = formula.symbols().get(found["symbol"][1:])
    elif kind in {"escaped", "url"}:
        read = found[kind]
    return found[0] if read is None else read


def _is_formula(found: re.Match[str]) -> bool:
    """Whether dollars enclose a formula and not prose between two prices."""
    body = found["single"]
    if re.search(r"[\\^_{}=<>]", body):
        return True
    if found["after"] and len(body) > 2:
        return False
    words = body.split()
    return len(words) == 1 or not any(re.search(r"[^\W\d_]{2}", word) for word in words)
