"""The address that a request came from: of the connection, or as trusted proxies tell it."""

import pytest

from store_protocol import NormalizeOptions
from store_protocol.forwarded import client_address

INNER = ("10.0.0.0/8", "2001:db8::/32", "192.0.2.9")


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        # None is trusted, or not this one.
        ("10.0.0.1", ["1.2.3.4"], (), "10.0.0.1"),
        ("1.2.3.4", ["5.6.7.8"], INNER, "1.2.3.4"),
        (None, ["5.6.7.8"], INNER, None),
        ("nonsense", ["5.6.7.8"], INNER, "nonsense"),
        # The last that is no proxy: what stands before it may be made up.
        ("10.0.0.1", ["5.6.7.8"], INNER, "5.6.7.8"),
        ("10.0.0.1", ["9.9.9.9, 5.6.7.8"], INNER, "5.6.7.8"),
        ("10.0.0.1", ["9.9.9.9, 5.6.7.8 ,10.0.0.2,192.0.2.9"], INNER, "5.6.7.8"),
        ("10.0.0.1", ["9.9.9.9", "5.6.7.8", "10.0.0.2"], INNER, "5.6.7.8"),
        ("2001:db8::1", ["2001:db9::7"], INNER, "2001:db9::7"),
        ("::ffff:10.0.0.1", ["5.6.7.8"], INNER, "5.6.7.8"),
        # As proxies write it.
        ("10.0.0.1", ["5.6.7.8:5000"], INNER, "5.6.7.8"),
        ("10.0.0.1", ["[2001:db9::7]:5000"], INNER, "2001:db9::7"),
        ("10.0.0.1", ["[2001:db9::7], 10.0.0.2:80"], INNER, "2001:db9::7"),
        # All are proxies: the first of them sent it.
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], INNER, "10.0.0.3"),
        ("10.0.0.1", [], INNER, "10.0.0.1"),
        ("10.0.0.1", ["5.6.7.8, 10.0.0.2"], ("*",), "5.6.7.8"),
        (None, ["5.6.7.8"], ("*",), "5.6.7.8"),
        (None, [], ("*",), None),
        # A proxy doesn't say it.
        ("10.0.0.1", ["5.6.7.8, unknown"], INNER, None),
        ("10.0.0.1", ["5.6.7.8, "], INNER, None),
        ("10.0.0.1", ["_hidden"], ("*",), None),
    ],
)
def test_address_is_that_of_the_last_who_is_no_proxy(
    peer: str | None, forwarded: list[str], proxies: tuple[str, ...], address: str | None
) -> None:
    assert client_address(peer, forwarded, proxies) == address


@pytest.mark.parametrize("wrong", ["nonsense", "10.0.0.0/99", "", "10.0.0.1:80"])
def test_proxies_are_addresses_and_networks(wrong: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        NormalizeOptions(trusted_proxies=(wrong,))


def test_network_may_be_named_by_an_address_in_it() -> None:
    assert client_address("10.0.0.1", ["5.6.7.8"], ("10.0.0.7/24",)) == "5.6.7.8"
