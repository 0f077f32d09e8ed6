from collections import Counter
from datetime import date
from importlib import resources

import pytest

from app.papers import digest
from app.papers.paper import normalised_title

READ_ON = date(2026, 11, 21)
N_ENTRIES = {
    "day-1-cards.txt": 14,
    "day-1-compact.txt": 16,
    "day-2-markdown.txt": 8,
    "day-2-spaced.txt": 16,
    "day-2-trending.txt": 8,
}


def read(name):
    return digest.read((resources.files("app.samples") / name).read_bytes(), READ_ON)


def titles_of_day(day):
    names = [name for name in N_ENTRIES if name.startswith(day)]
    return Counter(
        normalised_title(entry.paper.title) for name in names for entry in read(name).entries
    )


def test_every_sample_file_is_listed_here():
    files = [path.name for path in resources.files("app.samples").iterdir()]

    assert sorted(name for name in files if name.endswith(".txt")) == sorted(N_ENTRIES)


@pytest.mark.parametrize("name", N_ENTRIES)
def test_a_sample_is_read_whole(name):
    sample = read(name)

    assert sample.unread == ()
    assert len(sample.entries) == N_ENTRIES[name]


@pytest.mark.parametrize("name", N_ENTRIES)
def test_every_sample_paper_has_a_full_abstract(name):
    assert all(len(entry.paper.abstract) >= 300 for entry in read(name).entries)


@pytest.mark.parametrize("name", ["day-1-cards.txt", "day-2-markdown.txt", "day-2-trending.txt"])
def test_cards_keep_the_day_of_the_list_and_the_votes(name):
    sample = read(name)

    assert sample.date == date(2026, 11, 19 if name.startswith("day-1") else 20)
    assert sum(entry.votes is not None for entry in sample.entries) >= len(sample.entries) - 1


def test_markdown_keeps_the_arxiv_ids():
    ids = {entry.paper.title: entry.paper.arxiv_id for entry in read("day-2-markdown.txt").entries}

    assert ids["Hamiltonian Neural Networks"] == "1906.01563"
    assert all(ids.values())


def test_samples_come_in_at_least_three_layouts():
    assert len({read(name).layout for name in N_ENTRIES}) >= 3


def test_two_days_hold_enough_papers_and_share_exactly_one():
    first, second = titles_of_day("day-1"), titles_of_day("day-2")

    assert len(first | second) >= 40
    assert set(first) & set(second) == {"segment anything"}
    assert set((first | second).values()) == {1}
