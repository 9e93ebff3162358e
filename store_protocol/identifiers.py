"""What keys and project ids look like, and how a value that holds a secret is shown."""

import re
from typing import Any

import msgspec

#: The docs call a public key and a project id strings. Sentry's own are 32 hex digits and a number; other servers use
#: UUIDs and slugs. Which ones exist is the caller's business.
_IDENTIFIER = re.compile(r"[0-9A-Za-z_-]{1,64}")

#: What stands in place of a secret.
HIDDEN = "***"


def is_identifier(text: str) -> bool:
    """Tell whether the text is 1 to 64 letters, digits, `-` and `_` of ASCII, as a public key and a project id are.

    >>> is_identifier("b70a31b3510c4cf793964a185cfe1fd0"), is_identifier("my project")
    (True, False)
    """
    return _IDENTIFIER.fullmatch(text) is not None


class HidesSecret(msgspec.Struct, frozen=True):
    """A struct whose `secret_key` stays out of `repr` and of what `rich` prints, and so out of logs and tracebacks."""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        if shown["secret_key"] is not None:
            shown["secret_key"] = HIDDEN
        return list(shown.items())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"
