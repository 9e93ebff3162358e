"""Lists that C refuses: each item is tried alone, as long as that pays."""

from typing import Any
from unittest import mock

import msgspec
import pytest

from store_protocol.convert.context import ConvertContext
from store_protocol.convert.readers import fields_of, typer_of
from store_protocol.meta.tree import MetaTree
from store_protocol.schema import Event
from store_protocol.schema.exception import ExceptionValue
from store_protocol.schema.images import DebugImage
from store_protocol.schema.stacktrace import Frame, Stacktrace

[READ_FRAMES] = [field.read for field in fields_of(Stacktrace) if field.name == "frames"]
FRAME = {"function": "f", "module": "m", "filename": "a.py", "lineno": 1}
RIGHT, WRONG, FEW = FRAME, {**FRAME, "lineno": "x"}, {"function": "f"}
#: C takes it, and it is refused afterwards.
UNLIKE = {**FRAME, "image_addr": "?"}


def tried(frames: list[Any], **options: Any) -> int:
    """Return how many frames C is asked for while a list is read."""
    convert, count = msgspec.convert, 0

    def counted(*arguments: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        return convert(*arguments, **more)

    with mock.patch.object(msgspec, "convert", counted):
        found = READ_FRAMES(frames, ("stacktrace", "frames"), ConvertContext(MetaTree(), **options))
    assert [frame and frame.function for frame in found] == [frame and frame["function"] for frame in frames]
    return count


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([RIGHT, None, RIGHT], 2),
        ([RIGHT], 0),
        ([FEW] * 10, 0),
        ([WRONG] * 100, 8),
        ([RIGHT] * 10 + [WRONG] * 100, 28),
        ([RIGHT, WRONG] * 100, 200),
        ([WRONG, WRONG, RIGHT] * 100, 20),
        ([UNLIKE] * 100, 100),
        ([FEW] * 8 + [RIGHT] * 10, 0),
    ],
)
def test_items_are_tried_while_it_pays(frames: list[Any], expected: int) -> None:
    assert tried(frames) == expected


def test_tries_are_of_all_lists_of_an_attribute() -> None:
    context = ConvertContext(MetaTree())
    for _ in range(10):
        READ_FRAMES([WRONG, WRONG], ("stacktrace", "frames"), context)
    assert context.tries == 0


def test_items_whose_unknown_attributes_are_kept_are_not_tried() -> None:
    assert tried([RIGHT] * 3, keep_unknown=True) == 0


def test_interface_that_is_read_otherwise_than_c_takes_it_is_not_tried() -> None:
    assert typer_of(ExceptionValue) is not None
    assert typer_of(Frame | None) is not None
    for hint in (str, DebugImage, Event):
        assert typer_of(hint) is None
