"""Items of envelopes as they come: their headers and their bytes."""

from typing import TYPE_CHECKING, Any

from store_protocol.first_use import build_type_info
from store_protocol.quantities import item_quantities
from store_protocol.redaction import Redacted

if TYPE_CHECKING:
    from store_protocol.items.decoding import Decoded
    from store_protocol.limits import Limits
    from store_protocol.normalize.options import NormalizeOptions


class EnvelopeItem(Redacted, frozen=True):
    """An item of an envelope: its type, its headers and its bytes. `Submission.items` has those that make no event.

    `type` is the one of the item's headers (`session`, `client_report`, `check_in`), or for a report of a browser that is
    no violation of a policy the report's (`deprecation`).
    """

    type: str
    headers: dict[str, Any]
    data: bytes

    @property
    def quantities(self) -> dict[str, int]:
        """How much the item counts, by data category (Relay `Item::quantities`).

        >>> EnvelopeItem("log", {"item_count": 2}, b"[...]").quantities
        {'log_byte': 5, 'log_item': 2}
        """
        return item_quantities(self.type, self.headers, len(self.data))

    def decode(self, options: "NormalizeOptions | None" = None, *, limits: "Limits | None" = None) -> "Decoded":
        """Return what the payload stands for, typed: see `store_protocol.decode_item`.

        >>> EnvelopeItem("client_report", {}, b'{"discarded_events": []}').decode().discarded_events
        []
        """
        # Loaded when it is first needed: most who take envelopes decode none of their items.
        from store_protocol.items.decoding import decode_item  # noqa: PLC0415

        told: dict[str, Any] = {"limits": limits, "options": options}
        return decode_item(self.type, self.data, self.headers, **{name: part for name, part in told.items() if part})


build_type_info(EnvelopeItem)
