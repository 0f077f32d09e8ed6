"""The whole day: digest text in, letters over real SMTP, a click over HTTP, another letter."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import anyio
import httpx2
import pytest
import uvicorn
from conftest import Clock
from smtp_sink import Sink

from app import main
from app.demo import loopback
from app.demo.visitor import Visitor
from app.errors import AppError
from app.pipeline import ingest
from app.pipeline.plan import Day
from app.settings import Settings
from app.store import engine as engines
from app.store import letters, subscribers
from app.store.tables import State

SAMPLES = Path(ingest.__file__).parents[1] / "samples"
WORDS = '"language model", protein'


@dataclass
class House:
    """A whole service: the pages on a port, the stations, the mail server, and the clock."""

    settings: Settings
    day: Day
    sink: Sink
    clock: Clock
    visitor: Visitor

    def read(self, sample: str) -> None:
        report = ingest.ingest_file(self.day.desk.engine, SAMPLES / sample, self.clock())
        assert not isinstance(report, AppError), report
        assert report.n_new > 0

    def sign_up(self, address: str) -> None:
        form = {"email": address, "interests": WORDS, "zone": "Asia/Tokyo", "hour": "19"}
        self.visitor.open_form("/subscribe")
        self.clock.forward(seconds=5)
        self.visitor.fill_in("/subscribe", {**form, "rhythm": "daily"})
        self.send()
        self.visitor.press(link(self.letter_of(address), "/confirm/"))

    def send(self) -> None:
        self.day.rank_due()
        anyio.run(self.day.deliver)

    def letter_of(self, address: str) -> EmailMessage:
        return [taken.message for taken in self.sink.taken if taken.recipient == address][-1]

    def picked(self, address: str) -> list[str]:
        """The titles of the latest letter's picks, by rank."""
        with engines.transaction(self.day.desk.engine) as session:
            person = subscribers.by_address(session, address)
            today = self.clock().date()
            row = letters.of_edition(session, person.id, today)
            return [paper.title for _, paper in letters.picks_of(session, row.id)]


@pytest.fixture
def house(
    settings: Settings, sink: Sink, clock: Clock, make_day: Callable[[Settings], Day]
) -> Iterator[House]:
    door = loopback.listening()
    port = door.getsockname()[1]
    settings = settings.model_copy(update={"base_url": f"http://127.0.0.1:{port}"})
    web = main.create_app(settings, clock=clock)
    server = uvicorn.Server(uvicorn.Config(web, log_config=None))
    thread = threading.Thread(target=server.run, args=[[door]])
    thread.start()
    while not server.started:
        time.sleep(0.01)
    visitor = Visitor(settings.base_url)
    yield House(settings, make_day(settings), sink, clock, visitor)
    visitor.close()
    server.should_exit = True
    thread.join()
    web.state.engine.dispose()


def text(message: EmailMessage) -> str:
    return str(message.get_body(("plain",)).get_content())


def link(message: EmailMessage, *parts: str) -> str:
    """The first link of the text part that holds all these parts."""
    words = text(message).split()
    return next(word for word in words if all(part in word for part in ("http://", *parts)))


def link_for(message: EmailMessage, title: str, verdict: str) -> str:
    """The feedback link under the paper of that title."""
    after = " ".join(text(message).split()).split(title, 1)[1]
    return next(w for w in after.split() if "/feedback/" in w and w.endswith(f"/{verdict}"))


@pytest.fixture
def two_readers(house: House) -> House:
    """Two people who typed the same words got the first day's letter: 19:00 in Tokyo."""
    house.read("day-1-compact.txt")
    for address in ("clicks@example.org", "silent@example.org"):
        house.sign_up(address)
    house.clock.forward(hours=1)
    house.send()
    return house


def test_a_digest_becomes_a_letter_that_is_fit_to_send(two_readers, check_message):
    raw = [taken.raw for taken in two_readers.sink.taken]
    assert len(raw) == 4  # two that asked for confirmation, two of the day
    for each in raw:
        check_message(each)

    letter = two_readers.letter_of("clicks@example.org")
    picked = two_readers.picked("clicks@example.org")
    body = " ".join(text(letter).split())
    assert picked[0][:20] in letter["Subject"]
    for title in picked:
        assert title.replace("H$_2$O", "H₂O") in body
    assert "You asked for" in body
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert two_readers.settings.base_url in letter["List-Unsubscribe"]


