"""What is said to a mail server on an open connection, and what it answers.

aiosmtplib opens connections (EHLO, TLS, log-in) and knows one command at a time. What follows is
the same few commands for each letter, so here they may be said together (RFC 2920); every reply is
still waited for by itself, and belongs to the command that it answers.
"""

import asyncio
from collections import deque

from app.wire.replies import NoReplyError, Reply

# Of a server that talks without an end.
LONGEST_LINE, LONGEST_ANSWER = 8_192, 32_768


class Dialogue(asyncio.Protocol):
    """Takes a transport over, with all that is heard on it from now on."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._heard = b""
        self._lines: list[bytes] = []
        self._replies: deque[Reply] = deque()
        self._n_awaited = 0
        self._waiting: asyncio.Future[None] | None = None
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

    def say(self, *lines: bytes) -> None:
        """Say one command or several, with an answer to each. Raises NoReplyError."""
        self._write(b"\r\n".join([*lines, b""]), len(lines))

    def hand_over(self, message: bytes) -> None:
        """Say all of a message, its final dot included. Raises NoReplyError."""
        self._write(message, 1)

    def _write(self, said: bytes, n_answers: int) -> None:
        if not self.is_open:
            raise NoReplyError(self._end or "Connection lost")
        self._n_awaited += n_answers
        self._transport.write(said)

    async def hear(self, patience: float) -> Reply:
        """The next answer, waited for so many seconds at most. Raises NoReplyError."""
        if not self._replies and not self._end:
            self._waiting = self._loop.create_future()
            timer = self._loop.call_later(patience, self._over, "Timed out waiting for a reply")
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
        if not self._replies:
            raise NoReplyError(self._end)
        return self._replies.popleft()

    def hang_up(self) -> None:
        """Close the connection without a word; what is unsent is not sent."""
        end = self._transport.abort if self.n_unsent else self._transport.close
        self._over("Connection lost")
        end()

    def data_received(self, data: bytes) -> None:
        """Take note of what came. Called by asyncio."""
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            self._hear_line(line)
        n_heard = len(self._heard) + sum(map(len, self._lines))
        if len(self._heard) > LONGEST_LINE or n_heard > LONGEST_ANSWER:
            self._over("The server's answer has no end")
        elif self._replies:
            self._wake()

    def _hear_line(self, line: bytes) -> None:
        if not line[:3].isdigit():
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
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
