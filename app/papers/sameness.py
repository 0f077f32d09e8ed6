"""Do two mentions that share a name mean one work?

A shared arXiv id says so. Any other name does only while nothing contradicts it: journals give one
title to a paper and to its reply, archives give a correction the DOI of what it corrects, series
print the same words above another work each year, and authors give their paper the DOI of a whole
volume.
"""

import re
import unicodedata
from datetime import timedelta

from app.papers import identity, tex
from app.papers.paper import Paper, normalised_title

# A preprint may wait so long for its journal; where no author speaks for it, a year is a long time.
_WITH_AUTHORS, _WITHOUT = timedelta(days=3 * 366), timedelta(days=366)
_NOTICE = re.compile(
    r"(?:(?:author|publisher)(?:'s|’s)?\s+)?(?:correction|corrigendum|erratum|errata|addendum"
    r"|retraction(?:\s+note)?|reply|response|comment(?:ary)?|expression\s+of\s+concern)s?"
    r"(?:\s+(?:to|on|for|of)\b|\s*[:.–—-])",
    re.IGNORECASE,
)
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
    if name.startswith("arxiv:"):
        return True
    numbers = {identity.arxiv_id_of(one), identity.arxiv_id_of(other)} - {""}
    if len(numbers) > 1:
        return False
    if name.startswith("doi:"):
        return is_notice(one.title) == is_notice(other.title) and _is_likely(one, other)
    return _is_one_by_title(one, other)


def is_notice(title: str) -> bool:
    """Whether it says of itself that it is about another work: "Correction to: …", "Reply to …"."""
    return bool(_NOTICE.match(title.strip()))


def is_preprint(doi: str) -> bool:
    """Whether an archive of preprints gave this DOI."""
    return bool(_PREPRINT.match(doi))


def _is_likely(one: Paper, other: Paper) -> bool:
    """Whether their authors, or else their titles, let them be one: a DOI may be a wrong one."""
    return _share_author(one, other) is not False or _title(one) == _title(other)


def _title(paper: Paper) -> str:
    return normalised_title(tex.to_unicode(paper.title))


def _is_one_by_title(one: Paper, other: Paper) -> bool:
    shared = _share_author(one, other)
    if shared is False:
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
