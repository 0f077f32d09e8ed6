"""Feeds of journals and blogs; every sample is made up."""

from datetime import date

import answers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableDigest
from app.papers import digest
from app.papers.paper import Paper

READ_ON = date(2026, 10, 6)
BLOG = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>The Example Lab's Blog</title><link>https://blog.example.org/</link>
<item><media:title>A picture</media:title><title>Why we weigh words &amp;amp; names</title>
<link>https://blog.example.org/2026/words?utm=1</link><guid isPermaLink="false">post-17</guid>
<dc:creator><![CDATA[Ada Example]]></dc:creator><category>retrieval</category>
<category>cs.IR</category><pubDate>Mon, 05 Oct 2026 22:30:00 -0700</pubDate>
<description><![CDATA[<p>Read&nbsp;on …</p>]]></description>
<content:encoded><![CDATA[<p>We weigh <em>words</em>.</p><script>track()</script>
<p>Then names, as <a href="https://arxiv.org/abs/2610.01234">a paper</a> does.</p>]]>
</content:encoded><media:description>A chart</media:description></item>
<item><title>Second</title><link>https://blog.example.org/2026/second</link>
<author>bo@example.org (Bo Sample)</author><pubDate>Sun, 04 Oct 2026 10:00:00 GMT</pubDate></item>
<item><guid>https://blog.example.org/2026/nameless</guid></item>
</channel></rss>"""
JOURNAL = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">
<channel rdf:about="https://www.example.org/journal.rss"><title>Journal of Examples</title>
<items><rdf:Seq><rdf:li resource="https://www.example.org/articles/s1"/></rdf:Seq></items></channel>
<item rdf:about="https://www.example.org/articles/s1"><title>Memory in <i>Small</i> Networks</title>
<link>https://www.example.org/articles/s1</link>
<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/"><![CDATA[<p>Journal of
Examples, Published online: 05 October 2026; <a href="https://doi.org/10.1000/s1">doi:10.1000/s1</a></p>
Small networks forget.]]></content:encoded>
<dc:creator>Doe, Jane</dc:creator><dc:creator>Smith, A. B.</dc:creator>
<dc:identifier>doi:10.1000/s1</dc:identifier><dc:source>Journal of Examples, 2026-10-05</dc:source>
<dc:date>2026-10-05</dc:date><prism:publicationName>Journal of Examples</prism:publicationName>
<prism:doi>10.1000/s1</prism:doi></item></rdf:RDF>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Notes</title>
<id>urn:uuid:1</id><updated>2026-10-05T10:00:00Z</updated>
<entry><title type="html">On &lt;b&gt;Kilns&lt;/b&gt;</title>
<link rel="edit" href="https://notes.example.org/edit/1"/><link href="https://notes.example.org/1"/>
<link rel="enclosure" href="https://notes.example.org/1.mp3"/><id>urn:uuid:2</id>
<author><name>Ada Example</name><email>ada@example.org</email></author>
<author><name>Bo Sample</name></author><category term="ceramics"/>
<published>2026-10-05T10:00:00Z</published><updated>2026-10-06T10:00:00Z</updated>
<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Kilns <i>fire</i>.</p></div>
</summary></entry></feed>"""
FEEDS = {"blog": BLOG, "journal": JOURNAL, "atom": ATOM}


def read(text):
    return digest.read(text, READ_ON)


def test_a_blog_is_read_without_its_markup_and_its_media():
    found = read(BLOG)

    assert found.entries[0].paper == Paper(
        title="Why we weigh words & names",
        abstract="We weigh words. Then names, as a paper does.",
        authors=("Ada Example",),
        url="https://blog.example.org/2026/words?utm=1",
        published=date(2026, 10, 5),
        categories=("cs.IR",),
        keywords=("retrieval",),
    )
    assert found.entries[1].paper.authors == ("Bo Sample",)
    assert (found.layout, found.date) == ("RSS", None)


def test_an_entry_without_title_is_told():
    (line,) = read(BLOG).unread

    assert (line.number, line.text) == (3, "https://blog.example.org/2026/nameless")


