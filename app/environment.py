"""Where settings come from, besides the variables of their names, and what they may say."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from email.policy import SMTP
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource
from pydantic_settings import PydanticBaseSettingsSource as Source

from app.errors import NotReady

PREFIX, _FILE = "PAPERBOY_", "_FILE"
# With a domain, or an address literal (RFC 5321 §4.1.3).
_HOST_NAME = re.compile(
    r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+|\[(IPv6:)?[0-9a-f:.]+\]", re.IGNORECASE
)


class FileSource(Source):
    """Reads NAME_FILE where NAME itself is not set, as container secrets are mounted."""

    def __init__(self, names: Source) -> None:
        super().__init__(names.settings_cls)
        self._names = _variables(names)

    def get_field_value(
        self,
        field: FieldInfo,  # noqa: ARG002  (pydantic-settings dictates the signature)
        field_name: str,
    ) -> tuple[Any, str, bool]:
        """The text of the file that PAPERBOY_<NAME>_FILE names, without its last line break."""
        name = f"{PREFIX}{field_name.upper()}{_FILE}"
        path = self._names.get(name)
        try:
            text = Path(path).read_text(encoding="utf-8").rstrip("\r\n") if path else None
        except OSError as e:
            raise NotReady(f"{name} names the file {path}: {e.strerror}.") from e
        except UnicodeDecodeError as e:
            raise NotReady(f"{name} names the file {path}, which is not UTF-8 text.") from e
        return text, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Every value given by file."""
        fields = self.settings_cls.model_fields
        values = {name: self.get_field_value(field, name)[0] for name, field in fields.items()}
        return {name: text for name, text in values.items() if text is not None}


def with_files(names: Source) -> tuple[Source, Source]:
    """The variables of one place, and behind them the files that they name."""
    return names, FileSource(names)


def idle(settings: type[BaseSettings]) -> Iterator[str]:
    """What is set and changes nothing, a sentence each: slips of the pen, and doubled values."""
    places = [_variables(EnvSettingsSource(settings)), _variables(DotEnvSettingsSource(settings))]
    names = [name.upper() for name in settings.model_fields]
    known = {PREFIX + name + suffix for name in names for suffix in ("", _FILE)}
    for name in sorted({name for place in places for name in place} - known):
        if name.startswith(PREFIX):
            near = get_close_matches(name.removeprefix(PREFIX).removesuffix(_FILE), names, 1)
            hint = f"; did you mean {PREFIX}{near[0]}?" if near else "."
            yield f"{name} is set, but no setting has this name{hint}"
    for name in (PREFIX + name for name in names):
        both = [each for place in places for each in (name, name + _FILE) if each in place]
        if len(set(both)) > 1:
            yield f"{name} and {name}{_FILE} are both set: {both[0]} counts, the other does not."


def named(settings: type[BaseSettings]) -> Mapping[str, str]:
    """Every variable that is in force, those of .env that are not ours included."""
    return {
        **_variables(DotEnvSettingsSource(settings)),
        **_variables(EnvSettingsSource(settings)),
    }


def _variables(source: Source) -> Mapping[str, str]:
    """Those of one place that are not empty, in capitals as they are mostly written."""
    found = source.env_vars if isinstance(source, EnvSettingsSource) else {}
    return {name.upper(): text for name, text in found.items() if text}


def sentence(error: Any) -> str:
    """What pydantic found wrong with a setting, for the operator, and without its value."""
    problem = error["msg"].removeprefix("Value error, ")
    name = "".join(f"{PREFIX}{part}".upper() for part in error["loc"])
    # A password must not end up on a screen because its neighbour was wrong.
    return f"{name}: {problem}." if name else f"Settings: {problem}."


def parted(keys: SecretStr) -> list[str]:
    """The secrets in a setting that may hold several, parted by commas."""
    return [key.strip() for key in keys.get_secret_value().split(",") if key.strip()]


def _seconds(text: Any) -> Any:
    # pydantic reads PT15M and 00:15:00, but not the plain 900 that everybody writes.
    is_number = isinstance(text, str) and text.replace(".", "", 1).isdecimal()
    return float(text) if is_number else text


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    is_web = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    plain = url.isprintable() and not set(url) & set(" @?#")
    if not (is_web and plain):
        raise ValueError("give it like https://papers.example.org")
    return url.rstrip("/")


def _host_name(name: str) -> str:
    if name and not _HOST_NAME.fullmatch(name):
        raise ValueError("give it like mail.example.org, or like [192.0.2.1]")
    return name


def _hook(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if any(parts) and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise ValueError("give it like https://chat.example.org/hook")
    return url


def _sender(sender: str) -> str:
    parsed = SMTP.header_factory("From", sender if sender.isprintable() else "")
    addresses = [each for each in parsed.addresses if each.username and each.domain]
    if len(addresses) != 1 or len(parsed.addresses) != 1 or parsed.defects:
        raise ValueError("give it like Paperboy <paperboy@example.org>")
    return sender


def _mailbox(address: str) -> str:
    parsed = SMTP.header_factory("To", address if address.isprintable() else "")
    is_bare = [each.addr_spec for each in parsed.addresses] == [address] and "@" in address
    if address and (not is_bare or parsed.defects or not parsed.addresses[0].domain):
        raise ValueError("give it like ops@example.org, without a name")
    return address


def _keys(keys: SecretStr) -> SecretStr:
    if any(len(key) < 16 for key in parted(keys)):
        raise ValueError("a key is shorter than 16 characters")
    return keys


def _log_level(level: str) -> str:
    if level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("give DEBUG, INFO, WARNING or ERROR")
    return level.upper()


def _log_format(form: str) -> str:
    if form.lower() not in {"", "json", "console"}:
        raise ValueError("give json or console")
    return form.lower()


Length = Annotated[timedelta, BeforeValidator(_seconds)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
HostName = Annotated[str, AfterValidator(_host_name)]
Hook = Annotated[SecretStr, AfterValidator(_hook)]
Sender = Annotated[str, AfterValidator(_sender)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Keys = Annotated[SecretStr, AfterValidator(_keys)]
LogLevel = Annotated[str, AfterValidator(_log_level)]
LogFormat = Annotated[str, AfterValidator(_log_format)]
