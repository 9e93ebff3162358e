"""Violations of a content security policy, as browsers report them."""

from store_protocol.convert.interface import Interface
from store_protocol.schema.types import U64, Text


class Csp(Interface):
    """A violation of a content security policy."""

    #: The directive that was enforced, such as `script-src`.
    effective_directive: Text | None = None
    #: What was blocked: a URL, or a word such as `inline` or `eval`.
    blocked_uri: Text | None = None
    #: The page on which it happened.
    document_uri: Text | None = None
    #: The whole policy of the page.
    original_policy: Text | None = None
    #: The page that led to it.
    referrer: Text | None = None
    #: The HTTP status of the page.
    status_code: U64 | None = None
    #: The directive as the policy has it, with its sources.
    violated_directive: Text | None = None
    #: The script or style sheet that did it.
    source_file: Text | None = None
    #: The line in it.
    line_number: U64 | None = None
    #: The column in it.
    column_number: U64 | None = None
    #: How the script, the style sheet or the handler begins.
    script_sample: Text | None = None
    #: `enforce`, or `report` of a policy that only reports.
    disposition: Text | None = None
