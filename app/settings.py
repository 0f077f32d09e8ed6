"""What an operator may change: environment variables with the prefix PAPERBOY_, or a .env file.

Every setting NAME can also be given as NAME_FILE, the path of a file that holds the value.
Built in main.py and the command line only; every other room gets values.
"""

import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.choices import Doubt, Tls
from app.environment import (
    PREFIX,
    Hook,
    HostName,
    Keys,
    Length,
    LogFormat,
    LogLevel,
    Mailbox,
    Sender,
    WebAddress,
    parted,
    sentence,
    with_files,
)
from app.errors import NotReady

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Settings(BaseSettings):
    """A test checks that the README lists every one."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        hide_input_in_errors=True,  # what was typed may be a password
    )

    data_dir: Path = Field(
        default_factory=lambda: (
            Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "paperboy"
        ),
        description="Folder of the database, the signing key, fitted models and digests to read.",
    )
    database_url: str = Field(
        default="", description="SQLAlchemy URL; default: SQLite in DATA_DIR/paperboy.sqlite3."
    )
    secret_keys: Keys = Field(
        default=SecretStr(""),
        description="Keys that sign links, newest first, separated by commas; a key left out kills "
        "the links it signed. Default: made once and kept in DATA_DIR/secret.key.",
    )
    base_url: WebAddress = Field(
        default="http://localhost:8000", description="Where readers reach the pages."
    )
    host: str = Field(default="127.0.0.1", description="Address the pages are served on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the pages are served on.")
    trusted_proxies: str = Field(
        default="", description="Proxies in front, whose word on visitors' addresses is believed."
    )
    keep_networks: bool = Field(default=False, description="Keep the /24 or /48 of a sign-up.")
    mail_from: Sender = Field(
        default="Paperboy <paperboy@localhost>", description="Sender of every letter."
    )
    postal_address: str = Field(default="", description="Shown in the footer of every letter.")
    smtp_host: str = Field(default="localhost", description="The SMTP server that takes letters.")
    smtp_port: int = Field(default=25, ge=1, le=65535, description="Its port.")
    smtp_username: str = Field(default="", description="Log-in name; empty: no log-in.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Its password.")
    smtp_tls: Tls | None = Field(
        default=None,
        description="none, starttls or tls. Default: none on loopback, tls on port 465, "
        "else starttls.",
    )
    smtp_hello: HostName = Field(
        default="",
        description="Full name by which the mail server is greeted; default: this machine's, or if "
        "that has no domain, that of BASE_URL.",
    )
    smtp_connections: int = Field(default=4, ge=1, le=50, description="Open at the same time.")
    senders: int = Field(
        default=1,
        ge=1,
        le=8,
        description="Processes that share these connections, at most: one more where 5,000 letters "
        "wait for each.",
    )
    smtp_timeout: Length = Field(
        # RFC 5321 §4.5.3.2.6: a shorter wait after the final dot makes second copies.
        default=timedelta(minutes=10),
        gt=timedelta(0),
        description="Longest wait for the reply that takes over a letter.",
    )
    max_per_connection: int = Field(default=100, ge=1, description="Letters over one connection.")
    send_rate: int = Field(
        default=0, ge=0, description="Letters a minute at most, in all; 0: no limit."
    )
    send_rate_domain: int = Field(
        default=0, ge=0, description="Letters a minute at most to one mail domain; 0: no limit."
    )
    warm_up: date | None = Field(
        default=None,
        description="The day a new sender began, such as 2026-11-23: 50 letters leave that day, "
        "then 100, 200, 500, 1,000 and so on, a day of UTC each; empty: no such limit.",
    )
    dkim_domain: str = Field(default="", description="Domain to sign letters for, with DKIM.")
    relay_signs: bool = Field(default=False, description="The relay signs letters with DKIM.")
    dkim_selector: str = Field(default="paperboy", description="Names the key in the DNS.")
    dkim_private_key: SecretStr = Field(
        default=SecretStr(""), description="The RSA key, 2,048 bits, as PEM: best given as a file."
    )
    bounce_address: str = Field(
        default="",
        description="Mailbox for bounces, complaints and unsubscribe mails; each letter adds "
        "+something of its own to it. Empty: they go to MAIL_FROM, and nobody reads them.",
    )
    bounce_mailbox: str = Field(
        default="",
        description="Where to read that mailbox: maildir:/path or imaps://user@host/INBOX.",
    )
    bounce_mailbox_password: SecretStr = Field(
        default=SecretStr(""), description="Its password, for IMAP."
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="Asked for as a bearer token by /metrics; empty: none."
    )
    admin_token: SecretStr = Field(
        default=SecretStr(""), description="Opens the operator's pages; empty: there are none."
    )
    admin_mail: Mailbox = Field(
        default="", description="Address of the operator, shown in letters and told of alerts."
    )
    alert_webhook: Hook = Field(
        default=SecretStr(""),
        description="URL that alerts are posted to as JSON, for a chat or a pager; kept secret.",
    )
    claim_lease: Length = Field(
        default=timedelta(minutes=25),
        gt=timedelta(0),
        description="After this long without a word from its sender a letter is taken up again; "
        "longer than SMTP_TIMEOUT.",
    )
    doubt: Doubt = Field(
        default=Doubt.RESEND,
        description="resend or hold: whether a letter that may have arrived is sent once more, or "
        "waits for `paperboy doubts`.",
    )
    sources: str = Field(
        default="",
        description="Where digests come from, separated by commas: hf-daily, arxiv:cs.LG+stat.ML, "
        "arxiv-oai:cs.LG, biorxiv:neuroscience, medrxiv:oncology, feed:https://…, maildir:/path, "
        "imaps://user@host/INBOX, folder:/path. Default: DATA_DIR/digests; nothing is fetched.",
    )
    source_hosts: str = Field(
        default="",
        description="Hosts of your own that feeds may come from though they are not public, such "
        "as journal.lab:8080; rss.arxiv.org=http://mirror.lab names a mirror to ask instead.",
    )
    sources_password: SecretStr = Field(
        default=SecretStr(""), description="Password of the mailboxes in SOURCES, for IMAP."
    )
    hf_token: SecretStr = Field(
        default=SecretStr(""), description="Your token for Hugging Face; it is not needed."
    )
    candidate_days: int = Field(
        default=7, ge=1, le=60, description="How many days after it was first seen a paper counts."
    )
    corpus_days: int = Field(
        default=365, ge=30, le=36500, description="Days of papers the ranking learns words from."
    )
    letter_size: int = Field(default=10, ge=1, le=50, description="Papers per letter at most.")
    keep_letters: int = Field(
        default=90,
        ge=90,
        le=36500,
        description="Days that letters are kept, with their papers and votes; older ones are "
        "folded into counts. No fewer than four times CANDIDATE_DAYS count, whatever stands here. "
        "Their links count for 90 days.",
    )
    trap_link: bool = Field(
        default=True, description="A link in letters that nobody sees, to tell link scanners by."
    )
    scan_time: Length = Field(
        default=timedelta(minutes=3),
        ge=timedelta(0),
        description="So long after delivery a vote needs its button; 4 × as long, a person’s sign.",
    )
    trial: str = Field(
        default="",
        description="Weights to compare with the usual ones in interleaved letters, such as "
        "fade=0.3,liked=4; `paperboy stats` tells which readers like better.",
    )
    tick: Length = Field(
        default=timedelta(seconds=30),
        gt=timedelta(0),
        description="How often to ask who is due, in `serve`.",
    )
    log_level: LogLevel = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: LogFormat = Field(
        default="", description="json or console. Default: json unless a tty."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Named value, then environment, then NAME_FILE, then .env, then a NAME_FILE in that."""
        return init_settings, *with_files(env_settings), *with_files(dotenv_settings)

    @model_validator(mode="after")
    def _public_needs_keys(self) -> "Settings":
        if self.is_public and not self.secret_keys.get_secret_value():
            raise ValueError(
                f"SECRET_KEYS is not set, and {self.base_url} is public; set {PREFIX}SECRET_KEYS "
                "to a long random text, for instance from `openssl rand -hex 32`"
            )
        return self

    @model_validator(mode="after")
    def _lease_outlasts_a_reply(self) -> "Settings":
        # A letter whose sender still waits for the server's reply would else be sent again.
        # DATA waits twice: for the server to be ready, and after the final dot.
        if self.claim_lease <= 2 * self.smtp_timeout:
            raise ValueError(
                f"{PREFIX}CLAIM_LEASE must be longer than {PREFIX}SMTP_TIMEOUT, twice over"
            )
        return self

    @property
    def is_public(self) -> bool:
        """Whether readers come from elsewhere than this machine."""
        return urlsplit(self.base_url).hostname not in LOOPBACK

    @property
    def offers_one_click(self) -> bool:
        """Whether mail programs may show an unsubscribe button of their own: RFC 8058 §3.1."""
        return self.is_public and self.base_url.startswith("https://")

    @property
    def signing_keys(self) -> list[str]:
        """SECRET_KEYS taken apart; empty where the key in DATA_DIR serves."""
        return parted(self.secret_keys)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'paperboy.sqlite3'}"

    @property
    def tls(self) -> Tls:
        """The TLS mode in force."""
        if self.smtp_tls is not None:
            return self.smtp_tls
        if self.smtp_host in LOOPBACK:
            return Tls.NONE
        return Tls.TLS if self.smtp_port == 465 else Tls.STARTTLS


def load(**overrides: Any) -> Settings:
    """Read the settings in force. Raises NotReady, naming each setting that cannot be used."""
    try:
        return Settings(**overrides)
    except ValidationError as e:
        raise NotReady("\n".join(sentence(error) for error in e.errors())) from e
    except OSError as e:
        raise NotReady(f"The file {e.filename} cannot be read: {e.strerror}.") from e
    except UnicodeDecodeError as e:
        raise NotReady("The file .env is not UTF-8 text.") from e


def to_text(settings: Settings) -> str:
    """All of them in a line, secrets too, for a process of our own; see `of_text`."""
    return json.dumps(settings.model_dump(), default=_plain)


def of_text(text: str | bytes) -> Settings:
    """The very settings that were written, whatever is set by now."""
    return load(_env_file=None, **json.loads(text))


def _plain(setting: Any) -> str | float:
    if isinstance(setting, SecretStr):
        return setting.get_secret_value()
    return setting.total_seconds() if isinstance(setting, timedelta) else str(setting)
