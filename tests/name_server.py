"""A real name server on loopback that knows what a test tells it."""

import socket
import threading
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer:
    """Use as a context manager. known: (name, type) → values; other names do not exist."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], list[str]] = {}
        self.is_silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="name server")

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            question, asker = self._socket.recvfrom(4096)
            if not question:
                return
            if not self.is_silent:
                self._socket.sendto(self._answer(question), asker)

    def _answer(self, question: bytes) -> bytes:
        asked = dns.message.from_wire(question)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        (entry,) = asked.question
        name, kind = entry.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(entry.rdtype)
        if values := self.known.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(entry.name, 60, "IN", kind, *values))
        elif not any(known == name for known, _ in self.known):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()
