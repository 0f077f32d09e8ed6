"""A small real IMAP server (RFC 3501): one person, one folder, mails in memory."""

import re
import socketserver
import ssl
import threading
from typing import Any, Self


class ImapServer:
    """Use as a context manager. mails: uid → bytes; seen: uids; heard: every command line.

    breaks_at: a command at which the server hangs up.
    """

    def __init__(
        self, *mails: bytes, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.mails = dict(enumerate(mails, start=11))
        self.seen: set[int] = set()
        self.heard: list[str] = []
        self.password = "open sesame"
        self.breaks_at = ""
        self.tls = tls
        self._server = _Server((host, 0), _Session)
        self._server.imap = self

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, command: str) -> tuple[list[bytes], str]:
        """The untagged lines and the tagged words for one command."""
        self.heard.append(command)
        verb = re.sub(r"^UID ", "", command.upper()).partition(" ")[0]
        if verb == "LOGIN" and f'"{self.password}"' not in command:
            return [], "NO [AUTHENTICATIONFAILED] wrong password"
        if verb == "SELECT" and "INBOX" not in command:
            return [], "NO no such folder"
        if verb == "STORE":
            self.seen.add(int(command.split()[2]))
        unseen = sorted(self.mails.keys() - self.seen)
        untagged = {
            "CAPABILITY": lambda: [b"CAPABILITY IMAP4rev1"],
            "SELECT": lambda: [b"%d EXISTS" % len(self.mails)],
            "SEARCH": lambda: [b"SEARCH" + b"".join(b" %d" % uid for uid in unseen)],
            "FETCH": lambda: self._fetch(command),
            "LOGOUT": lambda: [b"BYE"],
        }
        return untagged.get(verb, list)(), f"OK {verb} completed"

    def _fetch(self, command: str) -> list[bytes]:
        found = re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command)
        assert found, command
        uid, most = map(int, found.groups())
        raw = self.mails[uid][:most]
        return [b"1 FETCH (UID %d BODY[]<0> {%d}\r\n%b)" % (uid, len(raw), raw)]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    imap: ImapServer

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self.imap.tls is not None:
            connection = self.imap.tls.wrap_socket(connection, server_side=True)
        return connection, address

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is none of the test's business."""


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        for line in iter(self.rfile.readline, b""):
            tag, _, command = line.decode().strip().partition(" ")
            imap = self.server.imap
            if imap.breaks_at and imap.breaks_at in command.upper():
                return
            untagged, words = imap.answer(command)
            for each in untagged:
                self.wfile.write(b"* " + each + b"\r\n")
            self.wfile.write(f"{tag} {words}\r\n".encode())
            if "LOGOUT" in command.upper():
                return
