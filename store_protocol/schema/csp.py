"""Violations of a content security policy, as browsers report them."""

from store_protocol.convert.interface import Interface
from store_protocol.schema.types import U64, Text


class Csp(Interface):
    """A violation of a content security policy."""

    effective_directive: Text | None = None
    blocked_uri: Text | None = None
    document_uri: Text | None = None
    original_policy: Text | None = None
    referrer: Text | None = None
    status_code: U64 | None = None
    violated_directive: Text | None = None
    source_file: Text | None = None
    line_number: U64 | None = None
    column_number: U64 | None = None
    script_sample: Text | None = None
    disposition: Text | None = None
