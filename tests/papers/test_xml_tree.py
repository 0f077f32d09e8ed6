"""XML from outside: nothing expands, nothing is fetched, and what is nearly XML is mended."""

from datetime import date
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableDigest
from app.papers import digest, xml_tree

READ_ON = date(2026, 10, 6)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion laughs": f'<!DOCTYPE rss [<!ENTITY l0 "lol">{LAUGHS}]><rss>&l9;</rss>',
    "quadratic": f'<!DOCTYPE rss [<!ENTITY a "{"a" * 10_000}">]><rss>{"&a;" * 10_000}</rss>',
    "a file": '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>',
    "a parameter": '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://192.0.2.1/x">%x;]><rss/>',
    "after a comment": '<!-- <rss> --><!doctype rss [<!ENTITY a "b">]><rss>&a;</rss>',
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("prolog", ["", '<?xml version="1.0"?>\n', "\ufeff<?xml version='1.0'?>"])
def test_a_document_with_entities_of_its_own_is_refused(name, prolog):
    for bomb in (prolog + BOMBS[name], (prolog + BOMBS[name]).encode()):
        with pytest.raises(UnreadableDigest):
            digest.read(bomb, READ_ON)


def test_an_encoding_hides_no_entities():
    bomb = '<?xml version="1.0" encoding="utf-16"?>' + BOMBS["a file"]

    with pytest.raises(UnreadableDigest):
        digest.read(bomb.encode("utf-16"), READ_ON)


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("before", ["", "\ufeff", " \n", "<!-- a -->", "<?a?>\n<!-- b --><?c?> "])
def test_bytes_with_a_document_type_are_left_to_the_careful_reader(name, before):
    assert xml_tree.well_formed((before + BOMBS[name]).encode()) is None


@pytest.mark.parametrize(
    "broken", [b"<rss>\xff</rss>", b"<rss>&nbsp;</rss>", b"<rss>\0</rss>", b"<rss>"]
)
def test_bytes_that_are_not_quite_xml_are_left_to_the_careful_reader(broken):
    assert xml_tree.well_formed(broken) is None


def test_both_parsers_give_the_same_elements():
    head = '<?xml version="1.0" encoding="iso-8859-1"?><!-- a --><rss xmlns:a="urn:a">'
    text = f'{head}<a:b c="d">é<!-- e -->f<?g?>h<![CDATA[<i>]]></a:b><a:b/></rss>'
    one = xml_tree.well_formed(text.encode())
    other = fromstring(text)  # noqa: S314

    assert one is not None
    for root in (one, other):
        told, others = xml_tree.values_and(root, ("c",))
        assert (told, others, xml_tree.name(root)) == ({"b": "éfh<i>"}, {"c": []}, "rss")
        assert [each.get("c") for each in xml_tree.children(root, "b")] == ["d", None]


def test_a_document_type_without_declarations_is_passed_over():
    old = '<!DOCTYPE rss PUBLIC "-//Example//DTD RSS 0.91//EN" "http://192.0.2.1/rss.dtd"><rss>a</rss>'

    assert xml_tree.parse(old).text == "a"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Ada &amp; Bo", "Ada & Bo"),
        ("Ada & Bo", "Ada & Bo"),
        ("caf&eacute;&nbsp;&lt;b&gt;", "café\xa0<b>"),
        ("a &unheard; b", "a &unheard; b"),
        ("a\x0cb &#12; c &#233; &#xE9; &#0; &#x110000;", "ab  c é é  "),
        ("AT&T; R&D", "AT&T; R&D"),
    ],
)
def test_what_is_nearly_xml_is_read_as_it_is_meant(written, meant):
    assert xml_tree.parse(f"<rss>{written}</rss>").text == meant


def test_what_is_no_xml_is_refused_with_its_line():
    with pytest.raises(UnreadableDigest, match="line 2"):
        xml_tree.parse("<rss>\n<channel></rss>")


def test_elements_may_stand_in_elements_however_deep():
    root = xml_tree.parse("<a>" * 50_000 + "</a>" * 50_000)

    assert xml_tree.name(root) == "a"


@given(st.text() | st.text("<>!&;#x[]-'\"/?aA \n", max_size=40).map("<rss>".__add__))
def test_any_text_is_a_tree_or_refused(text):
    try:
        root = xml_tree.parse(text)
    except UnreadableDigest:
        return
    assert xml_tree.name(root)
