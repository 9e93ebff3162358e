"""Events and breadcrumbs that a native SDK has packed beside a minidump."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.endpoints.test_minidump import DUMP_PART, event_of, form, part, sent


def crumbs(*messages: tuple[float | None, str]) -> bytes:
    return b"".join(
        msgspec.msgpack.encode({"message": message} | ({} if time is None else {"timestamp": time}))
        for time, message in messages
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([(None, "a")], [], ["a"]),
        ([], [(None, "a")], ["a"]),
        ([(None, "a")], [(None, "b"), (None, "c")], ["b", "c"]),
        ([(None, "n"), (5.0, "a")], [(6.0, "b")], ["a", "b"]),
        ([(6.0, "b")], [(None, "n"), (5.0, "a")], ["a", "b"]),
    ],
)
def test_breadcrumbs_of_two_files_are_put_in_order(first: Any, second: Any, expected: list[str]) -> None:
    body = form(
        DUMP_PART, part("__sentry-breadcrumb1", crumbs(*first), "1"), part("__sentry-breadcrumb2", crumbs(*second), "2")
    )
    assert [crumb["message"] for crumb in event_of(sent(body))["breadcrumbs"]["values"]] == expected


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\xc1",
        b"\x81",
        b"\x91" * 200_000 + b"\x90",
        b"\xdd\xff\xff\xff\xff",
        b"\x01",
        b"\xdf\x00\x00\x00\x01\x01",
        b"\xa1\xff",
    ],
)
def test_broken_packed_events_cost_themselves_alone(packed: bytes) -> None:
    body = form(DUMP_PART, part("__sentry-event", packed, "e"), part("__sentry-breadcrumb1", packed, "b"), part("a", b"b"))
    submission = sent(body)
    assert event_of(submission)["extra"] == {"a": "b"}
    assert len(submission.attachments) == 3


@given(
    st.lists(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**63), 2**64 - 1)
            | st.floats(allow_nan=False)
            | st.text()
            | st.binary(max_size=300),
            lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20),
            max_leaves=40,
        ),
        max_size=5,
    )
)
def test_property_ends_of_packed_values_are_found(values: list[Any]) -> None:
    from store_protocol.payload.messagepack import _end_of_value

    data = b"".join(map(msgspec.msgpack.encode, values))
    position = 0
    for value in values:
        end = _end_of_value(data, position, len(data))
        assert end is not None and msgspec.msgpack.decode(data[position:end]) == value
        position = end
    assert position == len(data) and _end_of_value(data, position, len(data)) is None


@pytest.mark.parametrize(("most", "end"), [(4, 6), (3, None), (0, None)])
def test_packed_values_of_too_many_parts_are_none(most: int, end: int | None) -> None:
    from store_protocol.payload.messagepack import _end_of_value

    assert _end_of_value(b"\x92\x01\xdd\x00\x00\x00", 0, most) is None
    assert _end_of_value(b"\x81\xa1a\x91\x01\x02", 0, most) == (end and 5)
