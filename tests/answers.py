"""What sources answer, made up: with every field, and then changed as a test needs it."""

import html
import json
from typing import Any

from hypothesis import strategies as st

PERSON = {
    "_id": "66f0000000000000000000b2",
    "avatarUrl": "/avatars/00ff.svg",
    "fullname": "Bo Sample",
    "name": "bosample",
    "user": "bosample",
    "type": "user",
    "isPro": False,
}
LAB = {"_id": "66f0000000000000000000d4", "name": "examplelab", "fullname": "Example Lab"}
HF_PAPER: dict[str, Any] = {
    "id": "2610.01234",
    "authors": [
        {"_id": "66f0000000000000000000a1", "name": "Ada Example", "hidden": False},
        {"_id": "66f0000000000000000000a2", "name": "Bo Sample", "hidden": False, "user": PERSON},
    ],
    "publishedAt": "2026-10-02T00:00:00.000Z",
    "submittedOnDailyAt": "2026-10-05T00:00:00.000Z",
    "title": "Sparse Retrieval\nStill Works",
    "submittedOnDailyBy": PERSON,
    "summary": "We revisit term weighting\nfor paper recommendation.",
    "upvotes": 37,
    "discussionId": "66f0000000000000000000c3",
    "projectPage": "https://example.org/sparse",
    "githubRepo": "https://github.com/example/sparse",
    "githubRepoAddedBy": "user",
    "githubStars": 12,
    "ai_summary": "Term weighting remains competitive.",
    "ai_keywords": ["sparse retrieval", "TF-IDF"],
    "organization": LAB,
}
HF_ROW: dict[str, Any] = {
    "publishedAt": "2026-10-02T13:45:10.000Z",
    "title": "Sparse Retrieval\nStill Works",
    "summary": "We revisit term weighting\nfor paper recommendation.",
    "thumbnail": "https://cdn-thumbnails.example.org/social-thumbnails/papers/2610.01234.png",
    "numComments": 2,
    "submittedBy": PERSON,
    "organization": LAB,
    "isAuthorParticipating": True,
}


def hf_row(row: dict[str, Any] | None = None, **paper: Any) -> dict[str, Any]:
    """An entry of Hugging Face's list; ... as a value takes a field away."""
    return _without(HF_ROW | {"paper": _without(HF_PAPER | paper)} | (row or {}))


def hf_list(*rows: dict[str, Any]) -> str:
    return json.dumps(rows or [hf_row()])


def _without(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not ...}


def hf_page(*rows: dict[str, Any], day: str = "2026-10-02", swap: bool = False) -> str:
    """A Daily Papers page, its state in one attribute of one element among others."""
    state = {"periodType": "day", "dateString": day, "dailyPapers": rows, "prevDate": "2026-10-01"}
    return hf_state(state, swap=swap)


def hf_state(state: dict[str, Any], target: str = "DailyPapers", *, swap: bool = False) -> str:
    props = f'data-props="{html.escape(json.dumps(state))}"'
    both = [f'data-target="{target}"', props]
    attributes = " ".join(reversed(both) if swap else both)
    menu = html.escape(json.dumps({"classNames": "", "isWide": False}))
    return f"""<!doctype html>
<html class=""><head><meta charset="utf-8"><title>Daily Papers</title></head><body>
<div class="SVELTE_HYDRATER contents" data-target="MainHeader" data-props="{menu}"><header>1 > 0
</header></div><main><div class="SVELTE_HYDRATER contents" {attributes}><section>Papers</section>
</div></main></body></html>"""


RSS_ROW = {
    "title": "Sparse Retrieval Still Works",
    "link": "https://arxiv.org/abs/2610.01234",
    "description": "arXiv:2610.01234v1 Announce Type: new \nAbstract: We revisit term weighting.",
    "guid": "oai:arXiv.org:2610.01234v1",
    "category": ["cs.IR", "cs.AI"],
    "pubDate": "Mon, 05 Oct 2026 00:00:00 -0400",
    "arxiv:announce_type": "new",
    "dc:rights": "http://creativecommons.org/licenses/by/4.0/",
    "arxiv:DOI": "10.1000/xyz",
    "arxiv:journal_reference": "J. Ex. 1 (2026)",
    "dc:creator": "Ada Example, Andr\\'e Sample (Example Lab)",
}
_RSS = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:atom="http://www.w3.org/2005/Atom" version="2.0"><channel>
<title>{title}</title><link>http://rss.arxiv.org/rss/cs.AI</link>
<description>{description}</description>
<atom:link href="http://rss.arxiv.org/rss/cs.AI" rel="self" type="application/rss+xml"/>
<language>en-us</language><lastBuildDate>Mon, 05 Oct 2026 04:00:07 +0000</lastBuildDate>
<managingEditor>rss-help@arxiv.org</managingEditor>
<pubDate>Mon, 05 Oct 2026 00:00:00 -0400</pubDate>
<skipDays><day>Saturday</day><day>Sunday</day></skipDays>
{rows}
</channel></rss>
"""
_ATOM = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><id>http://rss.arxiv.org/atom/cs.AI</id>
<title>{title}</title><updated>2026-10-05T04:00:07.912345+00:00</updated>
<link href="http://rss.arxiv.org/atom/cs.AI" rel="self" type="application/atom+xml"/>
<subtitle>{description}</subtitle>
{rows}
</feed>
"""
_UPDATES = "cs.AI updates on arXiv.org"
_WHAT = "cs.AI updates on the arXiv.org e-print archive."


