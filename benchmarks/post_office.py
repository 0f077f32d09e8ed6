"""What the delivery benchmark needs: made-up letters in an outbox, a server, and other senders."""

import asyncio
import pickle
import smtplib
import socket
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import invented
from sqlalchemy import Engine, insert, update

from app import assembly
from app.pipeline import compose
from app.recommend import explain, telling
from app.recommend.attribution import DECIMALS
from app.recommend.explain import LikedShare, Reason, Share
from app.recommend.voice import TO_READER
from app.settings import Settings
from app.store import engine as engines
from app.store import letters, migration, outbox, papers
from app.store.tables import (
    Letter,
    LetterKind,
    OutboxEntry,
    Pick,
    State,
    Status,
    Subscriber,
)
from app.wire import smtp
from app.wire.offer import Offer
from app.wire.server import Server

N_PAPERS, N_PICKS, SHARD = 200, 10, 5_000
CONNECTIONS = 8
# As many as smtp-source is measured with.
CLIENT_CONNECTIONS = 10
SENDER = "paperboy@example.org"

Message = tuple[str, str, bytes]


def settings(folder: Path, port: int, **changes: object) -> Settings:
    """A service over a folder, whose letters go to a port of this machine."""
    return Settings(
        _env_file=None,
        data_dir=folder,
        secret_keys="a-key-for-the-benchmark-only",  # noqa: S106
        base_url="https://papers.example.org",
        mail_from=f"Paperboy <{SENDER}>",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_connections=CONNECTIONS,
        relay_signs=True,
        **changes,
    )


def lay(folder: Path, n: int) -> Engine:
    """A database with so many letters of ten papers, all ready to be sent."""
    engine = engines.connect(settings(folder, 25).database)
    migration.migrate(engine)
    now = datetime.now(UTC)
    paper_ids, said = stock(engine, now)
    for start in range(1, n + 1, SHARD):
        numbers = range(start, min(start + SHARD, n + 1))
        with engines.transaction(engine) as session:
            titles = papers.titles(session, paper_ids)
            for table, rows in _rows(numbers, now, titles, said):
                session.execute(insert(table), list(rows))
    return engine


def stock(engine: Engine, now: datetime) -> tuple[list[int], list[list[str]]]:
    """Store the day's papers; their ids, and the words of their titles."""
    found = [
        paper._replace(
            authors=tuple(f"{name} Sample" for name in paper.title.split()[: 2 + n % 7]),
            url=f"https://arxiv.example/abs/2610.{n:05}",
        )
        for n, paper in invented.papers(N_PAPERS).items()
    ]
    with engines.transaction(engine) as session:
        paper_ids = [row.id or 0 for row in papers.find_or_add(session, found, now.date())]
    return paper_ids, [paper.title.lower().split() for paper in found]


def people(n: int, now: datetime) -> Iterator[dict[str, object]]:
    """So many active subscribers, as rows."""
    return (
        {"id": each, "address": _address(each), "status": Status.ACTIVE, "created_at": now}
        for each in range(1, n + 1)
    )


def _rows(
    numbers: range, now: datetime, titles: dict[int, str], said: list[list[str]]
) -> Iterator[tuple[type, Iterable[dict[str, object]]]]:
    due = now - timedelta(minutes=1)
    key = {"kind": LetterKind.DAILY, "edition_date": now.date()}
    chosen = {n: list(_chosen(n, sorted(titles), said)) for n in numbers}
    yield (
        Subscriber,
        (
            {"id": n, "address": _address(n), "status": Status.ACTIVE, "created_at": now}
            for n in numbers
        ),
    )
    about = {"date": due, "n_candidates": N_PAPERS, "why": "You signed up with the words “moons”."}
    yield (
        Letter,
        (
            {
                **(key | about | {"id": n, "subscriber_id": n, "recipient": _address(n)}),
                "message_id": f"<{n}.{now:%Y%m%d}@example.org>",
                "told": telling.to_json(
                    [telling.of(*each, titles, TO_READER) for each in chosen[n]]
                ),
            }
            for n in numbers
        ),
    )
    yield (
        Pick,
        (
            {
                "letter_id": n,
                "rank": rank,
                "paper_id": paper_id,
                "score": 1.0,
                "reason": explain.to_json(why),
            }
            for n in numbers
            for rank, paper_id, why in chosen[n]
        ),
    )
    yield (
        OutboxEntry,
        (
            {**key, "id": n, "subscriber_id": n, "letter_id": n, "due_at": due, "first_due_at": due}
            for n in numbers
        ),
    )


def _chosen(
    n: int, paper_ids: list[int], said: list[list[str]]
) -> Iterator[tuple[int, int, Reason]]:
    for rank in range(1, N_PICKS + 1):
        place = (n * 3 + rank * 13) % N_PAPERS
        yield rank, paper_ids[place], reason(n, said[place], paper_ids[(place + n) % N_PAPERS])


def _address(n: int) -> str:
    return f"reader{n}@example.net"


