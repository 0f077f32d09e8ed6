"""What delivery costs, from claim to settled letter, against senders that only send.

Ways take turns (A B A B …) within one run, each in a process of its own, all into one server on
this machine; letters are made up, ten papers each. Ratios hold within a run only. The limit is
Postfix's smtp-source into its smtp-sink where both are installed, else a bare socket in Python.

Of two processes (PAPERBOY_SENDERS=2, with --full: fewer letters are sent before the second is here)
the rate is that from when both send, as imports do not count elsewhere; that of the whole run, its
start-up counted, is printed below the table. Their CPU is all they spend, start-up too.

    python benchmarks/delivery.py [--full] [--rounds N] [--profile] [--grow] [--django PYTHON]

--full: 6,000 letters and not 600. --grow: P7, ten times as many letters against the first number
(with --full 100,000 against 2,000). --profile: where the sender's CPU time goes. --django: P3, an
interpreter that has Django, which is no part of this project. P4 needs an installed Postfix, and
root; what cannot be measured is said to be so.
"""

import argparse
import asyncio
import cProfile
import json
import pstats
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import goals
import post_office
import relays
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from app import assembly, logs
from app.mail import dkim, message, press
from app.mail.letter import Rendered
from app.pipeline import compose, hand
from app.pipeline.plan import Day
from app.store import engine as engines
from app.store import letters

LIMIT_IS = "smtp-source" if relays.HAS_POSTFIX_TOOLS else "socket"
OURS = ("ours", "wide", "both", "signed")
DJANGO = {"django": "ready", "django linked": "linked"}
# Of so many letters into a Postfix: it writes each to the disk, in some milliseconds.
MOST_TO_POSTFIX = 3_000
# Two processes are measured from here on; each has as many connections as one alone.
ENOUGH_FOR_BOTH = 3_000
NAMES = {
    "ours": "ours: claim, render, ledger, send; 8 connections",
    "both": "the same, two processes of 8 connections each",
    "wide": "the same, one process of 16 connections",
    "signed": "the same, signed (DKIM RSA-2048)",
    "smtp-source": "smtp-source -d -s 10 (the limit)",
    "same letter": "smtp-source with a letter of ours, to as many readers",
    "client": "our SMTP client alone, 10 connections, ready-made letters",
    "socket": "bare socket in Python, 1 connection, the same bytes",
    "smtplib": "smtplib, 1 connection, the same bytes",
    "django": "Django EmailMultiAlternatives, all ready-made, no ledger",
    "django linked": "the same, each link signed by Django",
}

BY = {"ours": "one process", "both": "two processes", "wide": "16 connections"}


@dataclass(frozen=True)
class Spent:
    """Of one way, once: letters, seconds on the clock, CPU seconds, and peak memory in MiB.

    whole: letters a second of the whole run, where the clock was started later.
    """

    n: int
    wall: float
    cpu: float
    peak: float
    whole: float = 0.0

    @property
    def rate(self) -> float:
        """Letters a second."""
        return self.n / self.wall

    @property
    def micros(self) -> float:
        """CPU µs a letter."""
        return 1e6 * self.cpu / self.n


def main() -> None:
    """Print every way's figures, then each goal with its figure."""
    asked = argparse.ArgumentParser(description="What delivery costs.")
    asked.add_argument("--full", action="store_true")
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--profile", action="store_true")
    asked.add_argument("--grow", action="store_true")
    asked.add_argument("--django", help="a Python that has Django", default="")
    for name in ("way", "folder", "port"):
        asked.add_argument(f"--{name}", help=argparse.SUPPRESS)
    told = asked.parse_args()
    if told.way == "sink":
        post_office.serve()
    elif told.way:
        print(json.dumps(asdict(send(told.way, Path(told.folder), int(told.port)))))
    else:
        ours = [sys.executable, __file__, "--way", "sink"]
        with tempfile.TemporaryDirectory() as folder, relays.sink(ours) as port:
            measure(Path(folder), port, 6_000 if told.full else 600, told)


