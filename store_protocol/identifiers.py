"""What keys and project ids look like."""

import re

#: The docs call a public key and a project id strings. Sentry's own are 32 hex digits and a number; other servers use
#: UUIDs and slugs. Which ones exist is the caller's business.
_IDENTIFIER = re.compile(r"[0-9A-Za-z_-]{1,64}")


def is_identifier(text: str) -> bool:
    """Return whether the text is 1 to 64 letters, digits, `-` and `_` of ASCII, as a public key and a project id are.

    >>> is_identifier("b70a31b3510c4cf793964a185cfe1fd0"), is_identifier("my project")
    (True, False)
    """
    return _IDENTIFIER.fullmatch(text) is not None
