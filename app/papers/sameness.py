"""Do two mentions that share a name mean one work?

A shared arXiv id says so. Any other name does only while nothing contradicts it: journals give one
title to a paper and to its reply, archives give a correction the DOI of what it corrects, series
print the same words above another work each year, and authors give their paper the DOI of a whole
volume, or of its first part. So a DOI alone joins nothing: authors or titles must agree, too, and
else both stay, until a source tells more. Of two that are one a reader sees both; of one that is
two the other never.
"""

import re
import unicodedata
from datetime import timedelta

from app.papers import identity, tex
from app.papers.paper import Paper, normalised_title

# A preprint may wait so long for its journal; where no author speaks for it, a year is a long time.
_WITH_AUTHORS, _WITHOUT = timedelta(days=3 * 366), timedelta(days=366)
_AND_OTHERS = r"(?:\s+(?:and|und|et|&)\s+(?:corrections?|corrigend|errat|addend)(?:um|a)?)?"
# In English and in what else journals head their notices with; Springer writes "Erratum zu".
_KINDS = (
    r"(?P<correction>(?:corrections?|corrigend(?:um|a)|errat(?:um|a)|addend(?:um|a)|amendments?"
    r"|berichtigung(?:en)?|korrektur(?:en)?|rectificatifs?|correcci[oó]n(?:es)?|fe\s+de\s+erratas"
    rf"|correção|correzione|更正|勘误|订正|訂正){_AND_OTHERS})"
    r"|(?P<retraction>retractions?(?:\s+note)?|withdrawals?|expressions?\s+of\s+concern)"
    r"|(?P<reply>(?:reply|replies|responses?|rejoinders?|rebuttals?)(?:\s+to\s+comments?)?"
    r"|antwort|erwiderung(?:en)?|replik|réponses?|respuestas?|risposta|resposta)"
    r"|(?P<comment>comment(?:ary|aries|s)?|discussions?|(?:peer\s+)?reviews?|notes?|editorials?"
    r"|kommentare?|commentaires?|comentarios?|commento)"
    r"|(?P<supplement>(?:online\s+)?(?:supplement|appendix|supporting\s+information"
    r"|supplement(?:ary|al)\s+(?:materials?|information|data|methods?|notes?|texts?|figures?)))"
)
_WHOSE = r"(?:(?:authors?|publishers?|editors?)(?:'s?|’s?)?\s+|an?\s+|the\s+)?"
_TO = r"(?:to|on|for|of|by|zu|zur|zum|auf|à|aux?|sur|al?|de|del|du|sobre)"
_NOTICE = re.compile(
    rf"\W*{_WHOSE}(?:{_KINDS})(?:\W*\s{_TO}\b|\s*[:.–—(\])】-]|\W*$)", re.IGNORECASE
)
_NOTICE_BEHIND = re.compile(rf".*\s*[:.–—(\[【-]\s*{_WHOSE}(?:{_KINDS})\W*", re.IGNORECASE)
# What tells one part of a series, or one year's, from another.
_NUMBER = re.compile(
    r"\d+(?:st|nd|rd|th|[abc])?|(?=[ivx])(?!via)x{0,3}(?:ix|iv|v?i{0,3})[abc]?"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
    r"|vol(?:ume)?|chapter|[第之]?[一二三四五六七八九十上中下]+(?:部分?|[章篇卷])?"
)
# So does what follows on these, "A" or "Alpha".
_PARTS = {"part", "teil", "partie", "parte", "часть"}
# Journals strike these out: a "first observation" is an observation.
_PROSE = {"first", "one"}
# Two formulas may differ in no more than one of these; what programs write for them in ASCII.
_RELATIONS = frozenset("<>≤≥≪≫=≠≈≡∈∉⊂⊃⊆⊇∪∩∧∨→←↔⇒⇐⇔↑↓")
_IN_ASCII = (("<->", "↔"), ("<=", "≤"), (">=", "≥"), ("!=", "≠"), ("->", "→"), ("<-", "←"))
_ALIKE = 0.6  # of the words of two titles, how many are in both
_GROUP = re.compile(r"\b(?:collaborations?|consortium|team|group|project|network)\b", re.IGNORECASE)
# Whose DOIs name preprints: https://api.crossref.org/types/posted-content has more of them.
_PREPRINT = re.compile(
    r"10\.(?:1101|64898)/\d|10\.21203/rs\.|10\.20944/preprints|10\.26434/chemrxiv"
    r"|10\.312(?:19|34|35)/osf|10\.36227/techrxiv|10\.2139/ssrn|10\.22541/au\."
)
# More authors than this are not looked through: some of them are in both, or none is.
_MOST = 200


