"""Which of the formats in XML is it? Ask that one's reader for the digest."""

import re
from datetime import date
from xml.etree.ElementTree import Element

from app.errors import UnreadableDigest
from app.papers import arxiv_api, arxiv_feed, arxiv_oai, feed, xml_tree
from app.papers.paper import Digest

_BEGINNING = re.compile(rb"\s*<(?:\?xml|rss|feed|rdf:RDF|RDF|OAI-PMH)[\s>]")


def read(text: str, read_on: date) -> Digest:  # noqa: ARG001  (its days have their years)
    """Raises UnreadableDigest if it is none of them, and what the format's own reader raises."""
    return _of_tree(xml_tree.parse(text))


def read_bytes(raw: bytes) -> Digest | None:
    """None if it is no XML, or not quite: then its text will say more. Raises the same."""
    root = xml_tree.well_formed(raw) if _BEGINNING.match(raw) else None
    return None if root is None else _of_tree(root)


def _of_tree(root: Element) -> Digest:
    if xml_tree.name(root) == "OAI-PMH":
        return arxiv_oai.read(root)
    if arxiv_api.is_one(root):
        return arxiv_api.read(root)
    if xml_tree.name(root) in {"rss", "feed"} and arxiv_feed.is_one(root):
        return arxiv_feed.read(root)
    if feed.is_one(root):
        return feed.read(root)
    raise UnreadableDigest("This is XML, but no feed or list that we know.")
