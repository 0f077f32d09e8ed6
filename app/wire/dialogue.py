"""What is said to a mail server on an open connection, and what it answers.

aiosmtplib opens connections (EHLO, TLS, log-in) and knows one command at a time. What follows is
the same few commands for each letter, so here they may be said together (RFC 2920); every reply is
still waited for by itself, and belongs to the command that it answers.
"""

import asyncio
import re
import sys
from collections import deque

from app.wire.replies import NoReplyError, Reply

# RFC 5321 §4.2, and its codes' first digits.
_IS_REPLY = re.compile(rb"[1-5]\d\d(?!\d)")
# Of a server that talks without an end.
LONGEST_LINE, LONGEST_ANSWER = 8_192, 32_768


class Dialogue(asyncio.BufferedProtocol):
    """Takes a transport over, with all that is heard on it from now on."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        # For asyncio would make a buffer of 256 kB for each answer.
        self._ear = memoryview(bytearray(LONGEST_LINE))
        self._heard = b""
        self._lines: list[bytes] = []
        self._replies: deque[Reply] = deque()
        self._n_awaited = 0
        self._waiting: asyncio.Future[None] | None = None
        self._patience = self._deadline = 0.0
        self._is_flowing = False
        self._watch: asyncio.TimerHandle | None = None
        self._end = ""
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Whether the server still listens, as far as is known."""
        return not self._end and not self._transport.is_closing()

    @property
    def n_unsent(self) -> int:
        """How many bytes of what was said have not left yet."""
        return 0 if self._end else self._transport.get_write_buffer_size()

    @property
    def n_heard(self) -> int:
        """How many answers came that nobody has asked for yet."""
        return len(self._replies)

    def say(self, *lines: bytes) -> None:
        """Say one command or several, with an answer to each. Raises NoReplyError."""
        self._write(b"\r\n".join([*lines, b""]), len(lines))

    def hand_over(self, message: bytes, *lines: bytes) -> None:
        """Say a message, the dot that ends it, and after it perhaps some commands.

        message: see `dotted`. It is answered, and then each command. Raises NoReplyError.
        """
        self._write(message + b"\r\n".join([_dot(message), *lines, b""]), 1 + len(lines))

    def _write(self, said: bytes, n_answers: int) -> None:
        if not self.is_open:
            raise NoReplyError(self._end or "Connection lost")
        self._n_awaited += n_answers
        self._transport.write(said)

    async def hear(self, patience: float) -> Reply:
        """The next answer, waited for so many seconds at most. Raises NoReplyError.

        They count from when all has left that was said, as long as `watch_the_flow` does.
        """
        if not self._replies and not self._end:
            self._patience = patience
            self._wait_from_now()
            if self._watch is None or self._watch.when() > self._deadline:
                self._watch_until_the_deadline()
            self._waiting = self._loop.create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        if not self._replies:
            raise NoReplyError(self._end)
        return self._replies.popleft()

    async def hear_last(self, patience: float) -> Reply:
        """The answer to what was said last; those before it say nothing any more."""
        while len(self._replies) + self._n_awaited > 1:
            await self.hear(patience)
        return await self.hear(patience)

    def _wait_from_now(self) -> None:
        self._deadline = self._loop.time() + self._patience

    def _watch_until_the_deadline(self) -> None:
        # One for many answers: nearly all come long before, and each would cost a timer.
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._loop.call_at(self._deadline, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        self._watch = None
        if self._waiting is None:
            return
        if self._is_flowing:  # or was a moment ago, which only `watch_the_flow` finds out
            self._wait_from_now()
        if self._loop.time() >= self._deadline:
            self._over("Timed out waiting for a reply")
        else:
            self._watch_until_the_deadline()

    async def watch_the_flow(self, patience: float) -> None:
        """Hang up on a server that takes no block of what was said for so many seconds."""
        left, self._is_flowing = sys.maxsize, True
        try:
            while n_unsent := self.n_unsent:
                if n_unsent >= left:
                    self.hang_up()
                    return
                left = n_unsent
                await asyncio.sleep(patience)
            self._wait_from_now()
        finally:
            self._is_flowing = False

    def hang_up(self) -> None:
        """Close the connection without a word; what is unsent is not sent."""
        self._over("Connection lost")

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Where to write what comes. Called by asyncio."""
        return self._ear

    def buffer_updated(self, n: int) -> None:
        """Take note of what came. Called by asyncio."""
        *lines, self._heard = (self._heard + self._ear[:n]).split(b"\n")
        for line in lines:
            self._hear_line(line)
        # Its code counts too: lines without a word would never be too many.
        n_heard = len(self._heard) + sum(4 + len(words) for words in self._lines)
        if len(self._heard) > LONGEST_LINE or n_heard > LONGEST_ANSWER:
            self._over("The server's answer has no end")
        elif self._replies:
            self._wake()

    def _hear_line(self, line: bytes) -> None:
        if self._end:
            return  # after what was no reply, nobody knows what one belongs to
        if not _IS_REPLY.match(line):
            self._over(f"no reply: {line.decode('utf-8', 'replace')}")
            return
        self._lines.append(line[4:].strip())
        if line[3:4] == b"-":
            return
        words, self._lines = b"\n".join(self._lines), []
        if self._n_awaited:  # else nobody asked
            self._n_awaited -= 1
            reply = Reply(int(line[:3]), words.decode("utf-8", "surrogateescape"))
            self._replies.append(reply)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Nobody listens any more. Called by asyncio."""
        self._over("Connection lost")

    def _over(self, why: str) -> None:
        self._end = self._end or why
        # Not `close`: it goes on sending, and under TLS it waits for the other side's farewell.
        self._transport.abort()
        if self._watch is not None:
            self._watch.cancel()
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def dotted(message: bytes) -> bytes:
    """CRLF throughout, and dots doubled (RFC 5321 §4.5.2)."""
    n_lines = message.count(b"\r\n")
    if message.count(b"\n") != n_lines or message.count(b"\r") != n_lines:
        message = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    lines = message.replace(b"\r\n.", b"\r\n..")
    return b"." + lines if lines.startswith(b".") else lines


def _dot(message: bytes) -> bytes:
    """The final one, on a line of its own."""
    return b"." if message.endswith(b"\r\n") else b"\r\n."
