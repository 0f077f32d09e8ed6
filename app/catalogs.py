"""Catalogs of translated texts: gettext's .po files, compiled as they are read."""

import re
from collections.abc import Sequence
from gettext import GNUTranslations
from io import BytesIO, StringIO

from babel.core import Locale, UnknownLocaleError
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from app.languages import Language


def read(code: str, po: str) -> Language:
    """Read a catalog. code: of its language, such as "de" or "pt-BR".

    Raises ValueError, with a sentence, where it cannot be read or a text has other places to fill
    in than the English one.
    """
    try:
        locale = Locale.parse(code, sep="-")
        catalog = read_po(StringIO(po), locale=locale, abort_invalid=True)
    except (PoFileError, UnknownLocaleError, ValueError) as e:
        raise ValueError(f"it cannot be read: {e}") from e
    for message in catalog:
        if message.id and (fault := fault_of(message)):
            raise ValueError(f"line {message.lineno}: {fault}")
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Language(code, locale.get_display_name() or code, GNUTranslations(compiled))


_NUMBERS = {"{n}", "%(n)s", "%(num)s", "%(count)s"}
_PLACE = re.compile(r"%\((\w+)\)s|\{(\w*)\}|%%")


def fault_of(message: Message) -> str:
    """What would make a translated text fail when it is filled in, or ""."""
    texts = [text for text in _texts(message.string) if text]
    wanted = set[str]().union(*map(_places, _texts(message.id)))
    for text in texts:
        has = _places(text)
        # One form of several may spell its number out.
        lacks = wanted - has - (_NUMBERS if len(_texts(message.id)) > 1 else set())
        if lacks or has - wanted:
            named = ", ".join(sorted(lacks | (has - wanted)))
            return f"“{text}” and “{_texts(message.id)[0]}” differ in: {named}"
    return ""


def _texts(text: str | Sequence[str] | None) -> Sequence[str]:
    return [text] if isinstance(text, str) else text or []


def _places(text: str) -> set[str]:
    return {found[0] for found in _PLACE.finditer(text)}
