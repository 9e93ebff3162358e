"""C reads nearly all of what recorded clients send: an attribute that it refuses costs many times as much."""

import pytest

from tests.fast_way import fast_way, of_clients, table


def test_recorded_clients_are_read_by_c() -> None:
    found = of_clients()
    values = sum(way.values for way in found.values())
    assert sum(way.in_python for way in found.values()) <= 0.025 * values, table(found)


@pytest.mark.parametrize(
    ("text", "in_python", "why"),
    [
        (b'{"message":"a","tags":{"a":"b"}}', 0, []),
        (b'{"message":"a","extra":{"a":[1,18446744073709551616],"b":"\\ud800"}}', 0, []),
        # A fault costs the attribute that has it.
        (b'{"message":"a","extra":{"a":[1,9223372036854775808]}}', 4, ["extra: Expected int <= 9223372036854775807"]),
        (b'{"sdk":{"name":[]},"tags":{"a":"b"}}', 2, ["sdk: Expected "]),
        (b'{"exception":{"type":"E"}}', 2, ["exception: an old form"]),
        (b'{"message":"a","extra":{"a":NaN}}', 4, ["(event): something in its text has to be repaired"]),
    ],
)
def test_what_is_read_in_python_is_told(text: bytes, in_python: int, why: list[str]) -> None:
    way = fast_way([text])
    assert way.in_python == in_python and len(way.why) == len(why)
    assert all(reason.startswith(told) for reason, told in zip(way.why, why, strict=True))
    assert way.whole == (not why)