def test_the_same_words_give_the_same_letter(two_readers):
    assert two_readers.picked("clicks@example.org") == two_readers.picked("silent@example.org")


def test_a_click_moves_the_next_letter_to_the_liked_and_away_from_the_disliked(two_readers):
    house = two_readers
    letter = house.letter_of("clicks@example.org")
    about_proteins = next(t for t in house.picked("clicks@example.org") if "AlphaFold" in t)
    about_language = house.picked("clicks@example.org")[0]
    assert "Language Model" in about_language

    house.visitor.press(link_for(letter, about_proteins, "like"))
    house.visitor.press(link_for(letter, about_language, "dislike"))
    house.clock.forward(days=1)
    house.read("day-2-spaced.txt")
    house.send()

    told, untold = house.picked("clicks@example.org"), house.picked("silent@example.org")
    assert proteins_on_top(told) > proteins_on_top(untold)
    assert told != untold


def proteins_on_top(titles: list[str]) -> float:
    """How high papers on proteins and cells stand: the sum of 1 / rank."""
    living = ("protein", "cell", "gene", "RNA", "molec", "scGPT", "DNA", "genom")
    return sum(
        1 / rank
        for rank, title in enumerate(titles, start=1)
        if any(word.lower() in title.lower() for word in living)
    )


def test_opening_a_feedback_link_without_pressing_changes_nothing(two_readers):
    house = two_readers
    url = link(house.letter_of("clicks@example.org"), "/feedback/", "/like")
    for _ in range(3):
        assert httpx2.get(url).status_code == 200
        assert httpx2.head(url).status_code == 200
    house.clock.forward(days=1)
    house.read("day-2-spaced.txt")
    house.send()
    assert house.picked("clicks@example.org") == house.picked("silent@example.org")


def test_running_again_sends_nobody_a_second_letter(two_readers):
    house = two_readers
    before = len(house.sink.taken)
    for _ in range(3):
        house.clock.forward(minutes=10)
        house.send()
        house.day.rank_edition(None, everyone=True)
        house.send()
    assert len(house.sink.taken) == before


def test_a_paper_reaches_a_person_once_over_many_days(two_readers):
    house, seen = two_readers, set(two_readers.picked("clicks@example.org"))
    for sample in ("day-2-spaced.txt", "day-2-markdown.txt"):
        house.clock.forward(days=1)
        house.read(sample)
        house.send()
        today = house.picked("clicks@example.org")
        assert not seen & set(today)
        seen |= set(today)


def test_unsubscribing_with_one_click_ends_the_letters(two_readers):
    house = two_readers
    url = house.letter_of("clicks@example.org")["List-Unsubscribe"].strip("<>")
    answer = httpx2.post(url, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200

    house.clock.forward(days=1)
    house.read("day-2-spaced.txt")
    house.send()
    today = house.clock().date()
    got = [t for t in house.sink.taken if t.message["Date"].datetime.date() == today]
    assert [taken.recipient for taken in got] == ["silent@example.org"]


def test_a_refused_letter_is_tried_again_and_arrives_once(house):
    house.read("day-1-compact.txt")
    house.sign_up("grey@example.org")
    house.sink.at_rcpt["grey@example.org"] = ["451 4.7.1 come back later"]
    house.clock.forward(hours=1)
    house.send()
    assert len(house.sink.taken) == 1  # only the one that asked for confirmation

    house.clock.forward(minutes=10)
    house.send()
    assert len(house.sink.taken) == 2
    with engines.transaction(house.day.desk.engine) as session:
        person = subscribers.by_address(session, "grey@example.org")
        from app.store import outbox

        entry = outbox.of_edition(session, person.id, (house.clock() - timedelta(0)).date())
        assert (entry.state, entry.attempts) == (State.SENT, 2)