def test_a_journal_in_rdf_is_read_with_doi_and_without_its_imprint():
    found = read(JOURNAL)

    assert [entry.paper for entry in found.entries] == [
        Paper(
            title="Memory in Small Networks",
            abstract="Small networks forget.",
            authors=("Jane Doe", "A. B. Smith"),
            url="https://www.example.org/articles/s1",
            doi="10.1000/s1",
            published=date(2026, 10, 5),
            journal="Journal of Examples",
        )
    ]
    assert (found.layout, found.date) == ("RSS 1.0", date(2026, 10, 5))


def test_an_atom_feed_is_read_with_the_link_to_the_page():
    (entry,) = read(ATOM).entries

    assert entry.paper == Paper(
        title="On Kilns",
        abstract="Kilns fire.",
        authors=("Ada Example", "Bo Sample"),
        url="https://notes.example.org/1",
        published=date(2026, 10, 5),
        keywords=("ceramics",),
    )


def test_a_link_to_arxiv_or_a_doi_names_the_work():
    linked = BLOG.replace(
        "https://blog.example.org/2026/second", "https://arxiv.org/abs/2610.01234v2"
    )
    doi = BLOG.replace("https://blog.example.org/2026/second", "https://doi.org/10.1000/xyz")

    assert read(linked).entries[1].paper.arxiv_id == "2610.01234"
    assert read(doi).entries[1].paper.doi == "10.1000/xyz"


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("bo@example.org (Bo Sample)", ("Bo Sample",)),
        ("By Ada Example; Bo Sample", ("Ada Example", "Bo Sample")),
        ("Doe, J.; Smith, A. B.", ("J. Doe", "A. B. Smith")),
        ("Ada Example, Bo Sample and Cy Third", ("Ada Example", "Bo Sample", "Cy Third")),
    ],
)
def test_authors_come_in_many_coats(printed, names):
    text = BLOG.replace("bo@example.org (Bo Sample)", printed)

    assert read(text).entries[1].paper.authors == names


def test_addresses_of_authors_are_not_kept():
    alone = BLOG.replace("bo@example.org (Bo Sample)", "bo@example.org")

    assert read(alone).entries[1].paper.authors == ()


@pytest.mark.parametrize(
    ("encoding", "sign"),
    [
        ("utf-8", "é"),
        ("utf-16", "é"),
        ("iso-8859-2", "ř"),
        ("windows-1251", "Ж"),
        ("gb18030", "论"),
    ],
)
def test_the_encoding_is_what_the_feed_says(encoding, sign):
    text = BLOG.replace("UTF-8", encoding).replace("…", "...").replace("Second", f"Sec{sign}nd")

    assert read(text.encode(encoding)).entries[1].paper.title == f"Sec{sign}nd"


def test_nearly_xml_is_read():
    broken = BLOG.replace("Second", "Q&A: R&nbsp;&eacute;t\x0cé").replace("utm=1", "utm=1&x=2")

    found = read(broken)

    assert found.entries[1].paper.title == "Q&A: R été"
    assert found.entries[0].paper.url == "https://blog.example.org/2026/words?utm=1&x=2"


def test_the_whole_article_is_not_the_abstract():
    long = BLOG.replace("We weigh", "We weigh " + "many words " * 2000)

    abstract = read(long).entries[0].paper.abstract

    assert len(abstract) <= 3002
    assert abstract.endswith(("words …", "many …"))


def test_an_empty_feed_is_a_list_of_nothing():
    assert read('<?xml version="1.0"?><rss version="2.0"><channel/></rss>').entries == ()


def test_other_xml_is_refused():
    with pytest.raises(UnreadableDigest, match="no feed or list"):
        read('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')


@given(st.data(), st.sampled_from(sorted(FEEDS)))
def test_any_mutation_of_a_feed_is_a_digest_or_refused(data, name):
    whole = FEEDS[name]

    try:
        found = read(data.draw(answers.mutated(whole)))
    except UnreadableDigest:
        return
    assert [entry.position for entry in found.entries] == [*range(1, len(found.entries) + 1)]
    assert all(entry.paper.url[:4] in {"", "http"} for entry in found.entries)