def measure(folder: Path, port: int, n: int, told: argparse.Namespace) -> None:
    """The whole run."""
    engine = post_office.lay(folder, n)
    (folder / "dkim.pem").write_bytes(_new_key())
    post_office.write_messages(folder, engine, n)
    sizes = [len(raw) for *_, raw in post_office.read_messages(folder)]
    size = round(statistics.mean(sizes))
    into = "smtp-sink" if relays.HAS_POSTFIX_TOOLS else "a server in Python"
    print(f"{n:,} letters of {size / 1000:.1f} kB, {told.rounds} rounds, into {into}")
    if LIMIT_IS != "smtp-source":
        print("smtp-source and smtp-sink are not installed: a bare socket stands in for the limit.")
    ours = [way for way in OURS if way != "both" or n >= ENOUGH_FOR_BOTH]
    ways = list(dict.fromkeys([LIMIT_IS, *ours, "socket", "smtplib"]))
    if told.django:
        ways += DJANGO
    runs: dict[str, list[Spent]] = {way: [] for way in ways}
    for _ in range(told.rounds):
        for way in ways:
            post_office.make_ready(engine)
            runs[way].append(_sent(way, folder, port, n, size, told.django))
            if way in ours:
                assert post_office.count_sent(engine) == n
    table(runs)
    p1_to_p3(runs)
    p4(told.rounds, min(n, MOST_TO_POSTFIX), size)
    p5(folder)
    p6(folder, engine)
    p7(port, n, told)
    p13(folder, engine, port, n)
    if told.profile:
        post_office.make_ready(engine)
        profile(folder, port)


def _sent(way: str, folder: Path, port: int, n: int, size: int, python: str = "") -> Spent:
    if way in DJANGO:
        peer = str(Path(__file__).with_name("django_peer.py"))
        return _told([python, peer, str(folder), str(port), DJANGO[way]])
    if way not in {"smtp-source", "same letter"}:
        return _child(way, folder, port)
    what = ["-l", str(size)] if way == "smtp-source" else ["-F", str(folder / "letter"), "-N"]
    command = ["smtp-source", "-d", "-s", "10", *what, "-m", str(n)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*command, f"{relays.LOOPBACK}:{port}"], check=True)  # noqa: S603
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(n, wall, _cpu(after) - _cpu(before), 0.0)


def _child(way: str, folder: Path, port: int, *before: str) -> Spent:
    words = ["--way", way, "--folder", str(folder), "--port", str(port)]
    return _told([*before, sys.executable, __file__, *words])


def _told(command: list[str]) -> Spent:
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return Spent(**json.loads(done.stdout.splitlines()[-1]))


def send(way: str, folder: Path, port: int) -> Spent:
    """Send everything once, in this process; what was imported and read before does not count."""
    if way == "both":
        return _by_two(folder, port)
    if way in OURS:
        work, n = _pipeline(way, folder, port)
    else:
        messages = post_office.read_messages(folder)
        rival, n = post_office.RIVALS[way], len(messages)

        def work() -> None:
            rival(messages, port)

    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    return Spent(n, wall, _cpu(after) - _cpu(before), _peak())


def _pipeline(way: str, folder: Path, port: int) -> tuple[Callable[[], None], int]:
    key = (folder / "dkim.pem").read_text() if way == "signed" else ""
    domain = "example.org" if key else ""
    day = _day(folder, port, dkim_domain=domain, dkim_private_key=key)
    if way == "wide":
        day.n_connections *= 2
    return lambda: print(asyncio.run(day.deliver())), day.count_waiting()


def _day(folder: Path, port: int, **changes: object) -> Day:
    logs.configure("ERROR", "json")
    configured = post_office.settings(folder, port, log_level="ERROR", **changes)
    return assembly.day(configured, engines.connect(configured.database))


