"""`paperboy subscribers`."""

import json
import shlex
import sys
from pathlib import Path

import pytest

COLUMNS = "email,status,interests,likes,zone,hour,days,size\n"


@pytest.fixture
def ada(paperboy, migrated):
    """Ada is a subscriber."""
    done = paperboy(
        *("subscribers", "add", "ada@example.org", "--confirmed"),
        *("--keyword", "protein folding", "--keyword", "-video", "--zone", "Europe/Berlin"),
        *("--hour", "7", "--days", "weekdays"),
    )
    assert done.code == 0, done.err


def people(paperboy) -> list[dict]:
    return json.loads(paperboy("subscribers", "list", "--json").out)


def test_the_readmes_example_works_on_a_fresh_service(paperboy, migrated):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    _, command, rest = readme.partition("paperboy subscribers add ada")
    written = (command + rest).partition("\npaperboy ")[0].replace("\\\n", " ")
    done = paperboy(*shlex.split(written, comments=True)[1:])
    assert done.code == 0, done.err
    assert people(paperboy)[0]["interests"] == '"protein folding", -video'


def test_a_keyword_of_several_words_is_a_phrase(ada, paperboy):
    assert people(paperboy)[0]["interests"] == '"protein folding", -video'


def test_adding_shows_in_the_list(ada, paperboy):
    (line,) = people(paperboy)
    assert (line["email"], line["status"]) == ("ada@example.org", "active")
    assert (line["zone"], line["hour"], line["days"]) == ("Europe/Berlin", 7, "mon,tue,wed,thu,fri")
    assert "ada@example.org" in paperboy("subscribers", "list").out


@pytest.mark.parametrize(
    ("keyword", "interest"),
    [
        ("protein folding", '"protein folding"'),
        ("protein folding x2", '"protein folding" x2'),
        ('author:"Yann LeCun" x2', 'author:"Yann LeCun" x2'),
        ("author: Yann LeCun", 'author:"Yann LeCun"'),
        ("category:cs.LG x0.5", "category:cs.LG x0.5"),
        ("-face recognition", '-"face recognition"'),
        ('-author:"Yann LeCun"', '-author:"Yann LeCun"'),
        ("video codec x264", '"video codec x264"'),
        ("whales x3", "whales x3"),
        ("whales, owls", "whales, owls"),
        ("=-whales", "-whales"),
        ("whales -owls", "whales, -owls"),
        ("whales author:Bengio", "whales, author:Bengio"),
    ],
)
def test_a_keyword_is_one_interest_of_the_whole_language(paperboy, migrated, keyword, interest):
    paperboy("subscribers", "add", "bo@example.org", "-k", "moons", f"--keyword={keyword}")
    assert people(paperboy)[0]["interests"] == f"moons, {interest}"


def test_an_error_among_several_keywords_shows_the_text_it_points_into(ada, paperboy):
    typed = ("-k", "deep diving", "-k", "cat:cs.LG")
    for command in ("add", "edit"):
        email = {"add": "bo@example.org", "edit": "ada@example.org"}[command]
        done = paperboy("subscribers", command, email, *typed)
        assert done.code == 1
        assert "character 16 is unknown" in done.err
        assert 'read as: "deep diving", cat:cs.LG' in done.err
    alone = paperboy("subscribers", "add", "bo@example.org", "-k", "cat:cs.LG")
    assert "read as" not in alone.err


def test_a_word_that_no_paper_holds_is_told_and_kept(ada, paperboy):
    quiet = paperboy("subscribers", "edit", "ada@example.org", "--keyword", "qwertzuiop")
    assert quiet.err == ""  # before the first digest every word is unknown
    samples = Path(sys.modules["app"].__file__).parent / "samples"
    paperboy("ingest", str(samples / "day-1-compact.txt"))
    added = paperboy("subscribers", "add", "bo@example.org", "-k", "qwertzuiop", "-k", "attention")
    edited = paperboy("subscribers", "edit", "ada@example.org", "--keyword", "qwertzuiop")
    for done in (added, edited):
        assert done.code == 0
        (note,) = done.err.splitlines()
        assert note.startswith("Note: ")
        assert "“qwertzuiop”" in note
    assert people(paperboy)[0]["interests"] == "qwertzuiop"


