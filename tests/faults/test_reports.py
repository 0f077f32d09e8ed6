"""A flood of reports, most of them forged: nobody loses their letters over one."""

import random
import re
import signal
import time
from pathlib import Path

import pytest
from conftest import KEY
from sqlmodel import select

from app.mail import links
from app.mail.links import MailPurpose, Tokens
from app.store import engine as engines
from app.store.tables import OutboxEntry, Status, Subscriber, Suppression

REPORTS = Path(__file__).parents[1] / "mail" / "reports"
BASE = "bounce@example.org"
OURS, THEIRS = Tokens([KEY]), Tokens(["the key of whoever forges"])
# The addresses that the reports in the folder came to, and the reader they are about.
WRITTEN = re.compile(rb"[\w.]+\+[bu][a-z2-7]{20,}@example\.org", re.IGNORECASE)
READER = re.compile(rb"ada@example\.(net|com|org)")
# What tells of no failed letter, or of a refusal that is not its reader's fault.
INNOCENT = (
    *("arf_not_spam", "away_*", "challenge_response", "*_delayed", "*_warning", "read_receipt"),
    *("gmail_unauthenticated", "m365_sender_unauthenticated", "postfix_delivered", "yahoo_dmarc"),
)


@pytest.fixture
def n_mails(request):
    return 10_000 if request.config.getoption("full") else 500


@pytest.fixture
def maildir(tmp_path):
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path / "mail"


def forms(*patterns):
    return [path.read_bytes() for each in patterns for path in sorted(REPORTS.glob(f"{each}.eml"))]


class Forger:
    """Writes reports about readers: entries of the outbox, whose letters can be named."""

    def __init__(self, entries, addresses):
        self.entries, self.addresses = entries, addresses
        self.chance = random.Random(35)  # noqa: S311
        self.every, self.innocent = forms("*"), forms(*INNOCENT)

    def about(self, form, entry, to):
        raw = WRITTEN.sub(to.encode(), form)
        return READER.sub(self.addresses[entry.subscriber_id].encode(), raw)

    def true(self, form, entry):
        return self.about(form, entry, self.address(entry))

    def address(self, entry, tokens=OURS):
        return links.bounce_address(BASE, tokens, entry.subscriber_id, entry.letter_id)

    def forged(self):
        """A report of any form, to an address that we never gave to this reader's letter."""
        entry, other = self.chance.sample(self.entries, 2)
        true = self.address(entry)
        token = true.partition("+")[2].partition("@")[0]
        at = self.chance.randrange(1, len(token) - 1)  # the last has bits to spare
        changed = self.chance.choice(
            [c for c in "abcdefghijklmnopqrstuvwxyz234567" if c != token[at]]
        )
        swapped = self.address(other).partition("+")[2].partition("@")[0]
        leave = OURS.make_mail(MailPurpose.UNSUBSCRIBE, entry.subscriber_id)
        to = self.chance.choice(
            [
                self.address(entry, THEIRS),
                f"bounce+{token[:at]}{changed}{token[at + 1 :]}@example.org",
                f"bounce+{token[:at]}@example.org",
                f"bounce+{token[: len(token) // 3]}{swapped[len(token) // 3 :]}@example.org",
                f"bounce+b{leave}@example.org",
                f"bounce+u{token[1:]}@example.org",
                links.bounce_address(BASE, OURS, 10**6, 10**6),
                self.addresses[entry.subscriber_id],
                BASE,
            ]
        )
        if to == self.address(other):  # they may begin alike
            to = BASE
        return self.about(self.chance.choice(self.every), entry, to)

    def garbled(self):
        raw = self.forged()
        first, last = sorted(self.chance.choices(range(len(raw)), k=2))
        return raw[:first] + self.chance.randbytes(9) + raw[last:]

    def harmless(self):
        return self.true(self.chance.choice(self.innocent), self.chance.choice(self.entries))


@pytest.fixture
def look(engine):
    def read():
        with engines.transaction(engines.reading(engine)) as session:
            suppressed = {row.address for row in session.exec(select(Suppression))}
            gone = Subscriber.status == Status.UNSUBSCRIBED
            return suppressed, set(session.exec(select(Subscriber.address).where(gone)))

    return read


def test_of_thousands_of_forged_reports_none_suppresses_anybody(
    request, n_mails, prepare, start, maildir, engine, look, slow_sink
):
    people = prepare(60)
    with engines.transaction(engines.reading(engine)) as session:
        entries = list(session.exec(select(OutboxEntry).order_by(OutboxEntry.subscriber_id)))
    forger = Forger(entries, {person.id: person.address for person in people})
    (unknown,), (full,), (complaint,) = map(forms, ("postfix_unknown", "postfix_full", "arf_yahoo"))
    dead, loud, often = entries[:6], entries[6:8], entries[8]
    mails = [forger.true(unknown, entry) for entry in dead]
    mails += [forger.true(complaint, entry) for entry in loud]
    # A loop of reports on one letter of one reader.
    mails += [forger.true(full, often) + b"%d\r\n" % n for n in range(n_mails // 20)]
    while len(mails) < n_mails:
        kinds, weights = (forger.forged, forger.garbled, forger.harmless), (6, 2, 2)
        mails.append(forger.chance.choices(kinds, weights)[0]())
    forger.chance.shuffle(mails)
    for n, mail in enumerate(mails):
        (maildir / "new" / f"{n:05}").write_bytes(mail)

    told = {"BOUNCE_ADDRESS": BASE, "BOUNCE_MAILBOX": f"maildir:{maildir}"}
    began = time.monotonic()
    killed = start("learn", told=told)
    while not any((maildir / "cur").iterdir()):
        assert killed.poll() is None
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert start("learn", told=told).wait(timeout=300) == 0
    took = time.monotonic() - began

    assert not any((maildir / "new").iterdir())
    addresses = forger.addresses
    complained = {addresses[entry.subscriber_id] for entry in loud}
    died = {addresses[entry.subscriber_id] for entry in dead}
    assert look() == (died | complained, complained)
    assert (slow_sink.n_connections, slow_sink.taken) == (0, [])  # no report is ever answered
    if request.config.getoption("full"):
        assert took < 60
