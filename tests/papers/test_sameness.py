"""Works that only look alike stay two, and one work is known again under another name."""

from datetime import date

import pytest

from app.papers import identity, sameness
from app.papers.paper import Paper

OWLS = "How Owls Find Their Way Home"
ONE = Paper(OWLS, authors=("Ada Strix", "Bo Bubo"), published=date(2026, 3, 1))


def _are_one(one: Paper, other: Paper) -> bool:
    shared = [name for name in identity.keys(one) if name in identity.keys(other)]
    told = {sameness.is_one(name, one, other) for name in shared[:1]}
    assert told == {sameness.is_one(name, other, one) for name in shared[:1]}
    return told == {True}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Paper(OWLS), Paper(f"{OWLS} II")),
        (Paper(f"{OWLS}, Part I"), Paper(f"{OWLS}, Part II")),
        (Paper(f"{OWLS}, Part 1"), Paper(f"{OWLS}, Part 2")),
        (Paper(f"{OWLS} in 2025"), Paper(f"{OWLS} in 2026")),
        (Paper(OWLS), Paper(f"Correction to: {OWLS}")),
        (Paper(OWLS), Paper(f"Erratum: {OWLS}")),
        (Paper(OWLS), Paper(f"Reply to “{OWLS}”")),
        (Paper(OWLS), Paper(f"Comment on “{OWLS}”")),
        (Paper(f"Comment on “{OWLS}”"), Paper(f"Reply to Comment on “{OWLS}”")),
        # A notice that came with the DOI of what it is about.
        (Paper(OWLS, doi="10.1234/owl.7"), Paper(f"Correction to: {OWLS}", doi="10.1234/owl.7")),
        (Paper(OWLS, doi="10.1234/owl.7"), Paper(f"Erratum: {OWLS}", doi="10.1234/owl.7")),
        (Paper(OWLS, doi="10.1234/owl.7"), Paper(f"Reply to “{OWLS}”", doi="10.1234/owl.7")),
        # The same title over another's, or another year's, work.
        (ONE, Paper(OWLS, authors=("Cy Tyto",))),
        (Paper(OWLS, published=date(2024, 3, 1)), Paper(OWLS, published=date(2026, 3, 1))),
        (ONE, Paper(OWLS, authors=("Ada Strix",), published=date(2019, 3, 1))),
        (Paper(OWLS, doi="10.1234/owl.7"), Paper(OWLS, doi="10.1234/owl.8")),
        (Paper(OWLS, arxiv_id="2610.01234"), Paper(OWLS, arxiv_id="2610.04321")),
        # One DOI for two preprints: what came of both together.
        (
            Paper("Owls by Day", arxiv_id="2610.01234", doi="10.1234/owl.7"),
            Paper("Owls by Night", arxiv_id="2610.04321", doi="10.1234/owl.7"),
        ),
        # A DOI that is not one of them's: of the whole volume, say.
        (
            Paper(OWLS, authors=("Ada Strix",), published_doi="10.1234/volume.9"),
            Paper("Proceedings on Bats", authors=("Cy Tyto",), doi="10.1234/volume.9"),
        ),
        # The same, where one side tells no authors, or neither does.
        (
            Paper(OWLS, authors=("Ada Strix",), published_doi="10.1234/volume.9"),
            Paper("Proceedings on Owls", doi="10.1234/volume.9"),
        ),
        (
            Paper(OWLS, arxiv_id="2610.01234", doi="10.1234/volume.9"),
            Paper("Proceedings of the Owl Days", authors=("Cy Tyto",), doi="10.1234/volume.9"),
        ),
        (Paper(OWLS, doi="10.1234/issue"), Paper("Of Bats and Moths", doi="10.1234/issue")),
        # What follows on a work, and names the work's DOI; its authors are the same, of course.
        *(
            (
                Paper(OWLS, doi="10.1234/owl.7", authors=authors),
                Paper(title, doi="10.1234/owl.7", authors=authors),
            )
            for authors in ((), ("Ada Strix",))
            for title in (
                f"{OWLS} II",
                f"{OWLS}, Part 2",
                f"{OWLS}: Part Two, 2026",
                f"{OWLS} (Corrigendum)",
                f"{OWLS} – Erratum",
                f"{OWLS}: Authors’ Reply",
                f"Author Correction: {OWLS}",
                f"Publisher’s Erratum to “{OWLS}”",
                f"[Erratum] {OWLS}",
                f"Retraction: {OWLS}",
                f"Retraction Note to: {OWLS}",
                f"Expression of Concern: {OWLS}",
                f"A Reply to: {OWLS}",
                f"Authors’ Response to Comments on “{OWLS}”",
                f"A Comment on “{OWLS}”",
                f"Review of: {OWLS}",
                f"Erratum (vol 3, p 5): {OWLS}",
                f"Erratum and Addendum: {OWLS}",
                f"Supplementary material for {OWLS}",
                f"Supplementary Information to: {OWLS}",
                f"Supporting Information: {OWLS}",
                f"{OWLS} (Online Appendix)",
                f"Supplement to “{OWLS}”",
                # Whole titles, as registries have them.
                "Erratum",
                "Corrigendum.",
                "Authors’ reply",
                # Not in English.
                f"Erratum zu: {OWLS}",
                f"Berichtigung zu: {OWLS}",
                f"Erratum à : {OWLS}",
                f"Corrección a: {OWLS}",
                f"更正：{OWLS}",
                f"{OWLS}（勘误）",
            )
        ),
        # Parts by letters, and by numbers that are not small.
        *(
            (
                Paper(f"{OWLS}{one}", doi="10.1234/owl.7", authors=("Ada Strix",)),
                Paper(f"{OWLS}{other}", doi="10.1234/owl.7", authors=("Ada Strix",)),
            )
            for one, other in (
                (", Part A", ", Part B"),
                (", Part Five", ", Part Six"),
                (" XIV", " XV"),
                (" IVa", " IVb"),
                (" 2a", " 2b"),
                (", Part IIa", ", Part IIb"),
                (" One", " Two"),
                (". Teil A", ". Teil B"),
                ("（一）", "（二）"),
            )
        ),
        *(
            (Paper(f"{one}: {OWLS}", doi="10.1234/x"), Paper(f"{other}: {OWLS}", doi="10.1234/x"))
            for one, other in (
                ("Correction", "Reply"),
                ("Reply", "Comment"),
                ("Retraction", "Note"),
            )
        ),
        (Paper(f"{OWLS} I", doi="10.1234/owl"), Paper(f"{OWLS} II", doi="10.1234/owl")),
        (Paper(f"{OWLS} 2025", doi="10.1234/owl"), Paper(f"{OWLS} 2026", doi="10.1234/owl")),
        # Two preprints, two articles, and nobody vouches for them.
        (Paper(OWLS, doi="10.1101/2026.01.02.123456"), Paper(OWLS, doi="10.1234/owl.7")),
        (
            Paper(OWLS, doi="10.1101/2026.01.02.123456", authors=("Ada Strix",)),
            Paper(OWLS, doi="10.1101/2026.01.02.123457", authors=("Ada Strix",)),
        ),
        (
            Paper("Editorial", url="https://a.example/1"),
            Paper("Editorial", url="https://a.example/2"),
        ),
        (Paper("Editorial", arxiv_id="2610.01234"), Paper("Editorial", doi="10.1234/owl.7")),
        (Paper("Reply", abstract="We thank them."), Paper("Reply", abstract="We do not.")),
        (Paper("Which of $5 and $6?"), Paper("Which of 5 and 6?")),
        *(
            (Paper(f"{OWLS} if x {one} y"), Paper(f"{OWLS} if x {other} y"))
            for one, other in (("<", ">"), ("≤", "≥"), ("=", "≠"), ("∪", "∩"), ("→", "←"))
        ),
    ],
)
def test_works_that_look_alike_are_two(one, other):
    assert not _are_one(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, Paper(OWLS)),
        # One sign in three spellings, or lost on the way.
        (Paper(f"{OWLS} if x ≤ y"), Paper(rf"{OWLS} if x \leq y")),
        (Paper(f"{OWLS} if x ≤ y"), Paper(f"{OWLS} if x <= y")),
        (Paper(f"{OWLS} → A Map"), Paper(f"{OWLS} -> A Map")),
        (Paper(f"{OWLS} → A Map"), Paper(f"{OWLS}: A Map")),
        (ONE, Paper(OWLS, authors=("STRIX, A.",), published=date(2027, 9, 1))),
        (Paper(OWLS, authors=("Zoë Größer",)), Paper(OWLS, authors=('Zo\\"e Gr\\"o{\\ss}er',))),
        (ONE, Paper(OWLS, authors=("The Owl Collaboration",))),
        (Paper(OWLS, published=date(2026, 1, 1)), Paper(OWLS, published=date(2026, 6, 1))),
        # A preprint, and what a journal made of it.
        (
            Paper(
                OWLS,
                doi="10.1101/2026.01.02.123456",
                published_doi="10.1234/owl.7",
                authors=("Ada Strix",),
            ),
            Paper("Homing in Owls", doi="10.1234/OWL.7", authors=("A Strix",)),
        ),
        (
            Paper(OWLS, doi="10.1101/2026.01.02.123456", authors=("Ada Strix", "Bo Bubo")),
            Paper(OWLS, doi="10.1234/owl.7", authors=("A Strix",)),
        ),
        (
            Paper(OWLS, arxiv_id="2610.01234", doi="10.1234/owl.7", authors=("Ada Strix",)),
            Paper("Owls", doi="10.1234/owl.7", authors=("Bo Bubo", "Ada Strix")),
        ),
        # A journal struck out that it was the first.
        (
            Paper(f"First Look at {OWLS}", doi="10.1234/owl.7", authors=("Ada Strix",)),
            Paper(f"A Look at {OWLS}", doi="10.1234/owl.7", authors=("Ada Strix",)),
        ),
        # No part of a series.
        (
            Paper(f"Volume Rendering of {OWLS}", doi="10.1234/owl.7", authors=("Ada Strix",)),
            Paper(f"Volume Painting of {OWLS}", doi="10.1234/owl.7", authors=("Ada Strix",)),
        ),
        (
            Paper(f"Supplementary Feeding and {OWLS}", doi="10.1234/o", authors=("Ada Strix",)),
            Paper(f"Extra Feeding and {OWLS}", doi="10.1234/o", authors=("Ada Strix",)),
        ),
        (
            Paper(f"Tracking by Radio: {OWLS}", doi="10.1234/o", authors=("Ada Strix",)),
            Paper(f"Tracking via Radio: {OWLS}", doi="10.1234/o", authors=("Ada Strix",)),
        ),
        # Nobody's authors are told, but the titles are nearly the same.
        (Paper(OWLS, doi="10.1234/owl.7"), Paper(f"{OWLS} Again", doi="10.1234/owl.7")),
        (Paper(OWLS, doi="10.1234/owl.7"), Paper(OWLS.upper(), doi="10.1234/owl.7")),
        (Paper(OWLS, doi="10.21203/rs.3.rs-12/v1"), Paper("Owls", doi="10.21203/rs.3.rs-12/v2")),
        (
            Paper(OWLS, doi="10.26434/chemrxiv-2026-ab1"),
            Paper("O", doi="10.26434/chemrxiv-2026-ab1-v2"),
        ),
        # Authors that are spelt in two scripts, above the same title.
        (
            Paper(OWLS, doi="10.1234/owl.7", authors=("Ada Strix",)),
            Paper(OWLS, doi="10.1234/owl.7", authors=("Ада Стрикс",)),
        ),
        (
            Paper(OWLS, doi="10.1234/owl.7", authors=("Ada Strix",)),
            Paper("Homing in Owls", doi="10.1234/owl.7", authors=("A Strix",)),
        ),
        # The same notice twice, and a journal's way to say that it took an article back.
        (
            Paper(f"Correction to: {OWLS}", doi="10.1234/x"),
            Paper(f"Erratum: {OWLS}", doi="10.1234/x"),
        ),
        (Paper(OWLS, doi="10.1234/owl.7"), Paper(f"RETRACTED: {OWLS}", doi="10.1234/owl.7")),
        (
            Paper("Editorial", url="https://a.example/1"),
            Paper("Editorial", url="https://a.example/1"),
        ),
    ],
)
def test_one_work_is_known_again(one, other):
    assert _are_one(one, other)
