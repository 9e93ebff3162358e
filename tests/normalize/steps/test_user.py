"""The user's address: of the connection where the client asks for it, in requests alone."""

import json
from typing import Any

import msgspec
import pytest

from store_protocol import Event, HttpRequest, NormalizeOptions, RequestDecoder, decode_request, normalize_event

PEER = "192.0.2.1"
AUTO = {"ip_address": "{{auto}}"}


def request(event: Any, *headers: tuple[str, str], target: str = "/api/1/store/?sentry_key=a") -> HttpRequest:
    return HttpRequest("POST", target, headers, json.dumps(event).encode(), remote_addr=PEER)


def address_of(event: Event | None) -> str | None:
    assert event is not None
    return event.user.ip_address if event.user is not None else None


def settings(infer_ip: Any) -> dict[str, Any]:
    return {"sdk": {"name": "a", "version": "1", "settings": {"infer_ip": infer_ip}}}


@pytest.mark.parametrize(
    ("event", "address"),
    [
        ({"user": AUTO}, PEER),
        ({"user": AUTO, "platform": "python"}, PEER),
        ({"user": AUTO, **settings("auto")}, PEER),
        ({"user": AUTO, **settings("never")}, None),
        ({"user": AUTO, **settings("ever")}, None),
        # SDKs that leave it out where they mean it.
        *(({"platform": platform}, PEER) for platform in ("javascript", "cocoa", "objc")),
        *(({"platform": platform}, None) for platform in ("python", "node", "other", "native")),
        ({}, None),
        ({"platform": "javascript", "user": {"id": "1"}}, PEER),
        ({"platform": "javascript", **settings("never")}, None),
        ({"platform": "javascript", **settings([])}, None),
        ({"platform": "python", **settings("auto")}, PEER),
        # What the client says itself goes first.
        ({"user": {"ip_address": "5.6.7.8"}, "platform": "javascript"}, "5.6.7.8"),
        ({"user": AUTO, "request": {"env": {"REMOTE_ADDR": "5.6.7.8"}}}, "5.6.7.8"),
        ({"platform": "javascript", "request": {"env": {"REMOTE_ADDR": "5.6.7.8"}}}, "5.6.7.8"),
        ({"user": AUTO, "request": {"env": {"REMOTE_ADDR": "nonsense"}}}, PEER),
        # What an earlier server has removed isn't told again.
        (
            {
                "platform": "javascript",
                "user": {"id": "1", "ip_address": None},
                "_meta": {"user": {"ip_address": {"": {"rem": [["@ip", "x"]]}}}},
            },
            None,
        ),
    ],
)
def test_address_is_that_of_the_connection_where_it_is_asked_for(event: dict[str, Any], address: str | None) -> None:
    assert address_of(decode_request(request(event)).event) == address
    decoder = RequestDecoder(request(event))
    decoder.feed(json.dumps(event).encode())
    assert address_of(decoder.finish().event) == address


@pytest.mark.parametrize("event", [{"user": AUTO}, {"platform": "javascript"}, settings("auto")])
def test_normalization_alone_tells_no_address(event: dict[str, Any]) -> None:
    given = event.get("user", {}).get("ip_address")
    assert address_of(normalize_event(event, NormalizeOptions(client_ip=PEER))) == given


def test_users_are_counted_by_the_address() -> None:
    event = decode_request(request({"user": AUTO})).event
    assert event is not None and event.user is not None
    assert event.user.sentry_user == f"ip:{PEER}"


def test_address_of_the_caller_goes_first() -> None:
    options = NormalizeOptions(client_ip="5.6.7.8", trusted_proxies=("*",))
    found = decode_request(request({"user": AUTO}, ("X-Forwarded-For", "9.9.9.9")), options=options).event
    assert address_of(found) == "5.6.7.8"


@pytest.mark.parametrize(
    ("proxies", "address"), [((), PEER), (("10.0.0.0/8",), PEER), ((PEER,), "9.9.9.9"), (("*",), "9.9.9.9")]
)
def test_proxies_tell_the_address_where_they_are_trusted(proxies: tuple[str, ...], address: str) -> None:
    sent = request({"user": AUTO}, ("X-Forwarded-For", "9.9.9.9"))
    assert address_of(decode_request(sent, options=NormalizeOptions(trusted_proxies=proxies)).event) == address


@pytest.mark.parametrize("address", [None, "nonsense", "{{auto}}", "unix:", "::1%eth0"])
def test_what_is_no_address_is_not_told(address: str | None) -> None:
    for event, kept in (({"user": AUTO}, "{{auto}}"), ({"platform": "javascript"}, None)):
        sent = msgspec.structs.replace(request(event), remote_addr=address)
        assert address_of(decode_request(sent).event) == kept


def test_security_report_has_the_address_of_its_browser() -> None:
    report = {"csp-report": {"effective-directive": "img-src", "blocked-uri": "http://a.b", "document-uri": "http://c.d"}}
    sent = request(report, target="/api/1/security/?sentry_key=a")
    event = decode_request(sent, options=NormalizeOptions(key_id="42")).event
    assert event is not None
    assert (address_of(event), event.key_id) == (PEER, "42")
    assert (
        address_of(normalize_event({"csp": {"effective_directive": "img-src"}}, NormalizeOptions(client_ip=PEER))) is None
    )