def is_one(name: str, one: Paper, other: Paper) -> bool:
    """Whether they are one work. name: one of `identity.keys` that both go by."""
    return can_be_one(name, one, other) and (
        not name.startswith("doi:") or _is_likely(name, one, other)
    )


def can_be_one(name: str, one: Paper, other: Paper) -> bool:
    """Whether nothing speaks against it: enough where a third mention is one with either."""
    if name.startswith("arxiv:"):
        return True
    numbers = {identity.arxiv_id_of(one), identity.arxiv_id_of(other)} - {""}
    if len(numbers) > 1:
        return False
    if name.startswith("doi:"):
        return not _are_others(one, other)
    return _is_one_by_title(one, other)


def notice(title: str) -> str:
    """Of which kind it is, if it says of itself that it is about another work, else "".

    "Correction to: …", "Reply to …", "… (Erratum)"; not "RETRACTED: …", as a journal names what it
    took back. "correction", "retraction", "reply", "comment" or "supplement".
    """
    line = unicodedata.normalize("NFKC", title.strip()[:1000])[:1000]
    found = _NOTICE.match(line) or _NOTICE_BEHIND.fullmatch(line)
    return (found and found.lastgroup) or ""


def is_preprint(doi: str) -> bool:
    """Whether an archive of preprints gave this DOI."""
    return bool(_PREPRINT.match(doi))


def _are_others(one: Paper, other: Paper) -> bool:
    """Whether one speaks of the other, is another part of it, or is somebody else's."""
    if notice(one.title) != notice(other.title):
        return True
    titles = _words(one), _words(other)
    if titles[0] == titles[1]:
        return False
    numbers = [[word for word in _numbers(title) if word not in _PROSE] for title in titles]
    are_parts = numbers[0] != numbers[1] and _are_alike(*titles)
    return are_parts or _share_author(one, other) is False


def _is_likely(name: str, one: Paper, other: Paper) -> bool:
    """Whether authors or titles say so, too; what an archive of preprints gave, no author typed."""
    is_known = is_preprint(name.removeprefix("doi:")) or _share_author(one, other)
    return bool(is_known) or _are_alike(_words(one), _words(other))


def _are_alike(ones: list[str], others: list[str]) -> bool:
    """Whether most words of two titles are in both, numbers aside."""
    words = [set(each) - set(_numbers(each)) for each in (ones, others)]
    common, every = words[0] & words[1], words[0] | words[1]
    return ones == others or (len(common) >= _ALIKE * len(every) > 0)


def _numbers(words: list[str]) -> list[str]:
    """Those that number a work, and what says that they do."""
    behind = zip(["", *words], words, strict=False)
    return [word for before, word in behind if {before, word} & _PARTS or _NUMBER.fullmatch(word)]


def _words(paper: Paper) -> list[str]:
    return normalised_title(tex.to_unicode(paper.title)).split()


def _is_one_by_title(one: Paper, other: Paper) -> bool:
    shared = _share_author(one, other)
    if shared is False:
        return False
    signs = _relations(one.title), _relations(other.title)
    if all(signs) and signs[0] != signs[1]:  # some sources lose them all
        return False
    if _are_other_dois(identity.dois_of(one), identity.dois_of(other), is_likely=bool(shared)):
        return False
    if one.published is None or other.published is None:
        return True
    return abs(one.published - other.published) <= (_WITH_AUTHORS if shared else _WITHOUT)


def _are_other_dois(ones: set[str], others: set[str], *, is_likely: bool) -> bool:
    """Whether their DOIs are of two works; a preprint's and its journal's may be of one."""
    if not ones or not others or ones & others:
        return False
    preprints = [set(filter(is_preprint, each)) for each in (ones, others)]
    have_preprint, have_journal = all(preprints), ones > preprints[0] and others > preprints[1]
    return have_preprint or have_journal or not is_likely


def _relations(title: str) -> list[str]:
    """The signs that say how the parts of a title's formulas are related, in their order."""
    text = tex.to_unicode(title)
    for written, sign in _IN_ASCII:
        text = text.replace(written, sign)
    return [char for char in text if char in _RELATIONS]


def _share_author(one: Paper, other: Paper) -> bool | None:
    """None where it cannot be told."""
    if not one.authors or not other.authors:
        return None
    if _GROUP.search(" ".join((*one.authors[:_MOST], *other.authors[:_MOST]))):
        return None
    return bool(_names(one) & _names(other))


def _names(paper: Paper) -> set[str]:
    """Every name of every author, without accents: sources differ on which is the family's."""
    text = unicodedata.normalize("NFKD", tex.to_unicode(" ".join(paper.authors[:_MOST])))
    bare = "".join(char for char in text if not unicodedata.combining(char)).casefold()
    return {name for name in re.findall(r"\w+", bare) if len(name) > 1}
