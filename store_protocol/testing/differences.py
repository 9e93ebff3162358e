"""How two events differ, in lines that a person reads."""

from collections.abc import Iterator
from typing import Any

#: Characters of a value that are shown.
_LENGTH = 80


def differences(left: Any, right: Any, path: str = "") -> Iterator[str]:
    """Iterate over lines that tell where plain objects differ, each with the path of the value.

    >>> [*differences({"level": "error", "tags": [["a", "b"]]}, {"level": "info", "tags": [["a", "b"], ["c", "d"]]})]
    ["level: 'error' != 'info'", "tags.1: missing != ['c', 'd']"]
    """
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}):
            yield from differences(left.get(key, _MISSING), right.get(key, _MISSING), f"{path}.{key}" if path else key)
    elif isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        for index in range(max(len(left), len(right))):
            one, other = (side[index] if index < len(side) else _MISSING for side in (left, right))
            yield from differences(one, other, f"{path}.{index}")
    elif left != right:
        yield f"{path}: {_shown(left)} != {_shown(right)}"


class _Missing:
    def __repr__(self) -> str:
        return "missing"


_MISSING = _Missing()


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 3]}..."
