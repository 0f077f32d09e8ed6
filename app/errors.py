"""Every error of ours, in one tree. A class exists because some caller acts on it.

AppError
├── BadValue             something a person typed cannot be used: which field, and what to do
├── UnreadableDigest     the text is no digest in any format we read; nothing of it is kept
│   ├── SourceError      the source says in its own words why it gives no list: do not ask again
│   └── EmptyAnswer      nothing where a list should be, as when a source is busy: ask again later
├── TooMany              a limit is reached: try again after a while
├── BadLink              a token that is not ours, for another purpose, or too old
├── UnusableModel        a kept model's file is damaged or foreign: fit anew
├── NotReady             the database or a setting needs the operator first (migrate, a key, …)
├── FetchError           a source did not give what it was asked for
│   ├── NotAllowed       its address, or its answer, is one we must not touch: asking soon is vain
│   └── Unreachable      no such name, no connection, no whole answer in time: may go well later
└── DeliveryError        the SMTP server did not take a message
    ├── Deferred         4xx reply, or no connection (code 0): may succeed later
    │   ├── Refused      the server refuses us, whoever the reader is: pause, blame no address
    │   └── Lost         the connection was lost in the message, which may have arrived
    └── Rejected         5xx reply: will never succeed
"""

from datetime import timedelta


class AppError(Exception):
    """Its text is a sentence for the person who can do something about it."""

    @property
    def said(self) -> str:
        """The same as it was given: mostly a `languages.Sentence`, to be said by who shows it."""
        said: str = self.args[0] if self.args else ""
        return said


class BadValue(AppError):
    """`field` names the form field or option, so that a page can put the sentence beside it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class UnreadableDigest(AppError):
    """The text holds no paper; the sentence says what was found instead."""


class SourceError(UnreadableDigest):
    """`code`: the source's own name for what was wrong ("badResumptionToken"), "" without one."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class EmptyAnswer(UnreadableDigest):
    """Not to be taken for a day on which nothing was announced."""


class TooMany(AppError):
    """`wait`: how long until it may be tried again."""

    def __init__(self, message: str, wait: timedelta) -> None:
        super().__init__(message)
        self.wait = wait


class BadLink(AppError):
    """The sentence is fit for the page that the link's visitor sees."""


class UnusableModel(AppError):
    """The sentence names the file."""


class NotReady(AppError):
    """The sentence names the command or setting that cures it."""


class FetchError(AppError):
    """The sentence names the host, or says what is wrong with its answer."""


class NotAllowed(FetchError):
    """A private address, a port, a scheme, a size that no honest source has."""


class Unreachable(FetchError):
    """Nothing came, or not all of it."""


class DeliveryError(AppError):
    """Carries the server's reply code and text (RFC 5321 §4.2) for the outbox to record.

    code: 0 where there was no server to reply.
    """

    def __init__(self, code: int, reply: str) -> None:
        super().__init__(f"{code} {reply}" if code else reply)
        self.code = code
        self.reply = reply


class Deferred(DeliveryError):
    """Try again later."""


class Refused(Deferred):
    """The sender is refused: its domain, its signature, its log-in, its standing."""


class Lost(Deferred):
    """Some of the message had left when the connection was lost."""


class Rejected(DeliveryError):
    """Do not try again."""
