"""One conversion under way: what it knows, where it notes what is wrong, and how a value is refused."""

from collections.abc import Callable
from typing import Any

import msgspec

from store_protocol.convert.facts import Facts
from store_protocol.meta.kinds import ErrorKind
from store_protocol.meta.tree import READ_OTHERWISE, MetaTree, Path


class ConversionError(Exception):
    """A value can't be taken; `reason` is what Relay says of it, `kind` its kind of error.

    `keep_original` says whether the value as it came is kept beside the error; `value` is what is kept instead, where the
    value was changed before it was refused. With `keep_first` an original that an incoming `_meta` has stays.
    """

    kind: ErrorKind = "invalid_data"
    keep_original = True
    keep_first = False
    value: Any = None
    data: dict[str, Any] | None = None

    def __init__(self, reason: str | None, **others: Any) -> None:
        self.reason = reason
        if others:
            vars(self).update(others)


class LenientPathNeeded(Exception):
    """The typed value is not enough, and the value must be read again from what was sent, attribute by attribute."""


class ConvertContext(msgspec.Struct, gc=False):
    """One conversion under way.

    It fills the meta tree, and says whether attributes that aren't known are kept, and whether strings are held to their
    rules and required attributes missed. `facts` are those about the event. With `in_lenient_path` C has refused what is
    read, and isn't asked again; with `one_by_one` it isn't asked at all, as there is too much. `original` returns the first
    of some attributes of the event that is there, as plain objects. `received_at` is when the event was received, in
    seconds since the epoch: it tells times in other units. `in_text` says that what is read arrived as JSON text. `tries`
    is how many items of lists C may refuse before none is tried any more; each that it takes earns one.
    """

    meta_tree: MetaTree
    keep_unknown: bool = False
    enforce_rules: bool = True
    facts: Facts = msgspec.field(default_factory=Facts)
    original: Callable[[tuple[str, ...]], Any] | None = None
    in_lenient_path: bool = False
    one_by_one: bool = False
    received_at: float | None = None
    in_text: bool = False
    tries: int = 8

    def first_present(self, names: tuple[str, ...]) -> Any:
        """Return the first of some attributes of the event that is there.

        Raises `LenientPathNeeded` where that can't be told.
        """
        if self.original is None:
            raise LenientPathNeeded
        return self.original(names)

    def is_noted(self, path: Path) -> bool:
        """Return whether something is said of a value, by an incoming `_meta` for one: an empty one stays for that.

        That it was read otherwise than it came doesn't count.
        """
        meta = self.meta_tree.find(path)
        return meta is not None and not (meta.errors and READ_OTHERWISE.issuperset(kind for kind, _ in meta.errors))

    def refuse(self, path: Path, error: ConversionError, value: Any) -> None:
        """Note that a value isn't taken."""
        meta_tree = self.meta_tree
        if not meta_tree.budget.lists_errors:
            meta_tree.budget.unlisted_errors += 1
            return
        if error.value is not None:
            value = error.value
        kept = value if error.keep_original else None
        if error.keep_first and (noted := meta_tree.find(path)) is not None and noted.original is not None:
            kept = None
        meta = meta_tree.error(path, error.kind, error.reason, kept, error.data)
        if meta is not None and meta.children:
            # What an incoming `_meta` says of its parts is theirs, and goes with them.
            meta.below_original, meta.children = (meta.children if meta.original is value else None), {}
