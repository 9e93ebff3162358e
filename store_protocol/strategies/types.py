"""What `hypothesis.strategies.from_type` gives for types of this package, and with it `builds` and `@given(infer)`.

By itself hypothesis would fill the attributes of a struct with whatever fits their types: an event that no client sends.
"""

from hypothesis import strategies as st

from store_protocol.auth import Auth
from store_protocol.dsn import Dsn
from store_protocol.http_request import HttpRequest
from store_protocol.reading.events import parse_event
from store_protocol.schema.event import Event
from store_protocol.strategies.events import events
from store_protocol.strategies.requests import auths, dsns, requests


def register() -> None:
    """Register strategies for `Event`, `HttpRequest`, `Dsn` and `Auth`; importing `store_protocol.strategies` does it."""
    st.register_type_strategy(Event, lambda _: events().map(parse_event))
    st.register_type_strategy(HttpRequest, lambda _: requests())
    st.register_type_strategy(Dsn, lambda _: dsns().map(Dsn.parse))
    st.register_type_strategy(Auth, lambda _: auths())
