"""The check of `make lint` that no regular expression of the package takes more than linear time, whatever the text is.

`python -m tests.checks.linear_patterns` says which do; with `--list` it gives all patterns, each as a line of JSON.
"""

import json
import sys

from tests.checks.ambiguity import fault_of
from tests.checks.package_patterns import Problem, Use, uses_in
from tests.checks.programs import NotKnown

PACKAGE = "store_protocol"


def complaint(use: Use) -> str | None:
    """Return what is wrong with a pattern, None if it is linear."""
    shown = f"{use.where}: {use.pattern!r} ({', '.join(sorted(use.ways))})"
    try:
        fault = fault_of(use.pattern, use.flags, ways=use.ways)
    except NotKnown as error:
        return f"{shown} isn't known to be linear: {error}"
    if fault is None:
        return None
    prefix, pump = ("".join(map(chr, codes)) for codes in (fault.prefix, fault.pump))
    return f"{shown} isn't linear: {fault.reason}, such as {prefix!r} with {pump!r} many times"


def main(arguments: list[str]) -> int:
    """Check the package, and give the status to exit with."""
    try:
        uses = uses_in(PACKAGE)
    except Problem as problem:
        print(problem)
        return 1
    if arguments == ["--list"]:
        for use in uses:
            is_text = isinstance(use.pattern, str)
            pattern = use.pattern if isinstance(use.pattern, str) else use.pattern.decode("latin-1")
            print(json.dumps([use.where, pattern, is_text, use.flags, sorted(use.ways)]))
        return 0
    complaints = [found for use in uses if (found := complaint(use)) is not None]
    print("\n".join(complaints) or f"{len(uses)} patterns of {PACKAGE} are linear")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
