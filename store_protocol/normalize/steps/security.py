"""Security reports: what the browser that sent them told in the headers of its own request."""

from store_protocol.convert.scalars import is_ip_address
from store_protocol.normalize.context import Normalization, acts_on
from store_protocol.schema.request import Request
from store_protocol.schema.user import User

_HINTS = {
    "sec_ch_ua_platform": "SEC-CH-UA-Platform",
    "sec_ch_ua_platform_version": "SEC-CH-UA-Platform-Version",
    "sec_ch_ua": "SEC-CH-UA",
    "sec_ch_ua_model": "SEC-CH-UA-Model",
}


@acts_on("csp")
def security_report(normalization: Normalization) -> None:
    """Name the logger of a report, and put what the browser told of itself into its headers."""
    event, options = normalization.event, normalization.options
    if event.csp is None:
        return
    if event.logger is None:
        event.logger = "csp"
    if normalization.infer_address and options.client_ip is not None and is_ip_address(options.client_ip):
        if event.user is None:
            event.user = User()
        event.user.ip_address = options.client_ip
    hints = options.client_hints or {}
    told = [("User-Agent", options.user_agent), *((header, hints.get(name)) for name, header in _HINTS.items())]
    if any(value is not None for _, value in told):
        if event.request is None:
            event.request = Request()
        headers = event.request.headers or []
        present = {pair[0].lower() for pair in headers if pair is not None and pair[0] is not None}
        # They may be longer than all that the client sent.
        normalization.facts.text_size = None
        headers += [(name, value) for name, value in told if value is not None and name.lower() not in present]
        event.request.headers = headers
