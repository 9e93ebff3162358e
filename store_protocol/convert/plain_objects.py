"""From typed values to the plain objects that they stand for."""

from typing import Any

from store_protocol.convert.interface import Interface
from store_protocol.convert.readers import fields_of


def plain(value: Any) -> Any:
    """Return the plain objects that a typed value stands for, which share nothing with it that can change.

    Attributes stand in their order, those that aren't known after them, and objects by key.
    """
    if isinstance(value, Interface):
        known = {
            field.encode_name: plain(part) if field.rule.encode is None else field.rule.encode(part)
            for field in fields_of(type(value))
            if (part := getattr(value, field.name)) is not None
        }
        return known | plain(value.other) if value.other else known
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value
