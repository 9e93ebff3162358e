"""The client's side, held against the server's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_protocol import Dsn, __version__, decode_request, encode_request, errors, parse_event
from store_protocol.body.codings import CODINGS
from store_protocol.schema import Event

DSN = "https://b70a31b3510c4cf793964a185cfe1fd0:b7d80b52@example.com:8443/sentry/42"
ENCODINGS = [None, *CODINGS.encodings]
PLACES = ["header", "query", "both"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("auth", PLACES)
def test_request_comes_back_as_it_went(encoding: Any, auth: Any) -> None:
    request = encode_request(
        DSN, {"message": "hello", "tags": {"a": "b"}}, encoding=encoding, auth=auth, client="me/1.0", now=5.5
    )
    submission = decode_request(request)
    assert submission.event is not None and submission.event.logentry is not None and submission.auth is not None
    assert submission.project_id == "42"
    assert submission.event.logentry.formatted == "hello"
    assert submission.event.tags == [("a", "b")]
    assert (submission.auth.public_key, submission.auth.secret_key) == ("b70a31b3510c4cf793964a185cfe1fd0", "b7d80b52")
    assert (submission.auth.client, submission.auth.timestamp) == ("me/1.0", 5.5)
    expected = {None: (), "base64": ("base64", "zlib")}.get(encoding, (encoding,))
    assert submission.codings == expected


def test_request_is_addressed_as_the_dsn_says() -> None:
    request = encode_request(Dsn.parse(DSN), b"{}")
    assert request.target == "/sentry/api/42/store/"
    assert request.header("Host") == "example.com:8443"
    assert request.header("User-Agent") == f"store-protocol/{__version__}"
    assert request.header("Content-Length") == "2"
    assert encode_request(DSN, b"{}") == encode_request(DSN, b"{}")


def test_event_may_be_typed() -> None:
    event = parse_event({"message": "hello", "level": "log"})
    assert encode_request(DSN, event).body == b'{"level":"info","logentry":{"formatted":"hello"}}'
    assert encode_request(DSN, Event()).body == b"{}"


def test_wrong_arguments_are_told() -> None:
    with pytest.raises(ValueError, match="encoding must be"):
        encode_request(DSN, b"{}", encoding="lzma")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="auth must be"):
        encode_request(DSN, b"{}", auth="cookie")  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidDsn):
        encode_request("nonsense", b"{}")
    with pytest.raises(TypeError):
        encode_request(DSN, {"a": object()})


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), _VALUES, max_size=5), st.sampled_from(ENCODINGS), st.sampled_from(PLACES))
def test_extra_survives_the_round_trip_property(extra: dict[str, Any], encoding: Any, auth: Any) -> None:
    submission = decode_request(encode_request(DSN, {"extra": extra}, encoding=encoding, auth=auth))
    assert submission.event is not None
    assert submission.event.extra == (extra or None)
    assert submission.repairs == ()


def test_what_json_has_no_room_for_is_sent_as_its_text() -> None:
    event = {"extra": {"ratio": float("nan"), "id": 2**70, "cut": "\ud83d"}}
    found = decode_request(encode_request(DSN, event)).event
    assert found is not None
    assert found.extra == {"ratio": "NaN", "id": str(2**70), "cut": "\ufffd"}
    with pytest.raises(errors.TooDeep):
        encode_request(DSN, {"extra": json.loads("[" * 130 + "]" * 130)})