def announced(arxiv_id: str, kind: str = "new", **more: Any) -> dict[str, Any]:
    """An entry of arXiv's feeds, by its id with version."""
    bare = arxiv_id.partition("v")[0]
    return {
        "title": f"The Paper {bare}",
        "link": f"https://arxiv.org/abs/{bare}",
        "description": f"arXiv:{arxiv_id} Announce Type: {kind} \nAbstract: We read {bare}.",
        "guid": f"oai:arXiv.org:{arxiv_id}",
        "arxiv:announce_type": kind,
    } | {name.replace("__", ":"): value for name, value in more.items()}


def rss(*rows: dict[str, Any], title: str = _UPDATES, description: str = _WHAT) -> str:
    """arXiv's RSS feed of Monday 5 October 2026."""
    told = "\n".join(f"<item>{_elements(RSS_ROW | row)}</item>" for row in rows)
    return _RSS.format(title=title, description=description, rows=told)


def atom(*rows: dict[str, Any], title: str = _UPDATES, description: str = _WHAT) -> str:
    """The same as Atom."""
    names = {"guid": "id", "description": "summary", "pubDate": "published"}
    told = ""
    for row in rows:
        whole = RSS_ROW | row | {"pubDate": "2026-10-05T00:00:00-04:00"}
        renamed = {names.get(name, name): value for name, value in whole.items()}
        terms = "".join(f'<category term="{term}"/>' for term in renamed.pop("category"))
        link = f'<link href="{renamed.pop("link")}" rel="alternate" type="text/html"/>'
        told += f"<entry>{_elements(renamed)}{terms}{link}</entry>\n"
    return _ATOM.format(title=title, description=description, rows=told)


def _elements(told: dict[str, Any]) -> str:
    """One XML element a value, one each for a list's; what is absent (...) is left out."""
    pairs = [
        (name, each)
        for name, value in told.items()
        for each in (value if isinstance(value, list) else [value])
        if value is not ...
    ]
    return "".join(f"<{name}>{html.escape(each)}</{name}>" for name, each in pairs)


_QUERY_ROW = """<entry><id>http://arxiv.org/abs/{id}</id>
<updated>{updated}</updated><published>{published}</published>
<title>{title}</title><summary>  We revisit term
weighting.
</summary>
<author><name>Ada Example</name><arxiv:affiliation {ns}>Example Lab</arxiv:affiliation></author>
<author><name>Bo Sample</name></author>
<arxiv:doi {ns}>10.1000/xyz</arxiv:doi><link title="doi" href="http://dx.doi.org/10.1000/xyz"/>
<arxiv:comment {ns}>{comment}</arxiv:comment>
<arxiv:journal_ref {ns}>J. Ex. 1 (2026)</arxiv:journal_ref>
<link href="http://arxiv.org/abs/{id}" rel="alternate" type="text/html"/>
<link title="pdf" href="http://arxiv.org/pdf/{id}" rel="related" type="application/pdf"/>
<category term="68T50" scheme="http://arxiv.org/schemas/atom"/>
<category term="I.2.7" scheme="http://arxiv.org/schemas/atom"/>
<category term="cs.AI" scheme="http://arxiv.org/schemas/atom"/>
<arxiv:primary_category {ns} term="cs.IR" scheme="http://arxiv.org/schemas/atom"/>
</entry>"""
_QUERY_DEFAULTS = {
    "id": "2610.01234v1",
    "title": "Sparse Retrieval\n  Still Works",
    "published": "2026-10-02T13:45:10Z",
    "updated": "2026-10-02T13:45:10Z",
    "comment": "12 pages, 3 figures",
}


