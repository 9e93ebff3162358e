"""How a conversion refuses a value."""

from typing import Any


class Wrong(Exception):
    """A value can't be taken; `reason` is what Relay says of it, `kind` its kind of error.

    `keep` says whether the value as it came is kept beside the error; `value` is what is kept instead, where the value was
    changed before it was refused.
    """

    def __init__(
        self,
        reason: str | None,
        *,
        kind: str = "invalid_data",
        keep: bool = True,
        value: Any = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.keep = keep
        self.value = value
        self.data = data or {}
