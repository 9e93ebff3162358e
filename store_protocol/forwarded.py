"""The address that a request came from, where proxies stand before the server.

Each proxy adds the address that it was called from at the end of `X-Forwarded-For`; what stands before that the sender may
have made up. So the list is read from its end, as long as what is said is said by a proxy that is trusted.
"""

import functools
import ipaddress
import re
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Trusts every address.
ANY = "*"
#: An address with a port, as some proxies write it: `192.0.2.1:5000`, `[2001:db8::1]:5000`.
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]*)?|([^:]*):[0-9]*")


@functools.lru_cache(maxsize=64)
def networks(proxies: tuple[str, ...]) -> tuple[Network, ...] | None:
    """Return the networks that addresses and networks in text name, None for all. Raises `ValueError` for other text."""
    found = tuple([ipaddress.ip_network(each, strict=False) for each in proxies if each != ANY])
    return None if ANY in proxies else found


def client_address(peer: str | None, forwarded: Iterable[str], proxies: tuple[str, ...]) -> str | None:
    """Return the address that a request came from: the last one that isn't a proxy's, or else the first.

    `peer` is the address of the connection, `forwarded` the values of `X-Forwarded-For`, and `proxies` the addresses and
    networks that are trusted. None where a proxy doesn't say it.

    >>> client_address("10.0.0.1", ["198.51.100.7, 192.0.2.1, 10.0.0.2"], ("10.0.0.0/8",))
    '192.0.2.1'
    >>> client_address("198.51.100.7", ["192.0.2.1"], ("10.0.0.0/8",))
    '198.51.100.7'
    """
    trusted = networks(proxies)
    if not _is_trusted(peer, trusted):
        return peer
    address = peer
    rest = ",".join(forwarded)
    end = len(rest)
    while end > 0:
        start = rest.rfind(",", 0, end) + 1
        address = _without_port(rest[start:end].strip())
        if not _is_trusted(address, trusted):
            return address if _parsed(address) is not None else None
        end = start - 1
    return address


def _without_port(text: str) -> str:
    match = _WITH_PORT.fullmatch(text)
    return text if match is None else match[1] or match[2]


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _is_trusted(address: str | None, trusted: tuple[Network, ...] | None) -> bool:
    if trusted is None and address is None:
        # A socket of the system has no address.
        return True
    found = _parsed(address) if address is not None else None
    if found is None:
        return False
    if trusted is None:
        return True
    # Servers that listen on both see addresses of version 4 as those of version 6.
    seen = getattr(found, "ipv4_mapped", None) or found
    return any(seen in network for network in trusted)