def query(*rows: dict[str, Any], start: int = 0, total: Any = None, new: bool = True) -> str:
    """A page of the query interface; new: as its servers write since late 2025."""
    spaces = 'xmlns:arxiv="http://arxiv.org/schemas/atom"'
    search = 'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
    told = "\n".join(
        _QUERY_ROW.format(ns="" if new else spaces, **(_QUERY_DEFAULTS | row)) for row in rows
    )
    inner = "" if new else f" {search}"
    counts = {"itemsPerPage": 10, "totalResults": len(rows) if total is None else total}
    told_counts = "".join(
        f"<opensearch:{name}{inner}>{value}</opensearch:{name}>"
        for name, value in (counts | {"startIndex": start}).items()
        if value is not ...
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" {f"{spaces} {search}" if new else ""}>
<link href="http://arxiv.org/api/query?search_query=cat:cs.IR" rel="self"/>
<title type="html">{"arXiv" if new else "ArXiv"} Query: search_query=cat:cs.IR&amp;id_list=</title>
<id>http{"s" if new else ""}://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>
<updated>2026-10-05T00:00:00-04:00</updated>{told_counts}
{told}
</feed>
"""


def query_error(reason: str) -> str:
    """The feed by which the query interface says that it does not understand."""
    row = f"""<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_1</id>
<title>Error</title><summary>{reason}</summary><updated>2026-10-05T00:00:00-04:00</updated>
<author><name>arXiv api core</name></author></entry>"""
    return query(total=1).replace("\n\n</feed>", f"\n{row}\n</feed>")


_OAI_RECORD = """<record><header><identifier>oai:arXiv.org:{id}</identifier>
<datestamp>2026-10-05</datestamp><setSpec>cs:cs:IR</setSpec></header><metadata>
<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{id}</id><created>{created}</created>
<authors><author><keyname>Example</keyname><forenames>Ada</forenames>
<affiliation>Example Lab</affiliation></author>
<author><keyname>Sample</keyname><forenames>Bo</forenames><suffix>Jr</suffix></author>
<author><keyname>Example Collaboration</keyname></author></authors>
<title>Sparse Retrieval
  Still Works</title><categories>cs.IR cs.AI</categories><comments>{comments}</comments>
<journal-ref>J. Ex. 1 (2026)</journal-ref><doi>10.1000/xyz</doi>
<license>http://creativecommons.org/licenses/by/4.0/</license>
<abstract>  We revisit term
weighting.
</abstract></arXiv></metadata></record>"""
OAI_DELETED = """<record><header status="deleted"><identifier>oai:arXiv.org:{id}</identifier>
<datestamp>2026-10-05</datestamp></header></record>"""


def oai_record(**changes: str) -> str:
    told = {"id": "2610.01234", "created": "2026-10-02", "comments": "12 pages"}
    return _OAI_RECORD.format(**(told | changes))


def oai(*records: str, token: str | None = None) -> str:
    """A page of OAI-PMH; token: None leaves its element out, "" leaves it empty (the last page)."""
    last = "" if token is None else f'<resumptionToken cursor="0">{token}</resumptionToken>'
    return oai_answer(f"<ListRecords>{''.join(records)}{last}</ListRecords>")


def oai_error(code: str, said: str = "") -> str:
    return oai_answer(f'<error code="{code}">{said}</error>')


def oai_answer(body: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-10-06T02:30:11Z</responseDate>
<request verb="ListRecords" metadataPrefix="arXiv">http://oaipmh.arxiv.org/oai</request>
{body}</OAI-PMH>
"""


BIORXIV_ROW: dict[str, Any] = {
    "title": "Memory in <i>Small</i> Networks",
    "authors": "Doe, J.; Smith, A. B.",
    "author_corresponding": "Jane Doe",
    "author_corresponding_institution": "Example University",
    "doi": "10.1101/2026.10.01.123456",
    "date": "2026-10-5",
    "version": "1",
    "type": "new results",
    "license": "cc_by",
    "category": "Neuroscience",
    "jatsxml": "https://www.example.org/content/early/2026/10/01/123456.source.xml",
    "abstract": "Small networks forget (p < 0.05).",
    "funder": "NA",
    "published": "NA",
    "server": "bioRxiv",
}


def biorxiv(*rows: dict[str, Any], **message: Any) -> str:
    """A page of bioRxiv's interface; what is in `message` may be a number or a string."""
    told = {"status": "ok", "cursor": 0, "count": len(rows), "total": str(len(rows))} | message
    whole = {"messages": [told], "collection": [_without(BIORXIV_ROW | row) for row in rows]}
    return json.dumps(whole)


MAILING_HEAD = """Submissions to:
Computer Science
 received from  Thu  1 Oct 26 18:00:00 GMT  to  Fri  2 Oct 26 18:00:00 GMT
"""
RULE = "-" * 78
MAILED_NEW = r"""\\
arXiv:2610.01234
Date: Thu, 1 Oct 2026 12:00:00 GMT   (123kb,D)

Title: Sparse Retrieval Still Works: Term Weighting for Paper Recommendation at
  the Scale of a Lab
Authors: Ada Example (1), Andr\'e Sample (1 and 2) ((1) Example Lab, (2) Example
  University)
Categories: cs.IR cs.AI
Comments: 12 pages
Journal-ref: J. Ex. 1 (2026)
DOI: 10.1000/xyz
License: http://creativecommons.org/licenses/by/4.0/
\\
  We revisit term
weighting.
\\ ( https://arxiv.org/abs/2610.01234 ,  123kb)"""
MAILED_CROSS = r"""\\
arXiv:2610.00002 (*cross-listing*)
Date: Thu, 1 Oct 2026 13:00:00 GMT   (12kb)

Title: A Cross-Listed Paper
Authors: Bo Sample and Cy Third
Categories: math.ST cs.IR
\\
  We look across.
\\ ( https://arxiv.org/abs/2610.00002 ,  12kb)"""
MAILED_REPLACED = r"""\\
arXiv:2609.00003
replaced with revised version Fri, 2 Oct 2026 09:00:00 GMT   (34kb)

Title: A Replaced Paper
Authors: Bo Sample
Categories: cs.IR
\\ ( https://arxiv.org/abs/2609.00003 ,  34kb)"""
MAILED_OLD = r"""\\
Paper (*cross-listing*): hep-th/9901001
Date: Fri, 1 Jan 1999 12:00:00 GMT   (12kb)

Title: An Old Paper
Author: Ada Example
\\
  We look back.
\\ ( http://arXiv.org/abs/hep-th/9901001 ,  12kb)"""


def mailing(*blocks: str) -> str:
    """arXiv's daily mailing as plain text."""
    told = f"\n{RULE}\n".join(blocks)
    return f"{MAILING_HEAD}{RULE}\n{RULE}\n{told}\n%%%---%%%---%%%---%%%---%%%\n"


def mailed(body: str, kind: str = "plain", date: str = "Fri, 2 Oct 2026 20:31:00 -0400") -> bytes:
    """A mail with this body."""
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"] = "Ada Example <ada@example.org>", "papers@example.org"
    mail["Subject"], mail["Date"] = "Fwd: papers", date
    mail["Message-ID"] = "<1@example.org>"
    mail.set_content(body, subtype=kind)
    return mail.as_bytes()


@st.composite
def mutated(draw: st.DrawFn, whole: str) -> str:
    """The answer with a piece of it, up to 80 characters, gone or replaced."""
    start = draw(st.integers(0, len(whole)))
    end = draw(st.integers(start, min(start + 80, len(whole))))
    return whole[:start] + draw(st.text(max_size=9)) + whole[end:]


CROSSREF: dict[str, Any] = {
    "DOI": "10.1000/Moons.7",
    "title": ["Tides of <i>small</i> moons"],
    "author": [
        {"given": "Ada", "family": "Moon", "sequence": "first"},
        {"given": "Bo", "family": "Tide", "suffix": "Jr", "sequence": "additional"},
        {"name": "The Tide Collaboration", "sequence": "additional"},
    ],
    "abstract": "<jats:title>Abstract</jats:title><jats:p>We watch small moons.</jats:p>",
    "container-title": ["Journal of Moons"],
    "published-print": {"date-parts": [[2026, 12]]},
    "published-online": {"date-parts": [[2026, 11, 2]]},
    "issued": {"date-parts": [[2026, 11, 2]]},
    "type": "journal-article",
}
DATACITE: dict[str, Any] = {
    "doi": "10.5281/moons.7",
    "titles": [{"title": "Tides of small moons"}],
    "creators": [
        {"name": "Moon, Ada", "nameType": "Personal", "givenName": "Ada", "familyName": "Moon"},
        {"name": "Tide, Bo"},
        {"name": "Lab of Tides, Town", "nameType": "Organizational"},
    ],
    "descriptions": [
        {"description": "Version 2.", "descriptionType": "TechnicalInfo"},
        {"description": "<p>We watch small moons.</p>", "descriptionType": "Abstract"},
    ],
    "dates": [{"date": "2026-11-02", "dateType": "Issued"}],
}


def landing(*metas: tuple[str, str], quote: str = '"') -> str:
    """A paper's own page, with these meta elements among others."""
    told = "\n".join(
        f"<meta name={quote}{name}{quote} content={quote}{html.escape(text)}{quote}/>"
        for name, text in metas
    )
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>A page</title>{told}
</head><body><h1>A paper</h1></body></html>"""


LANDING = (
    ("citation_title", "Tides of small moons"),
    ("citation_author", "Moon, Ada"),
    ("citation_author", "Bo Tide"),
    ("citation_publication_date", "2026/11/02"),
    ("citation_journal_title", "Journal of Moons"),
    ("citation_abstract", "We watch <i>small</i> moons & wait."),
)
