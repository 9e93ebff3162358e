"""The interface of Relay's Python package: what its users pass is taken as it is there."""

import collections
import json
from decimal import Decimal
from typing import Any

import pytest

from store_protocol import NormalizeOptions, StoreError, StoreNormalizer, decode_request, encode_event, normalize_event
from store_protocol.errors import InvalidJson, TooDeep
from store_protocol.http_request import HttpRequest
from store_protocol.schema.user import Geo

RECEIVED = "2026-11-23T00:00:00Z"
ID = "7c9ae6e58f03442b9203bbdcf6ae904c"

#: Objects that `json.dumps` takes, though they aren't what `json.loads` gives.
OBJECTS: list[Any] = [
    None,
    [1],
    {"tags": (("a", "b"), ["c", 1])},
    {"extra": {2: 2, 1.5: 3, None: 4, True: 5}},
    {"extra": collections.OrderedDict(b=1, a=collections.defaultdict(list, c=[()]))},
    {"user": {"id": 7}, "message": "é漢😀"},
]


@pytest.mark.parametrize("event", OBJECTS)
def test_objects_are_taken_as_json_dumps_takes_them(event: Any) -> None:
    if isinstance(event, dict):
        event = {**event, "event_id": ID}
    ours = StoreNormalizer(received_at=RECEIVED).normalize_event(event)
    assert ours == StoreNormalizer(received_at=RECEIVED).normalize_event(raw_event=json.dumps(event))
    pytest.importorskip("sentry_relay")
    from tests.oracle import processing

    assert ours == processing.StoreNormalizer(received_at=RECEIVED).normalize_event(event)


@pytest.mark.parametrize("event", [{"extra": {"a": float("nan"), "b": 2**70, "c": "\ud83d", "d": (float("-inf"),)}}])
def test_what_json_does_not_hold_is_repaired_as_in_a_text(event: dict[str, Any]) -> None:
    found = StoreNormalizer().normalize_event(event)["extra"]
    assert found["a"] == "NaN" and found["b"] == str(2**70) and found["c"] == "\ufffd"


def test_event_is_not_changed() -> None:
    event = {"extra": {"a": [1]}, "tags": {"a": 1}}
    StoreNormalizer(enable_trimming=True).normalize_event(event)
    assert event == {"extra": {"a": [1]}, "tags": {"a": 1}}


def test_objects_that_are_too_deep_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    for event in ({"extra": {"a": deep}}, {"extra": {"a": json.loads("[" * 200 + "]" * 200)}}):
        with pytest.raises(TooDeep):
            StoreNormalizer().normalize_event(event)


def test_text_goes_before_objects() -> None:
    normalizer = StoreNormalizer()
    for raw in ('{"level": "info"}', b'{"level": "info"}'):
        assert normalizer.normalize_event({"level": "fatal"}, raw)["level"] == "info"
    for raw in ("", '{"level'):
        with pytest.raises(InvalidJson):
            normalizer.normalize_event({}, raw_event=raw)


def test_options_that_are_not_known_are_passed_over() -> None:
    assert StoreNormalizer(project_id=1, valid_platforms=["a"], more={"a": 1}).options == NormalizeOptions(project_id=1)


@pytest.mark.parametrize(
    "options",
    [{"project_id": "1"}, {"client_ip": 5}, {"enable_trimming": "yes"}, {"max_secs_in_past": 1.5}, {"geoip_lookup": {}}],
)
def test_options_of_another_type_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        StoreNormalizer(**options)


def test_readers_and_writers_of_json_are_the_callers() -> None:
    class Lazy:
        def __str__(self) -> str:
            return "sentry-python/1.0"

    normalizer = StoreNormalizer(None, lambda config: json.dumps(config, default=str), client=Lazy())
    assert normalizer.options.client == "sentry-python/1.0"
    assert normalizer.normalize_event({})["sdk"] == {"name": "sentry-python", "version": "1.0"}

    def loads(text: str) -> Any:
        assert type(text) is str
        return json.loads(text, parse_float=Decimal)

    assert normalizer.normalize_event({"timestamp": 1.5}, None, loads)["timestamp"] == Decimal("1.5")


PLACE = {"country_code": "GB", "city": "Boxford", "subdivision": "England", "region": "United Kingdom"}


@pytest.mark.parametrize(
    ("event", "asked", "user"),
    [
        ({"user": {"ip_address": "2.125.160.216"}}, ["2.125.160.216"], {"ip_address": "2.125.160.216", "geo": PLACE}),
        # The address that the event came from, which is not the user's unless the user is told it.
        ({}, ["1.2.3.4"], {"geo": PLACE}),
        ({"user": {"id": "1", "ip_address": "{{auto}}"}}, ["1.2.3.4"], {"id": "1", "ip_address": "{{auto}}", "geo": PLACE}),
        (
            {"user": {"ip_address": "2.125.160.216", "geo": {"city": "Rome"}}},
            [],
            {"ip_address": "2.125.160.216", "geo": {"city": "Rome"}},
        ),
    ],
)
def test_place_of_an_address_is_asked_for(event: dict[str, Any], asked: list[str], user: dict[str, Any]) -> None:
    addresses: list[str] = []

    def lookup(address: str) -> Any:
        addresses.append(address)
        return {**PLACE, "more": 1}

    found = StoreNormalizer(lookup, client_ip="1.2.3.4").normalize_event(event)["user"]
    found.pop("sentry_user", None)
    assert (addresses, found) == (asked, user)


@pytest.mark.parametrize("place", [None, {}, 5, "GB", {"city": None}, {"city": 5}, Geo()])
def test_place_that_is_not_known_is_left_out(place: Any) -> None:
    event = {"user": {"ip_address": "2.125.160.216"}}
    found = StoreNormalizer(geoip_lookup=lambda _: place).normalize_event(event)["user"]
    assert found == {"ip_address": "2.125.160.216", "sentry_user": "ip:2.125.160.216"}
    assert "user" not in StoreNormalizer(geoip_lookup=lambda _: place, client_ip="1.2.3.4").normalize_event({})


def test_place_is_text_and_trimmed_as_what_clients_send() -> None:
    place = {"city": "\ud83d" + "x" * 3000}
    options = NormalizeOptions(client_ip="1.2.3.4", enable_trimming=True, geoip_lookup=lambda _: place)
    event = normalize_event({}, options)
    assert event.user is not None and event.user.geo is not None and event.user.geo.city is not None
    assert event.user.geo.city.startswith("\ufffdx") and event.user.geo.city.endswith("...")
    encode_event(event)


def test_no_address_is_no_question() -> None:
    def lookup(address: str) -> Any:
        raise AssertionError(address)

    for client_ip in (None, "nonsense", "{{auto}}"):
        StoreNormalizer(lookup, client_ip=client_ip).normalize_event({})


def test_requests_may_be_located_too() -> None:
    request = HttpRequest("POST", "/api/1/store/?sentry_key=a", [], b"{}", remote_addr="1.2.3.4")
    event = decode_request(request, options=NormalizeOptions(geoip_lookup=lambda _: PLACE)).event
    assert event is not None and event.user is not None
    assert event.user.geo == Geo(**PLACE)  # type: ignore[arg-type]


def test_what_must_not_be_taken_is_refused() -> None:
    with pytest.raises(StoreError):
        StoreNormalizer().normalize_event({"type": "transaction"})
