"""Types of the package, where hypothesis is asked for values of them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from store_protocol import Auth, Dsn, Event, HttpRequest, decode_request, parse_auth_header
from store_protocol.strategies import events


@given(st.from_type(Event))
@settings(max_examples=20)
def test_event_is_as_clients_send_it(event: Event) -> None:
    assert isinstance(event, Event) and event.errors is None


@given(...)
@settings(max_examples=20)
def test_request_is_taken(request: HttpRequest) -> None:
    assert decode_request(request, now=1795392000.0).response().status == 200


@given(...)
def test_dsn_and_credentials_are_right(dsn: Dsn, auth: Auth) -> None:
    assert Dsn.parse(str(dsn)) == dsn
    assert parse_auth_header(auth.to_header()).public_key == auth.public_key


@given(events())
@settings(max_examples=5)
def test_strategies_of_plain_objects_stay_what_they_are(event: object) -> None:
    assert isinstance(event, dict)
