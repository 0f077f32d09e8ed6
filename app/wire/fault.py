"""What went wrong with a connection, in words that an operator can read."""

import re

# As Python writes it before what the system says, also inside of other libraries' errors.
_NUMBER = re.compile(r"\[Errno [^\]]*\] ?|\[SSL[^\]]*\] ?| \(_ssl\.c:\d+\)")


def words(error: BaseException) -> str:
    """What an error says, in one line without numbers and a full stop; its kind if it is mute."""
    said = " ".join(_NUMBER.sub("", str(error)).split()).rstrip(".")
    return said or type(error).__name__
