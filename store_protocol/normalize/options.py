"""How an event is normalized: the options of Relay's `StoreNormalizer`, by the same names."""

import functools
from collections.abc import Callable
from typing import Any, Self

import msgspec

from store_protocol.convert.context import ConversionError
from store_protocol.convert.timestamps import timestamp
from store_protocol.first_use import build_type_info
from store_protocol.forwarded import networks
from store_protocol.texts import safe_text


class NormalizeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an event is normalized; every option may be left out.

    The names, types and defaults are those of `sentry_relay.processing.StoreNormalizer`, whose users need only change an
    import.

    >>> NormalizeOptions(project_id=1, enable_trimming=True).project_id
    1
    """

    #: Goes into the event's `project`.
    project_id: int | None = None
    #: The address that the event came from. `decode_request` takes that of the connection where this is None, and fills the
    #: user's address by it; `normalize_event` takes it without effect, as Relay's normalizer does.
    client_ip: str | None = None
    #: The SDK as its credentials name it (`sentry-python/1.0`); the event's `sdk` where it names none itself.
    client: str | None = None
    #: Goes into the event's `key_id`.
    key_id: str | None = None
    #: Goes into the event's `version`.
    protocol_version: str | None = None
    #: Goes into the event's `grouping_config`.
    grouping_config: Any = None
    #: The `User-Agent` header that came with the event; for security reports, whose browser sent them itself.
    user_agent: str | None = None
    #: The `Sec-CH-UA*` headers that came with the event, likewise.
    client_hints: dict[str, str | None] | None = None
    #: When the event came: RFC 3339 text, or seconds since the epoch. None is the current time. What is no time raises
    #: `ValueError`.
    received_at: str | float | None = None
    #: When the client sent the event, by its own clock, in the same forms. `decode_request` sets the client's clock right
    #: by it; `normalize_event` takes it without effect, as Relay's normalizer does.
    sent_at: str | float | None = None
    #: How far an event's timestamp may lie in the future, in seconds. None sets no bound.
    max_secs_in_future: int | None = None
    #: How far an event's timestamp may lie in the past, in seconds. None sets no bound.
    max_secs_in_past: int | None = None
    #: Cut what is too long.
    enable_trimming: bool | None = None
    #: The event was normalized before: only convert it and write it again.
    is_renormalize: bool | None = None
    #: Remove attributes that aren't known. None means yes, unless `is_renormalize`.
    remove_other: bool | None = None
    #: Remove nulls from lists, and pairs of which a half is null, such as a tag without a key: for consumers that don't
    #: expect them. They stand where a value was wrong, which is listed all the same.
    remove_nulls: bool = False
    #: Fill the browser, device and operating system contexts from the `User-Agent` header.
    normalize_user_agent: bool | None = None
    #: The sample rate that the client announced, from 0 to 1; goes into the trace context.
    client_sample_rate: float | None = None
    #: The replay during which the event happened; goes into the replay context.
    replay_id: str | None = None
    #: Tells where an IP address is: a function of the address (str) that returns an object of `country_code` (two letters),
    #: `city`, `subdivision` and `region` (the country's name), each a str or left out, or None where it doesn't know. It
    #: fills the user's `geo` where the event has none. What it raises is raised.
    geoip_lookup: Callable[[str], Any] | None = None
    #: The proxies whose `X-Forwarded-For` is trusted, for `decode_request`: addresses and networks (`10.0.0.0/8`), or `*`
    #: for all. The address that the event came from is then the last one in that header that is none of theirs. Text that
    #: names neither raises `ValueError`.
    trusted_proxies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.trusted_proxies:
            networks(self.trusted_proxies)
        if self.received_at is not None:
            seconds_of("received_at", self.received_at)
        # These mostly come from a request, and so may hold what can't be encoded.
        for name in _TEXTS:
            value = getattr(self, name)
            if type(value) is str and not value.isascii():
                _set(self, name, safe_text(value))
        if self.client_hints:
            hints = self.client_hints.items()
            if not all(value is None or value.isascii() for _, value in hints):
                repaired = {name: value if value is None else safe_text(value) for name, value in hints}
                _set(self, "client_hints", repaired)

    def with_safe(self, changes: dict[str, Any]) -> Self:
        """Return the options with changes whose texts are known to have no surrogates: they are not looked through again.

        That is `msgspec.structs.replace` without `__post_init__`, which would take longer than all else that it does.
        """
        changed: Self = self.__copy__()  # type: ignore[attr-defined]  # missing in the stubs of msgspec
        for name, value in changes.items():
            _set(changed, name, value)
        return changed


def seconds_of(name: str, time: str | float) -> float:
    """Return a time that callers give as seconds since the epoch. Raises `ValueError` for what is none."""
    try:
        return _text_timestamp(time) if type(time) is str else timestamp(time)
    except ConversionError as error:
        message = f"{name} is no time: {error.reason}"
        raise ValueError(message) from None


#: The options of many events are the same.
_text_timestamp = functools.lru_cache(maxsize=16)(timestamp)
_set = msgspec.structs.force_setattr


_TEXTS = ("client", "client_ip", "key_id", "protocol_version", "received_at", "replay_id", "sent_at", "user_agent")

build_type_info(NormalizeOptions)