def test_an_import_tells_the_line_of_a_word_that_no_paper_holds(paperboy, migrated, tmp_path):
    samples = Path(sys.modules["app"].__file__).parent / "samples"
    paperboy("ingest", str(samples / "day-1-compact.txt"))
    file = tmp_path / "people.csv"
    rows = "bo@example.org,attention\nchidi@example.org,atention\nada@example.org,atention\n"
    file.write_text(f"email,interests\n{rows}")

    done = paperboy("subscribers", "import", str(file), "--confirmed")

    assert done.out == "Added 3 of 3.\n"
    notes = [note for note in done.err.splitlines() if note.startswith("Note: ")]
    lacking = "no paper of the last year contains “atention”; near: “attention”"
    assert notes == [f"Note: line {number}: {lacking}" for number in (3, 4)]


TUNED = (
    *("--threshold", "worth-a-look", "--dial", "0.75", "--exploration", "every-letter"),
    *("--empty-day", "older-papers"),
)
FINE = ("threshold", "dial", "exploration", "shares_likes", "empty_day")


def tuning(line):
    return [line[name] for name in FINE]


def test_the_fine_tuning_is_the_usual_unless_told(ada, paperboy):
    assert tuning(people(paperboy)[0]) == ["good", 0.0, "now and then", False, "no letter"]
    paperboy("subscribers", "add", "bo@example.org", "-k", "moons", *TUNED, "--share-likes")
    assert tuning(people(paperboy)[1]) == [
        "worth a look",
        0.75,
        "every letter",
        True,
        "older papers",
    ]
    shown = paperboy("subscribers", "show", "bo@example.org").out
    assert "shares_likes yes" in shown
    assert "dial         0.75" in shown


def test_editing_turns_what_is_given_and_nothing_else(ada, paperboy):
    paperboy("subscribers", "edit", "ada@example.org", *TUNED, "--share-likes")
    paperboy("subscribers", "edit", "ada@example.org", "--hour", "9")
    assert tuning(people(paperboy)[0]) == [
        "worth a look",
        0.75,
        "every letter",
        True,
        "older papers",
    ]
    paperboy("subscribers", "edit", "ada@example.org", "--no-share-likes", "--dial", "0")
    assert tuning(people(paperboy)[0]) == [
        "worth a look",
        0.0,
        "every letter",
        False,
        "older papers",
    ]


@pytest.mark.parametrize(
    ("option", "typed", "sentence"),
    [
        ("--threshold", "brilliant", "choose strong, good or worth a look"),
        ("--dial", "0.3", "choose 0, 0.25, 0.5, 0.75 or 1"),
        ("--exploration", "often", "choose never, now and then or every letter"),
        ("--empty-day", "pad", "choose no letter, short note or older papers"),
    ],
)
def test_a_tuning_that_is_none_is_a_sentence_and_changes_nothing(
    ada, paperboy, option, typed, sentence
):
    before = people(paperboy)
    for command in (["add", "bo@example.org", "-k", "moons"], ["edit", "ada@example.org"]):
        done = paperboy("subscribers", *command, option, typed)
        assert done.code == 1
        assert sentence in done.err
    assert people(paperboy) == before


def test_what_somebody_agreed_to_is_shown_word_for_word(ada, paperboy, migrated):
    paperboy("subscribers", "add", "bo@example.org", "-k", "moons")
    shown = {
        name: json.loads(paperboy("subscribers", "show", f"{name}@example.org", "--json").out)
        for name in ("ada", "bo")
    }
    (vouched,), (asked,) = shown["ada"]["consents"], shown["bo"]["consents"]
    assert vouched["text"].startswith("The operator added this address, and says")
    assert vouched["confirmed_at"] is not None
    assert asked["confirmed_at"] is None
    assert asked["message_id"].endswith(">")
    assert asked["form_url"] == "paperboy subscribers"
    assert "and a letter asked its owner" in " ".join(
        paperboy("subscribers", "show", "bo@example.org").out.split()
    )


def test_who_was_asked_today_is_not_asked_again_and_the_operator_is_told(paperboy, migrated):
    paperboy("subscribers", "add", "bo@example.org", "-k", "moons")
    paperboy("subscribers", "remove", "bo@example.org")
    told = paperboy("subscribers", "add", "bo@example.org", "-k", "moons").out
    assert "no letter asks them to confirm now" in told


