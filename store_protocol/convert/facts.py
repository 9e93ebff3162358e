"""What is known of an event beside its values, so that later code has less to look at.

A fact never changes what comes out: without it the same is found by looking. Each has one meaning. It holds from the
moment at which a reader states it until a step makes it untrue and withdraws it; `tests/normalize/test_facts.py` fails for
a step that forgets to.
"""

import msgspec


class Facts(msgspec.Struct, gc=False):
    """The facts about one event, attributes of the event by their names.

    - `known_short`: attributes in which no string is longer than its field allows.
    - `without_empty_items`: attributes in whose list or object each item is something.
    - `known_shallow`: whether every free-form value has no more levels of containers than its field allows, but for those
      in exceptions, threads and breadcrumbs.
    - `text_size`: the most bytes that all of these together have as JSON, or None where that isn't known. What contexts say
      twice in the end counts once.
    """

    known_short: frozenset[str] = frozenset()
    without_empty_items: frozenset[str] = frozenset()
    known_shallow: bool = False
    text_size: int | None = None

    def withdraw_typed(self, name: str) -> None:
        """Withdraw what was stated of an attribute: it isn't taken as C has typed it."""
        self.known_short -= {name}
        self.without_empty_items -= {name}
