"""PAPERBOY_SOURCES, as people write it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import AppError
from app.pipeline import catalogue
from app.pipeline.catalogue import Kind, Listed


def test_each_source_is_read_in_its_own_way():
    named = """hf-daily, arxiv:cs.LG+stat.ML,bioRxiv:Cell Biology , medrxiv,
        feed:https://blog.example.org/feed.xml?a=b, folder:/saved pages,
        imaps://papers@mail.example.org/INBOX, maildir:/var/mail/papers"""

    assert catalogue.parse(named, Path("/none")) == [
        Listed(Kind.HF),
        Listed(Kind.ARXIV, "cs.LG+stat.ML"),
        Listed(Kind.BIORXIV, "cell-biology"),
        Listed(Kind.MEDRXIV),
        Listed(Kind.FEED, "https://blog.example.org/feed.xml?a=b"),
        Listed(Kind.FOLDER, "/saved pages"),
        Listed(Kind.IMAPS, "//papers@mail.example.org/INBOX"),
        Listed(Kind.MAILDIR, "/var/mail/papers"),
    ]


def test_a_source_has_the_name_that_would_name_it():
    names = ["hf-daily", "arxiv:hep-th+cs", "biorxiv:neuroscience", "feed:http://a.example/b:c"]
    assert [each.name for each in catalogue.parse(",".join(names), Path("/none"))] == names


def test_categories_are_spelt_as_arxiv_spells_them():
    """Its feeds do not mind; its sets, and the sum of an archive's classes, do."""
    typed = "arxiv:CS.lg+COND-MAT.Mes-Hall+Physics.ACC-PH+Q-BIO, arxiv-oai:HEP-TH, arxiv:cs.lg"
    assert [each.argument for each in catalogue.called(typed)] == [
        "cs.LG+cond-mat.mes-hall+physics.acc-ph+q-bio",
        "hep-th",
        "cs.LG",
    ]


def test_a_source_named_twice_is_one():
    assert len(catalogue.parse("hf-daily,HF-daily,arxiv:cs,arxiv:cs+cs", Path("/none"))) == 2


def test_without_a_name_the_usual_folder_is_read_if_it_is_there(tmp_path: Path):
    assert catalogue.parse("", tmp_path) == []
    (tmp_path / "digests").mkdir()
    assert catalogue.parse(" , ", tmp_path) == [Listed(Kind.FOLDER, str(tmp_path / "digests"))]
    assert not catalogue.parse("", tmp_path)[0].is_web


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("gopher:papers", "“gopher:papers”, which we cannot read; give hf-daily, "),
        ("hf-daily:2026", "“hf-daily:2026”, but nothing may follow hf-daily"),
        ("arxiv:birds", "“arxiv:birds”, but “birds” is no category of arXiv; write it like"),
        ("arxiv", "“arxiv”, but “” is no category"),
        ("arxiv:cs.LG+", "“arxiv:cs.LG\\+”, but “” is no category"),
        ("arxiv:cs.LG&x=y", "but “cs.LG&x=y” is no category"),
        ("arxiv-oai:cs+stat", "but its lists come one by one"),
        ("biorxiv:../x", "but no such subject can be"),
        ("feed:ftp://example.org/x", "but “ftp:” is not fetched"),
        ("feed:https://me:pass@example.org/x", "a name or password"),
        ("feed:example.org", "is not fetched"),
        ("folder:", "“folder:”, but no folder"),
        ("maildir:here", "PAPERBOY_SOURCES names a mailbox that cannot be used; write it like"),
        ("imaps://me:secret@/INBOX", "a mailbox that cannot be used"),
    ],
)
def test_the_part_that_is_wrong_is_named(named: str, says: str):
    with pytest.raises(AppError, match=says):
        catalogue.parse(f"hf-daily,{named}", Path("/none"))


@given(st.sampled_from([*Kind, "gopher"]), st.text(max_size=30))
def test_any_text_is_a_source_or_an_error_of_ours(kind: str, argument: str):
    try:
        found = catalogue.parse(f"{kind}:{argument}", Path("/none"))
    except AppError:
        return
    for each in found:
        assert catalogue.parse(each.name, Path("/none")) == [each]
