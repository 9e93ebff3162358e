"""One conversion under way: what it knows, where it notes what is wrong, and how a value is refused."""

from collections.abc import Callable
from typing import Any

from store_protocol.meta.tree import Notes, Path


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


class LenientPathNeeded(Exception):
    """The typed value is not enough, and the value must be read again from what was sent, attribute by attribute."""


class Reading:
    """One conversion under way.

    It takes notes, and says whether attributes that aren't known are kept, and whether strings are held to their rules and
    required attributes missed. `bounded` are the attributes of the event that C has typed whole, in which no string has
    more characters than it may; `is_refused` says that C has refused the attribute that is being read. `given` gives the
    first of some attributes of the event that is there, as plain objects.
    """

    __slots__ = ("bounded", "checks", "given", "is_refused", "keep_other", "notes")

    def __init__(
        self,
        notes: Notes,
        *,
        keep_other: bool = False,
        checks: bool = True,
        bounded: frozenset[str] = frozenset(),
        given: "Callable[[tuple[str, ...]], Any] | None" = None,
    ) -> None:
        self.bounded = bounded
        self.given = given
        self.is_refused = False
        self.notes = notes
        self.keep_other = keep_other
        self.checks = checks

    def first(self, names: tuple[str, ...]) -> Any:
        """Return the first of some attributes of the event that is there.

        Raises `LenientPathNeeded` where that can't be told.
        """
        if self.given is None:
            raise LenientPathNeeded
        return self.given(names)

    def refuse(self, path: Path, wrong: Wrong, value: Any) -> None:
        """Note that a value isn't taken."""
        notes = self.notes
        if not notes.budget.lists_errors:
            notes.budget.unlisted_errors += 1
            return
        if wrong.value is not None:
            value = wrong.value
        notes.error(path, wrong.kind, wrong.reason, value if wrong.keep else None, wrong.data)
