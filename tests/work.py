"""Work that is counted, not timed: how long something takes depends on the machine, what it does doesn't."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_of(run: Callable[[], Any]) -> int:
    """Return how many lines of the package a call executes."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if not frame.f_globals.get("__name__", "").startswith("store_protocol"):
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def calls_of(run: Callable[[], Any]) -> int:
    """Return how many functions a call calls, Python's and C's, itself and through others."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        if event in {"call", "c_call"}:
            count += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count
