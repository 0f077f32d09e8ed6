"""Texts by others at their worst: for letters, for forms, and for whatever else takes text."""

from itertools import product

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
