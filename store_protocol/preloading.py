"""Make everything at once that is otherwise made on first use."""

import importlib

from store_protocol.body.codings import CODINGS
from store_protocol.convert.canonicalize import canonicalizer_of
from store_protocol.convert.interface import Interface, interfaces
from store_protocol.convert.plain_objects import written_forms
from store_protocol.convert.readers import layout_of
from store_protocol.decode import makers_of
from store_protocol.first_use import make_all
from store_protocol.items.reading import converts_whole
from store_protocol.normalize.remove_empty import remover_of
from store_protocol.normalize.trimming.checks import check_of, check_of_strings
from store_protocol.normalize.trimming.event_values import COLLECTED
from store_protocol.normalize.trimming.free_form import collector_of
from store_protocol.reading.wire_event import ATTRIBUTES, attribute_decoder, decoder
from store_protocol.schema.event import Event

#: What is loaded when a request first needs it, and isn't an extra.
_MODULES = (
    *(
        f"store_protocol.{name}"
        for name in (
            "asgi",
            "check",
            "client",
            "forwarding",
            "many",
            "normalizer",
            "outcome",
            "payload.repairer",
            "pipeline",
            "rate_limits",
            "wsgi",
        )
    ),
    *(f"store_protocol.items.{name}" for name in ("decoding", "encoding")),
    *("decimal", "gzip", "hashlib", "lzma", "python_multipart.multipart"),
)


def preload() -> None:
    """Make everything now that is otherwise made on first use: modules, decoders, generated functions.

    A server that forks its workers calls it before it forks: they then share what is made, and none of them makes it while
    a client waits. It takes a few tenths of a second. Without it all is made when it is first needed, which is as safe in
    threads. `ua-parser`, which only `normalize_user_agent` needs, is left out.

    >>> preload()
    """
    for name in _MODULES:
        importlib.import_module(name)
    for coding in CODINGS.values():
        coding.load()
    for interface in interfaces(Interface):
        layout_of(interface)
        canonicalizer_of(interface)
        if interface.__of_events__:
            makers_of(interface)
            check_of(interface)
            remover_of(interface)
        else:
            converts_whole(interface)
            written_forms(interface)
    for interface in COLLECTED.values():
        collector_of(interface)
        check_of_strings(interface)
    check_of_strings(Event)
    for after_steps in (True, False):
        remover_of(Event, after_steps=after_steps)
    for closed in (True, False):
        for old in (True, False):
            decoder(closed=closed, old=old)
    for name in ATTRIBUTES:
        attribute_decoder(name)
    make_all()