def test_without_confirmed_a_letter_that_asks_waits(paperboy, migrated):
    paperboy("subscribers", "add", "bo@example.org", "--keyword", "whales")
    (line,) = people(paperboy)
    assert line["status"] == "pending"
    shown = json.loads(paperboy("subscribers", "show", "bo@example.org", "--json").out)
    assert [(each["kind"], each["state"]) for each in shown["letters"]] == [("confirm", "ready")]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["bo@", "--keyword", "x1"], "no mail address"),
        (["bo@example.org"], "at least one word"),
        (["bo@example.org", "--keyword", '"open'], "never closed"),
        (["bo@example.org", "--keyword", "the"], "says nothing"),
        (["bo@example.org", "--keyword", "whales", "--zone", "Mars/Base"], "time zone"),
        (["bo@example.org", "--keyword", "whales", "--hour", "25"], "hour"),
        (["bo@example.org", "--keyword", "whales", "--days", "someday"], "days"),
        (["bo@example.org", "--like", "No Such Paper"], "No stored paper"),
        (["ada@example.org", "--keyword", "whales"], "subscriber already"),
    ],
)
def test_what_cannot_be_used_is_a_sentence_and_adds_nobody(ada, paperboy, options, sentence):
    done = paperboy("subscribers", "add", *options)
    assert done.code == 1
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1
    assert len(people(paperboy)) == 1


def test_editing_replaces_words_and_moves_the_hour(ada, paperboy):
    before = people(paperboy)[0]["next"]
    done = paperboy("subscribers", "edit", "ada@example.org", "--keyword", "whales", "--hour", "19")
    assert done.code == 0
    (line,) = people(paperboy)
    assert (line["interests"], line["hour"]) == ("whales", 19)
    assert line["next"] != before


def test_removing_leaves_nothing(ada, paperboy, database):
    assert paperboy("subscribers", "remove", "ada@example.org").code == 0
    assert people(paperboy) == []
    assert "ada@example.org" not in str(database.rows())
    assert paperboy("subscribers", "remove", "ada@example.org").code == 1


def test_what_was_exported_can_be_imported_elsewhere(ada, paperboy, tmp_path):
    file = tmp_path / "people.csv"
    paperboy("subscribers", "export", str(file))
    exported = people(paperboy)
    paperboy("subscribers", "remove", "ada@example.org")
    assert paperboy("subscribers", "import", str(file), "--confirmed").code == 0
    assert people(paperboy) == exported


def test_the_fine_tuning_moves_with_a_person(ada, paperboy, tmp_path):
    file = tmp_path / "people.csv"
    paperboy("subscribers", "edit", "ada@example.org", *TUNED, "--share-likes")
    paperboy("subscribers", "export", str(file))
    assert "worth a look,0.75,every letter,yes,older papers" in file.read_text()
    paperboy("subscribers", "remove", "ada@example.org")
    assert paperboy("subscribers", "import", str(file), "--confirmed").code == 0
    assert tuning(people(paperboy)[0]) == [
        "worth a look",
        0.75,
        "every letter",
        True,
        "older papers",
    ]


@pytest.mark.parametrize(
    ("column", "typed"),
    [("threshold", "best"), ("dial", "2"), ("exploration", "1"), ("shares_likes", "sure")],
)
def test_a_tuning_that_is_none_stops_an_import(paperboy, migrated, tmp_path, column, typed):
    file = tmp_path / "people.csv"
    file.write_text(f"email,interests,{column}\nbo@example.org,whales,{typed}\n")
    done = paperboy("subscribers", "import", str(file))
    assert done.code == 1
    assert f"Line 2: “{typed}” is no" in done.err
    assert people(paperboy) == []