def _by_two(folder: Path, port: int) -> Spent:
    """The same by two processes, from when both send; the CPU is that of the whole run."""
    day, settled = _day(folder, port, senders=2), [0]
    assert day.hiring is not None
    day.hiring, day.n_connections = replace(day.hiring, enough=1), 2 * day.n_connections
    n, begun, real = day.count_waiting(), [(0.0, 0)], hand.Hand.send

    def send_too(one: hand.Hand) -> None:
        begun.append((time.perf_counter(), settled[0]))
        real(one)

    def count() -> None:
        settled[0] += 1

    hand.Hand.send = send_too  # type: ignore[method-assign]
    start = time.perf_counter()
    print(asyncio.run(day.deliver(count)))
    end, (both, n_before) = time.perf_counter(), begun[-1]
    if not both:
        sys.exit("All letters had gone before the second process was here.")
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(map(_cpu, spent)) * (n - n_before) / n
    peak = _peak() + spent[1].ru_maxrss / 1024
    return Spent(n - n_before, end - both, cpu, peak, n / (end - start))


def _peak() -> float:
    """The most memory this program held, in MiB; imports included."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says was inherited from whoever started this process.
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def table(runs: dict[str, list[Spent]]) -> None:
    """Medians of every way, and ratios to the limit of the same round."""
    print(f"{'letters/s':>66} {'÷ limit':>8} {'CPU µs':>8} {'÷ limit':>8} {'peak MiB':>9}")
    for way, spent in runs.items():
        rate, cpu = _median(spent, "rate"), _median(spent, "micros")
        peak = max(each.peak for each in spent)
        print(
            f"{NAMES[way]:<57}{rate:9,.0f} {_ratio(runs, way, LIMIT_IS, 'rate'):8.2f}"
            f" {cpu:8,.0f} {_ratio(runs, way, LIMIT_IS, 'micros'):8.1f} {peak:9.0f}"
        )
    if "both" in runs:
        print(f"Two processes, start-up counted: {_median(runs['both'], 'whole'):,.0f} letters/s")


def _median(spent: list[Spent], figure: str) -> float:
    return statistics.median(getattr(each, figure) for each in spent)


def _ratio(runs: dict[str, list[Spent]], way: str, to: str, figure: str) -> float:
    """The median of what the rounds give, each compared within itself."""
    pairs = zip(runs[way], runs[to], strict=True)
    return statistics.median(getattr(a, figure) / getattr(b, figure) for a, b in pairs)


def _better(runs: dict[str, list[Spent]], to: str) -> tuple[float, str]:
    """The rate of the fastest of our ways, against another's, and which it is."""
    ours = [way for way in ("ours", "both", "wide") if way in runs]
    return max((_ratio(runs, way, to, "rate"), BY[way]) for way in ours)


def _cheaper(runs: dict[str, list[Spent]], to: str) -> tuple[float, str]:
    """The CPU of the cheaper of our ways of one process, against another's, and which it is."""
    return min((_ratio(runs, way, to, "micros"), way) for way in ("ours", "wide"))


def p1_to_p3(runs: dict[str, list[Spent]]) -> None:
    """The whole pipeline against those who only send."""
    rate, by = _better(runs, LIMIT_IS)
    goals.say("P1", f"rate ÷ {LIMIT_IS} ({by})", "≥ 0.25 / 0.5", rate, rate >= 0.25)
    cpu, way = _cheaper(runs, LIMIT_IS)
    goals.say("P2", f"CPU a letter ÷ {LIMIT_IS} ({BY[way]})", "≤ 10 / 6", cpu, cpu <= 10)
    if "django" not in runs:
        goals.say(
            "P3", "rate ÷ Django's", "≥ 6 / 10", "name a Python that has Django: --django PYTHON"
        )
    for way in [way for way in DJANGO if way in runs]:
        faster, by = _better(runs, way)
        dearer = 1 / _cheaper(runs, way)[0]
        goals.say("P3", f"rate ÷ that of {way} ({by})", "≥ 6 / 10", faster, faster >= 6)
        goals.say("P3", f"CPU of {way} ÷ ours", "≥ 10 / 20", dearer, dearer >= 10)


