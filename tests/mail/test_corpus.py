"""Letters made of nothing but hostile text: each is fit to send, and its signature holds.

`--full` makes 10,000 of them.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.errors import BadValue
from app.mail import address, letter, message, press

# What is hostile by itself …
SEEDS = (
    *("A\r\nBcc: victim@example.com", "\r\n\r\n<b>body</b>", "a\rb\nc\r\n.\r\nQUIT\r\n", "\n.\n"),
    *("a\0b\x01\x1b[31m\x7f\x9b", "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei\tj"),
    *("\u202eevil\u202c", "\u2066x\u2069 \u200fy", "\u200b\u200d\ufeff\u00ad\u2060\U000e0041"),
    "\ud800 and \udfff",
    *("\ufffe\uffff\U0001ffff\ufdd0", "e" + "\u0301" * 3000, "書" * 10_000, "x" * 10_000),
    *("word " * 2000, "<script>alert(1)</script>", "<img src=https://evil.example/x onerror=a()>"),
    *("\" onmouseover=\"alert(1)\" x='", "</style></title></head><style>*{display:none}", "<!--"),
    *("--> ]]> <![endif]--> <?php ?>", "</textarea></table></div></body></html>", "<plaintext>"),
    *("{{7*7}}", "{% for x in y %}", "${7*7}#{7*7}", "{{ ''.__class__.__mro__ }}", "{#", "}}"),
    *("100% of %(n)s %s %d {0} \\g<1>", "&lt;b&gt; &#x202e; &amp;lt; &nbsp;", "&#0;&#13;&#10;"),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>"),
    *("vbscript:x", "file:///etc/passwd", "https://arxiv.org@evil.example/", "//evil.example/x"),
    *("https://evil.example/\r\nBcc: x", "https://evil.example/<>\"' `", "http://[::1", "https://"),
    *("https://\u202egro.vixra/", "https://bücher.example/ü"),
    *("https://evil.example/#" + "a" * 1900, "=\r\n="),
    *("=?utf-8?q?=0D=0ABcc:_x@example.com?=", "=?utf-8?b?DQpCY2M6IHg=?=", "=3D=0D=0A"),
    *(r"$\frac{1}{" + "{" * 300, r"\begin{x}\href{javascript:x}{y}\input{/etc/passwd}", "$" * 99),
    *("--=_0123456789abcdef--\r\n", "From x", ".", "..", "بحث عن الأوراق", "חיפוש \u202babc"),
    *("🦉" * 500, "NULL"),
    *("'; DROP TABLE letter; --", "$(reboot)", "`id`", "../../../etc/passwd", "\\\\evil\\x"),
    *('"quoted"', "<a@b>,<c@d>", "a@b>,<c@d", "=", "", " ", "\u00a0\u3000", "\t", "-", "#", "\\"),
)  # fmt: skip
# … and what it stands in.
PLACES = ("{}", "On {} and its use", "{} {}", "A “{}”", "{}…", "<b>{}</b>", "${}$", "({}")
ADDRESSES = (
    *('"a b"@x.org', '"a@b>,<c@d"@x.org', '"a\\"b"@x.org', '"\r\nBcc: y@x.org"@x.org', '""@x.org'),
    *("a@b>,<c@d", "a@b, c@d", "a@b\r\nRCPT TO:<c@d>", "<a@b.org>", "A <a@b.org>", "a@@b", "@", ""),
    *("a\0@x.org", "a\u202eb@x.org", "a\u200b@x.org", "jürgen@x.org", "書@書.example", "a@[::1]"),
    *("a" * 64 + "@x.org", "a" * 65 + "@x.org", "a@" + "b" * 300 + ".org", "a@-x.org", "a@x..org"),
    *("a+b=c/d{e}@x.org", "!#$%&'*-/?^_`{|}~@x.org", "\ud800@x.org", "a@x.org.", ".a@x.org"),
)  # fmt: skip
STRINGS = tuple(dict.fromkeys(p.replace("{}", s) for s, p in product(SEEDS, PLACES)))
SITE = "https://papers.example.org"


def letters(make_pick, make_daily, make_confirm, n: int) -> Iterator[letter.Letter]:
    """So many letters; each string comes to stand in each place, side by side with others."""
    draw = random.Random(6)  # noqa: S311
    order = draw.sample(STRINGS, len(STRINGS))

    def text(k: int) -> str:
        return order[k % len(order)]

    for k in range(n):
        at = k * 11
        if k % 10 == 9:
            yield make_confirm(words=text(at), why=text(at + 1), postal=text(at + 2))
            continue
        picks = tuple(
            make_pick(
                rank,
                title=text(at + rank),
                abstract=text(at + rank + 1),
                authors=tuple(text(at + rank + j) for j in range(2, 2 + k % 6)),
                url=text(at + rank + 3),
                reason=f"Close to your words “{text(at + rank + 4)}”.",
                words=(text(at + rank + 4),),
                terms=(text(at + rank + 1),),
                names=(text(at + rank + 2),),
                shares=((text(at + rank + 5), 70), (text(at + rank + 6), -30)),
                band=("strong", "good", "worth a look", "")[k % 4],
                exploring=k % 5 == rank,
            )
            for rank in range(k % 4)
        )
        note, why, postal = text(at + 8), text(at + 9), text(at + 10)
        yield make_daily(picks=picks, note=note, why=why, postal=postal, contact=text(at + 7))


def test_the_corpus_is_large():
    assert len(STRINGS) >= 500


def test_every_letter_of_hostile_text_is_fit_to_send_and_verifies(
    request, templates, make_pick, make_daily, make_confirm, build, signer, verifies, check_message
):
    n = 10_000 if request.config.getoption("full") else 300
    start = datetime(2020, 11, 21, 6, tzinfo=UTC)  # a signature of the future does not verify
    recipients = [each for each in ADDRESSES if is_address(each)]
    faulty = []
    for k, each in enumerate(letters(make_pick, make_daily, make_confirm, n)):
        at, kind = start + timedelta(minutes=k), each.kind
        facts = {
            "sender": f"{name(k)} <paperboy@example.org>",
            "recipient": recipients[k % len(recipients)],
            "message_id": message.message_id(at.date(), k, kind, "example.org"),
            "date": at,
        }
        if kind == "daily":
            facts["unsubscribe_mailto"] = f"reports+u{k}@example.org"
        rendered = press.quote(templates, each)
        try:
            raw = build(rendered, kind, **facts)
        except BadValue:  # the name, which only the operator can set, hides a line end
            raw = build(rendered, kind, **facts | {"sender": "paperboy@example.org"})
        signed = signer.sign(raw)
        try:
            check_message(signed)
            assert verifies(signed), "does not verify"
        except AssertionError as e:
            faulty.append((k, str(e)))
    assert not faulty


def name(k: int) -> str:
    """A sender's name of hostile text, quoted as an operator would have to."""
    text = STRINGS[k % len(STRINGS)][:60]
    return '"' + "".join(c for c in text if c.isprintable() and c not in '"\\') + '"'


def is_address(text: str) -> bool:
    try:
        message.envelope_address(text)
    except BadValue:
        return False
    return True


@pytest.mark.parametrize("typed", [*ADDRESSES, *SEEDS])
def test_a_hostile_address_is_refused_or_is_exactly_one(typed, build, check_message):
    """What sign-up lets pass can be mailed; what it does not is told."""
    try:
        taken = address.normalise(typed)
    except BadValue:
        return
    raw = build(letter.Rendered("S", "P", "", ""), recipient=taken)
    (line,) = [each for each in raw.split(b"\r\n") if each.startswith(b"To: ")]

    assert line == b"To: " + message.envelope_address(taken).encode()
    assert not set(message.envelope_address(taken)) & set("\r\n\0<>, ")
