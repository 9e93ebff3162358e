"""Names of a package that are loaded when they are first used, so that nobody waits for what they do not use."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazy_names(
    namespace: dict[str, Any], modules: Mapping[str, str], within: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a package, whose `globals()` are `namespace`.

    `modules` says for each name which module has it, below the package `within`. A name stays once it is loaded.

    >>> load, _ = lazy_names({"__name__": "a"}, {"Limits": "limits"}, "store_protocol")
    >>> load("Limits")().max_depth
    128
    """

    def load(name: str) -> Any:
        module = modules.get(name)
        if module is None:
            message = f"module {namespace['__name__']!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = namespace[name] = getattr(importlib.import_module(f"{within}.{module}"), name)
        return value

    def names() -> list[str]:
        return sorted({*namespace, *modules})

    return load, names