def p4(rounds: int, n: int, size: int) -> None:
    """The same into a real Postfix, whose own pace is what is left to reach."""
    what, goal = "into a Postfix ÷ smtp-source", "≥ 0.7 / 0.95"
    if why := relays.why_no_postfix():
        goals.say("P4", what, goal, why)
        return
    both = ["both"] if n >= MOST_TO_POSTFIX else []
    ways = ["smtp-source", "same letter", "client", "ours", "wide", *both]
    runs: dict[str, list[Spent]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as name, relays.postfix() as server:
        engine = post_office.lay(Path(name), n)
        post_office.write_messages(Path(name), engine, n)
        letter = post_office.read_messages(Path(name))[0][2]
        (Path(name) / "letter").write_bytes(letter.replace(b"\r\n", b"\n"))
        for _ in range(rounds):
            for way, spent in runs.items():
                post_office.make_ready(engine)
                server.settle()
                spent.append(_sent(way, Path(name), server.port, n, size))
        assert post_office.count_sent(engine) == n
    alone = _ratio(runs, "client", "smtp-source", "rate")
    goals.say("P4", f"{what}: our client alone", goal, alone, alone >= 0.7)
    rate, by = _better(runs, "smtp-source")
    goals.say("P4", f"{what}: pipeline ({by})", goal, rate, rate >= 0.7)
    for way, spent in runs.items():
        print(f"      {NAMES[way]:<55}{_median(spent, 'rate'):7,.0f} letters/s")
    # A Postfix does more for letters with parts and for many readers than for the same line again.
    alone, whole = _ratio(runs, "client", "same letter", "rate"), _better(runs, "same letter")[0]
    print(f"      ÷ smtp-source with a letter of ours: {alone:.2f}, the whole pipeline {whole:.2f}")


def p5(folder: Path) -> None:
    """Signing against the bare private-key operation."""
    pem = (folder / "dkim.pem").read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    signer = dkim.Signer("example.org", "bench", pem.decode())
    messages = [raw for *_, raw in post_office.read_messages(folder)[:200]]
    bare, whole = _in_turns(
        lambda: [key.sign(b"x" * 600, padding.PKCS1v15(), hashes.SHA256()) for _ in messages],
        lambda: [signer.sign(raw, is_relaxed=True) for raw in messages],
    )
    goals.say("P5", "DKIM ÷ the bare RSA operation", "≤ 1.3", whole / bare, whole <= 1.3 * bare)
    print(f"      {1e6 * whole / len(messages):,.0f} µs of CPU a signature")


def p6(folder: Path, engine: engines.Engine) -> None:
    """Building a message from what it says, against the standard library with all laid out."""
    head = assembly.letterhead(post_office.settings(folder, 25))
    with engines.transaction(engines.reading(engine)) as session:
        rows = [each for n in range(1, 201) if (each := letters.by_id(session, n))]
        views = [compose.view(session, head, each) for each in rows]
    parts = [press.render(head.templates, view) for view in views]
    facts = [
        {
            "sender": head.sender,
            "recipient": each.recipient,
            "message_id": each.message_id,
            "date": each.date,
            "kind": "daily",
            "list_id": "daily.example.org",
            "unsubscribe_url": head.links.unsubscribe(each.subscriber_id),
        }
        for each in rows
    ]
    plain, ours = _in_turns(
        lambda: [_by_the_library(*each) for each in zip(parts, facts, strict=True)],
        lambda: [
            message.build(press.quote(head.templates, view), **fact)
            for view, fact in zip(views, facts, strict=True)
        ],
    )
    goal = 1 / 15
    goals.say(
        "P6", "laid out and built ÷ EmailMessage", "≤ 0.067", ours / plain, ours <= goal * plain
    )
    print(f"      {1e6 * ours / len(rows):,.0f} µs against {1e6 * plain / len(rows):,.0f}")


def _by_the_library(part: Rendered, fact: dict[str, object]) -> bytes:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = fact["sender"], fact["recipient"]
    made["Subject"], made["Date"] = part.subject, fact["date"]
    made["Message-ID"] = fact["message_id"]
    made["List-Unsubscribe"] = f"<{fact['unsubscribe_url']}>"
    made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made["List-Id"] = f"<{fact['list_id']}>"
    made.set_content(part.text, cte="quoted-printable")
    made.add_alternative(part.html, subtype="html", cte="quoted-printable")
    return made.as_bytes()


def _in_turns(*works: Callable[[], object], rounds: int = 5) -> list[float]:
    """The least CPU seconds of each."""
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, spent, strict=True):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
    return [min(times) for times in spent]