def reason(n: int, words: list[str], liked: int) -> Reason:
    """Each reader's own: no two letters may share what is written for one reader."""
    at, part = n % 5, round(0.2 + n * 0.6180339 % 0.3, DECIMALS)
    phrase = Share(" ".join(words[at : at + 2]), part, kind=explain.Kind.PHRASE)
    word = Share(words[at + 3], round(part / 2, DECIMALS), kind=explain.Kind.WORD)
    like = (LikedShare(liked, round(0.6 - part, DECIMALS), tuple(words[at : at + 3])),)
    return Reason(terms=(phrase, word), liked=like, fit=0.8, band="strong")


def make_ready(engine: Engine) -> None:
    """All letters anew, as if nothing had been sent."""
    with engines.transaction(engine) as session:
        session.execute(
            update(OutboxEntry).values(
                state=State.READY, attempts=0, claimed_at=None, settled_at=None, reason=""
            )
        )


def count_sent(engine: Engine) -> int:
    """How many letters the ledger says were sent."""
    with engines.transaction(engines.reading(engine)) as session:
        return outbox.count_by_state(session).get(State.SENT, 0)


def write_messages(folder: Path, engine: Engine, n: int) -> None:
    """The first letters as the bytes that travel, for senders that can only send."""
    head = assembly.letterhead(settings(folder, 25))
    with engines.transaction(engines.reading(engine)) as session, _file(folder).open("wb") as file:
        for number in range(1, n + 1):
            row = letters.by_id(session, number)
            assert row is not None
            envelope = compose.envelope(session, head, row)
            pickle.dump((envelope.sender, envelope.recipient, envelope.message), file)
            session.expunge_all()


def read_messages(folder: Path) -> list[Message]:
    """What was written."""
    found = []
    with _file(folder).open("rb") as file:
        while True:
            try:
                found.append(pickle.load(file))  # noqa: S301  (our own, of a moment ago)
            except EOFError:
                return found


def _file(folder: Path) -> Path:
    return folder / "messages.pickle"


class _Server(asyncio.Protocol):
    """As little of SMTP as a sender can be measured with; it takes everything and keeps nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._in_message, self._waiting = transport, False, b""
        transport.write(b"220 sink\r\n")

    def data_received(self, chunk: bytes) -> None:
        self._waiting += chunk
        while self._waiting:
            end = b"\r\n.\r\n" if self._in_message else b"\r\n"
            told, found, rest = self._waiting.partition(end)
            if not found:
                return
            self._waiting = rest
            if self._in_message:
                self._in_message = False
                self._transport.write(b"250 2.0.0 taken\r\n")
            else:
                self._answer(told[:4].upper())

    def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            self._transport.write(b"250-sink\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n")
        elif verb == b"DATA":
            self._in_message = True
            self._transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(b"250 2.1.0 ok\r\n")


def serve() -> None:
    """Take mail on a free port, which is printed, until killed."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


def by_socket(messages: list[Message], port: int) -> None:
    """A sender that does nothing else: one connection, a write and a read a step."""
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.recv(1_000)
        for sender, recipient, message in ((SENDER, SENDER, b""), *messages):
            if not message:
                _ask(wire, b"EHLO bench\r\n")
                continue
            _ask(wire, b"MAIL FROM:<%b>\r\n" % sender.encode())
            _ask(wire, b"RCPT TO:<%b>\r\n" % recipient.encode())
            _ask(wire, b"DATA\r\n")
            _ask(wire, message.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
        _ask(wire, b"QUIT\r\n")


def _ask(wire: socket.socket, command: bytes) -> None:
    wire.sendall(command)
    answer = wire.recv(1_000)
    assert answer[:1] in b"23", answer


def by_smtplib(messages: list[Message], port: int) -> None:
    """The standard library's client, one connection, the same bytes."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench") as client:
        for sender, recipient, message in messages:
            client.sendmail(sender, [recipient], message)


def by_our_client(messages: list[Message], port: int) -> None:
    """What sends our letters, without what makes them and keeps their ledger."""
    server, left = assembly.server(settings(Path(), port)), iter(messages)

    async def run() -> None:
        async with asyncio.TaskGroup() as lanes:
            for _ in range(CLIENT_CONNECTIONS):
                lanes.create_task(_lane(server, left))

    asyncio.run(run())


async def _lane(server: Server, left: Iterator[Message]) -> None:
    connection, message = await smtp.connect(server), next(left, None)
    while message is not None:
        if connection.has_offer:
            await connection.hear_offer()
        else:
            await connection.offer(*_offer(message))
        following = next(left, None)
        offer = None if following is None else _offer(following)
        await connection.transmit(message[2], lambda offer=offer: offer, is_dotless=True)
        message = following
    await connection.close()


def _offer(message: Message) -> Offer:
    sender, recipient, raw = message
    return Offer(sender, recipient, len(raw))


RIVALS: dict[str, Callable[[list[Message], int], None]] = {
    "client": by_our_client,
    "socket": by_socket,
    "smtplib": by_smtplib,
}
