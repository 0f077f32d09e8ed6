"""What an operator may choose from."""

from enum import StrEnum


class Tls(StrEnum):
    """How the connection to the SMTP server is protected."""

    NONE = "none"
    STARTTLS = "starttls"  # required, never silently given up; the usual port is 587
    TLS = "tls"  # from the first byte; the usual port is 465


class Doubt(StrEnum):
    """What becomes of a letter whose connection was lost before the server said that it has it."""

    RESEND = "resend"
    HOLD = "hold"
