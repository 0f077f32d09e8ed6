"""`paperboy why`."""

import json

import pytest

ADA = "ada@example.org"


@pytest.fixture
def ada(paperboy, migrated, tmp_path):
    """Ada asked for owls, and a digest with owls and robins in it was read."""
    lines = ["Get trending papers in your email inbox!", "Subscribe", "Daily Papers"]
    for bird in ("Owls", "Robins"):
        abstract = (
            f"We followed two hundred {bird.lower()} over four winters and asked how they find "
            f"their way. Young {bird.lower()} learn it from their parents within one season."
        )
        lines += [f"How {bird} Find Their Way Home [{bird}]", abstract, "3 authors", "·"]
        lines += ["May 29, 2026"]
    digest = tmp_path / "birds.txt"
    digest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert paperboy("ingest", str(digest)).code == 0
    assert paperboy("subscribers", "add", ADA, "--confirmed", "--keyword", "owls").code == 0


def test_a_paper_is_explained_with_the_shares_of_its_score(ada, paperboy):
    done = paperboy("why", ADA, "How Owls Find Their Way Home [Owls]")

    assert done.code == 0, done.err
    assert "“How Owls Find Their Way Home [Owls]”" in done.out
    assert "owls" in done.out.partition("What made its score")[2]


def test_an_operator_is_told_of_the_reader_in_one_voice(ada, paperboy):
    done = paperboy("why", ADA, "How Owls Find Their Way Home [Owls]")

    assert "They asked for owls" in done.out
    assert "you" not in done.out.lower().replace("young", "")


def test_json_has_the_same_facts(ada, paperboy):
    done = paperboy("why", ADA, "1", "--json")
    answer = json.loads(done.out)

    assert answer["paper_id"] == 1
    assert answer["title"] == "How Owls Find Their Way Home [Owls]"
    assert answer["rank"] is None
    assert answer["told"]
    assert sum(share for _, share in answer["shares"]) == pytest.approx(answer["score"])


def test_a_day_before_the_paper_came_is_a_plain_answer(ada, paperboy):
    done = paperboy("why", ADA, "1", "--day", "2020-01-01")

    assert done.code == 0
    assert "Not there yet" in done.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((ADA, "No Such Paper"), "No stored paper is “No Such Paper”"),
        (("bo@example.org", "1"), "No subscriber has the address bo@example.org"),
        ((ADA, "1", "--day", "yesterday"), "“yesterday” is no day"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(words, sentence, ada, paperboy):
    done = paperboy("why", *words)

    assert done.code == 1
    assert sentence in done.err