def p7(port: int, n: int, told: argparse.Namespace) -> None:
    """Many letters cost no more each than few."""
    if not told.grow:
        goals.say("P7", "CPU a letter as letters grow", "≤ 1.15", "ask for it with --grow")
        return
    few, many = (2_000, 100_000) if told.full else (n, 10 * n)
    spent = {}
    for count in (few, many):
        with tempfile.TemporaryDirectory() as folder:
            post_office.lay(Path(folder), count).dispose()
            spent[count] = _child("ours", Path(folder), port)
    growth = spent[many].micros / spent[few].micros
    memory = spent[many].peak / spent[few].peak
    goals.say("P7", f"CPU a letter, {many:,} ÷ {few:,}", "≤ 1.15", growth, growth <= 1.15)
    goals.say("P7", f"peak memory, {many:,} ÷ {few:,}", "≤ 1.10", memory, memory <= 1.10)


def p13(folder: Path, engine: engines.Engine, port: int, n: int) -> None:
    """Flushes of the disk for 1,000 letters."""
    goal, strace = "≤ 250", shutil.which("strace")
    what = f"fdatasync a 1,000 letters, {post_office.CONNECTIONS} connections"
    if not strace:
        goals.say("P13", what, goal, "strace is not installed")
        return
    post_office.make_ready(engine)
    counts = folder / "strace.txt"
    tracing = (strace, "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", str(counts))
    try:
        _child("ours", folder, port, *tracing)
    except subprocess.CalledProcessError:
        goals.say("P13", what, goal, "strace may not trace here")
        return
    # % of the time, seconds, µs a call, calls, perhaps errors, and the name.
    lines = [line.split() for line in counts.read_text().splitlines()]
    n_calls = sum(int(line[3]) for line in lines if line and line[-1] in {"fsync", "fdatasync"})
    per_thousand = 1000 * n_calls / n
    goals.say("P13", what, goal, per_thousand, per_thousand <= 250)


def profile(folder: Path, port: int) -> None:
    """Where CPU time goes while letters are made, and while they are sent."""
    configured = post_office.settings(folder, port)
    engine = engines.connect(configured.database)
    head = assembly.letterhead(configured)
    with engines.transaction(engines.reading(engine)) as session:
        rows = [each for n in range(1, 301) if (each := letters.by_id(session, n))]
        making = cProfile.Profile()
        making.runcall(lambda: [compose.envelope(session, head, each) for each in rows])
    pstats.Stats(making).sort_stats("cumulative").print_stats(45)
    day = assembly.day(configured, engine)
    logs.configure("ERROR", "json")
    sending = cProfile.Profile()
    sending.runcall(lambda: asyncio.run(day.deliver()))
    pstats.Stats(sending).sort_stats("tottime").print_stats(25)


def _new_key() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


if __name__ == "__main__":
    main()
