"""How a conversion refuses a value."""

from typing import Any


class Wrong(Exception):
    """A value can't be taken; `reason` is what Relay says of it, `kind` its kind of error.

    `keep` says whether the value as it came is kept beside the error; `value` is what is kept instead, where the value was
    changed before it was refused.
    """

    kind = "invalid_data"
    keep = True
    value: Any = None
    data: dict[str, Any] | None = None

    def __init__(self, reason: str | None, **others: Any) -> None:
        self.reason = reason
        if others:
            vars(self).update(others)
