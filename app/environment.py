"""Where settings come from, besides the variables of their names."""

import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from app.errors import NotReady

PREFIX = "PAPERBOY_"


class FileSource(PydanticBaseSettingsSource):
    """Reads NAME_FILE where NAME itself is not set, as container secrets are mounted."""

    def get_field_value(
        self,
        field: FieldInfo,  # noqa: ARG002  (pydantic-settings dictates the signature)
        field_name: str,
    ) -> tuple[Any, str, bool]:
        """The text of the file that PAPERBOY_<NAME>_FILE names, without its last line break."""
        name = f"{PREFIX}{field_name.upper()}_FILE"
        path = os.environ.get(name)
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


def sentence(error: Any) -> str:
    """What pydantic found wrong with a setting, for the operator, and without its value."""
    problem = error["msg"].removeprefix("Value error, ")
    name = "".join(f"{PREFIX}{part}".upper() for part in error["loc"])
    # A password must not end up on a screen because its neighbour was wrong.
    return f"{name}: {problem}." if name else f"Settings: {problem}."


def parted(keys: SecretStr) -> list[str]:
    """The secrets in a setting that may hold several, parted by commas."""
    return [key.strip() for key in keys.get_secret_value().split(",") if key.strip()]
