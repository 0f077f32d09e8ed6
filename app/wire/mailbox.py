"""The mailbox that reports come to: a Maildir folder, or a folder of an IMAP server.

A mail counts as unread until it is confirmed, which is for after the commit: a crash in between
reads it again, and never loses it.
"""

import imaplib
import ssl
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailBoxUnencrypted

from app.errors import NotReady
from app.wire import fault

# What is longer is cut: a report says at its beginning what it has to say.
LARGEST = 1_000_000
MOST_AT_ONCE = 500
TIMEOUT_SECONDS = 60.0
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
HOW = "write it like maildir:/path or imaps://user@host/INBOX"


@dataclass(frozen=True)
class Place:
    """Where the mailbox is: "maildir:/path", "imaps://user@host/INBOX" or, with STARTTLS, "imap:".

    tls: whom to trust; None: those this machine trusts. largest: bytes of a mail; what is longer is
    cut. setting: that names it, for what is wrong with it.
    """

    url: str
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    largest: int = LARGEST
    setting: str = "PAPERBOY_BOUNCE_MAILBOX"


class Mailbox(Protocol):
    """An open mailbox."""

    def unread(self, but: Container[str] = ()) -> Iterator[tuple[str, bytes]]:
        """Up to MOST_AT_ONCE mails, each with the name to confirm it by. Raises NotReady.

        but: the names of mails to pass by.
        """

    def confirm(self, name: str) -> None:
        """Never show this mail again. Raises NotReady."""


@contextmanager
def opened(place: Place) -> Iterator[Mailbox]:
    """Open the mailbox. Raises NotReady, also for what goes wrong with it while it is open."""
    parts = _parsed(place)
    if parts.scheme == "maildir":
        yield _Maildir(Path(unquote(parts.path)), place.largest)
        return
    try:
        with _logged_in(parts, place) as box:
            yield _Imap(box, place.largest)
    except (imaplib.IMAP4.error, ImapToolsError, OSError) as e:
        words = fault.words(e)[:300]
        if place.password:
            words = words.replace(place.password, "***")
        raise NotReady(f"The mailbox at {parts.hostname} cannot be read: {words}.") from e


def check(place: Place) -> None:
    """Raise NotReady if its URL cannot be used; nothing is opened."""
    _parsed(place)


def _parsed(place: Place) -> SplitResult:
    try:
        parts = urlsplit(place.url)
        usable = parts.port != 0 and (
            (parts.scheme == "maildir" and parts.path.startswith("/") and not parts.netloc)
            or (parts.scheme in {"imap", "imaps"} and parts.hostname and parts.username)
        )
    except ValueError:
        usable = False
    if not usable:
        # The URL may hold a password, where it does not belong.
        raise NotReady(f"{place.setting} cannot be used; {HOW}.")
    return parts


@contextmanager
def _logged_in(parts: SplitResult, place: Place) -> Iterator[BaseMailBox]:
    box = _connected(parts, place)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    try:
        box.login(unquote(parts.username or ""), place.password, initial_folder=folder)
        yield box
        box.logout()
    except BaseException:
        # A connection that was lost cannot be logged out of, and the library leaves it open.
        with suppress(OSError):
            box.client.shutdown()
        raise


def _connected(parts: SplitResult, place: Place) -> BaseMailBox:
    host = parts.hostname or ""
    context = place.tls or ssl.create_default_context()
    if parts.scheme == "imaps":
        return MailBox(host, parts.port or 993, TIMEOUT_SECONDS, ssl_context=context)
    if host in LOOPBACK:
        return MailBoxUnencrypted(host, parts.port or 143, TIMEOUT_SECONDS)
    return _StartTls(host, parts.port or 143, context)


class _StartTls(BaseMailBox):
    """The library's own leaves the connection open where the server offers no TLS."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        self._server = host, port, TIMEOUT_SECONDS
        self._context = context
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4(*self._server)
        try:
            client.starttls(self._context)
        except BaseException:
            client.shutdown()
            raise
        return client


class _Imap:
    def __init__(self, box: BaseMailBox, largest: int) -> None:
        self._box = box
        self._largest = largest

    def unread(self, but: Container[str] = ()) -> Iterator[tuple[str, bytes]]:
        uids = [uid for uid in self._box.uids("UNSEEN", charset=None) if uid not in but]
        for uid in uids[:MOST_AT_ONCE]:
            # PEEK leaves it unseen; the partial fetch is for mails of any size.
            code, found = self._box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{self._largest}>)")
            if code != "OK":
                raise imaplib.IMAP4.error(f"FETCH {uid}: {found}")
            # Nothing comes where somebody else has removed it meanwhile.
            yield from ((uid, part[1]) for part in found if isinstance(part, tuple))

    def confirm(self, name: str) -> None:
        # Not the library's own `flag`: it expunges what others have marked as deleted.
        code, said = self._box.client.uid("STORE", name, "+FLAGS.SILENT", r"(\Seen)")
        if code != "OK":
            raise imaplib.IMAP4.error(f"STORE {name}: {said}")


class _Maildir:
    def __init__(self, path: Path, largest: int) -> None:
        self._new, self._cur = path / "new", path / "cur"
        self._largest = largest
        if not (self._new.is_dir() and self._cur.is_dir()):
            raise NotReady(f"{path} is no Maildir: it has no folders new and cur.")

    def unread(self, but: Container[str] = ()) -> Iterator[tuple[str, bytes]]:
        unreadable = ""
        for path in self._waiting(but):
            try:
                with path.open("rb") as file:
                    raw = file.read(self._largest)
            except FileNotFoundError:  # another reader was first
                continue
            except OSError as e:
                unreadable = f"{path} cannot be read: {e.strerror}."
                continue
            yield path.name, raw
        if unreadable:
            raise NotReady(unreadable)

    def _waiting(self, but: Container[str]) -> list[Path]:
        try:
            # Other programs take over what they list, and then only its flags tell.
            found = list(self._new.iterdir())
            found += [path for path in self._cur.iterdir() if _is_unread(path.name)]
        except OSError as e:
            raise NotReady(f"{e.filename} cannot be read: {e.strerror}.") from e
        return sorted((p for p in found if p.name not in but), key=lambda p: p.name)[:MOST_AT_ONCE]

    def confirm(self, name: str) -> None:
        # Its flags come behind a colon, and S says that it was seen.
        bare, _, flags = name.partition(":2,")
        seen = self._cur / f"{bare}:2,{''.join(sorted({*flags, 'S'}))}"
        for folder in (self._new, self._cur):
            try:
                (folder / name).rename(seen)
            except FileNotFoundError:
                continue
            except OSError as e:
                raise NotReady(f"{folder / name} cannot be moved: {e.strerror}.") from e
            return


def _is_unread(name: str) -> bool:
    """Neither seen nor in the trash. What has no flags at all is none of a Maildir's mails."""
    _, colon, flags = name.partition(":2,")
    return bool(colon) and not {"S", "T"} & set(flags)