def test_one_wrong_line_of_an_import_adds_nobody(paperboy, migrated, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(f"{COLUMNS}a@example.org,,whales,,,,,\nno address,,whales,,,,,\n")
    done = paperboy("subscribers", "import", str(file))
    assert done.code == 1
    assert "Line 3" in done.err
    assert people(paperboy) == []


def test_an_import_leaves_the_known_and_the_unsubscribed_out(ada, paperboy, tmp_path):
    file = tmp_path / "people.csv"
    rows = "ada@example.org,,whales,,,,,\nbo@example.org,unsubscribed,whales,,,,,\n"
    file.write_text(f"{COLUMNS}{rows}chidi@example.org,,whales,,,,,\n")
    done = paperboy("subscribers", "import", str(file), "--confirmed")
    assert done.code == 0
    assert [line["email"] for line in people(paperboy)] == ["ada@example.org", "chidi@example.org"]
    assert people(paperboy)[0]["interests"] == '"protein folding", -video'


@pytest.mark.parametrize(
    "content", [b"name;age\n1;2\n", b"\xff\xfe\x00", b"", b"email,interests\na@x.org,whales\0\n"]
)
def test_a_file_that_is_no_list_of_people_is_a_sentence(paperboy, migrated, tmp_path, content):
    file = tmp_path / "people.csv"
    file.write_bytes(content)
    done = paperboy("subscribers", "import", str(file))
    assert done.code == 1
    assert "people.csv" in done.err


def test_an_unknown_address_is_a_sentence(paperboy, migrated):
    for command in (["show"], ["edit"], ["remove"]):
        done = paperboy("subscribers", *command, "nobody@example.org")
        assert done.code == 1
        assert "No subscriber has the address nobody@example.org" in done.err


def test_a_folder_that_cannot_be_made_is_a_sentence(paperboy, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PAPERBOY_DATA_DIR", str(Path(tmp_path) / "file" / "data"))
    done = paperboy("subscribers", "list")
    assert done.code == 1
    assert "PAPERBOY_DATA_DIR" in done.err


def test_who_never_confirmed_elsewhere_is_asked_here_too(paperboy, migrated, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(f"{COLUMNS}bo@example.org,pending,whales,,,,,\n")
    assert paperboy("subscribers", "import", str(file), "--confirmed").code == 0
    assert people(paperboy)[0]["status"] == "pending"


def test_an_address_twice_in_a_file_is_named_by_its_lines(paperboy, migrated, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(f"{COLUMNS}bo@example.org,,whales,,,,,\nBO@example.org,,owls,,,,,\n")
    done = paperboy("subscribers", "import", str(file))
    assert done.code == 1
    assert "Line 3: bo@example.org stands in line 2 too" in done.err
    assert people(paperboy) == []


def test_a_pause_and_a_dislike_move_with_a_person(paperboy, migrated, tmp_path):
    samples = Path(sys.modules["app"].__file__).parent / "samples"
    paperboy("ingest", str(samples / "day-1-compact.txt"))
    file = tmp_path / "people.csv"
    file.write_text(
        "email,interests,dislikes,paused_until\n"
        "bo@example.org,whales,Attention Is All You Need,2199-01-01\n"
    )
    assert paperboy("subscribers", "import", str(file), "--confirmed").code == 0
    (line,) = people(paperboy)
    assert line["dislikes"] == ["Attention Is All You Need"]
    assert (line["paused_until"], line["next"][:4]) == ("2199-01-01", "2199")
    exported = paperboy("subscribers", "export").out
    assert "2199-01-01" in exported
    assert "Attention Is All You Need" in exported


def test_who_likes_papers_needs_no_positive_word(paperboy, migrated):
    samples = Path(sys.modules["app"].__file__).parent / "samples"
    paperboy("ingest", str(samples / "day-1-compact.txt"))
    liked = "Attention Is All You Need"
    paperboy("subscribers", "add", "bo@example.org", "--like", liked, "--confirmed")
    assert paperboy("subscribers", "edit", "bo@example.org", "--keyword=-video").code == 0
    assert people(paperboy)[0]["interests"] == "-video"


def test_an_import_says_whole_sentences(paperboy, migrated, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("email,interests\nbo@example.org,“open\n")
    refused = paperboy("subscribers", "import", str(file))
    assert refused.code == 1
    assert "is never closed. Nobody was added." in refused.err
    file.write_text("email,interests\nbo@example.org,moons\n")
    assert paperboy("subscribers", "import", str(file)).out == "Added 1 of 1.\n"


def test_letters_come_in_the_language_that_the_operator_names(paperboy, migrated, tmp_path):
    who = ("subscribers", "add", "a@example.org", "--keyword", "whales", "--language", "de")
    assert paperboy(*who).code == 0
    paperboy("subscribers", "edit", "a@example.org", "--hour", "8")
    file = tmp_path / "people.csv"
    paperboy("subscribers", "export", str(file))
    assert ",de," in file.read_text(encoding="utf-8")

    refused = paperboy("subscribers", "edit", "a@example.org", "--language", "tlh")

    assert refused.code == 1
    assert "“tlh” is no language of ours; choose one of: en, de." in refused.err
