"""Archives of events that are larger than one machine: normalization with Apache Spark (extra: spark).

    from store_protocol.spark import normalize

    texts = spark.read.text("s3a://archive/events/2026/*.jsonl.gz")
    found = normalize(texts).cache()
    found.where("event IS NOT NULL").select("event").write.text("s3a://archive/normalized/2026")
    found.where("event IS NULL").write.json("s3a://archive/rejects/2026")

Why Spark: archives of events lie in object stores as compressed lines, and it is what their owners run over them. What is
done with a row is a function of that row alone, so that Spark may run a task again whose worker has died: nothing is lost,
and nothing is there twice.
"""

import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from store_protocol.encode import encode_event
from store_protocol.errors import StoreError
from store_protocol.limits import Limits
from store_protocol.normalize import NormalizeOptions, normalize_event

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

#: The columns that are added: the canonical event as JSON, or the code of the error and what it says.
EVENT, CODE, REASON = "event", "code", "reason"
_OPTIONS = NormalizeOptions()


def normalize(
    texts: "DataFrame", options: NormalizeOptions = _OPTIONS, *, column: str = "value", limits: Limits | None = None
) -> "DataFrame":
    """Return the rows with the canonical event of each, as JSON, or with the error that it is refused with.

    `column` has the text of an event in each row (string or binary), as `spark.read.text` gives it. Rows are partitioned as
    they were, and all their columns stay. Added are `event` (string; null where the text is refused), and `code` and
    `reason` of its error. A row whose text is null or blank has none of the three.

    A task that is run again gives the same: where `options` have no `received_at` it is the time of this call, and an event
    without an id gets one that is made of its text. `options` must be what `pickle` takes, a function in `geoip_lookup`
    among it.
    """
    from pyspark.sql import functions  # noqa: PLC0415  (only who calls this needs it)

    if options.received_at is None:
        options = msgspec.structs.replace(options, received_at=time.time())
    schema = f"{EVENT} string, {CODE} string, {REASON} string"
    found = functions.udf(normalizer(options, limits), schema, useArrow=False)(functions.col(column))
    return texts.select("*", found.alias("_found")).select(*texts.columns, "_found.*")


def normalizer(
    options: NormalizeOptions, limits: Limits | None = None
) -> Callable[[Any], tuple[str | None, str | None, str | None]]:
    """Return the function of a text that is run for each row: it gives `event`, `code` and `reason`."""

    def run(text: Any) -> tuple[str | None, str | None, str | None]:
        if text is None or not text.strip():
            return None, None, None
        try:
            event = normalize_event(text, options, new_event_id=lambda: _id_of(text), limits=limits)
        except StoreError as error:
            return None, error.code, str(error)
        return encode_event(event).decode(), None, None

    return run


def _id_of(text: Any) -> str:
    """Return an id for an event that has none: that of a UUID of version 8, made of its text."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
    drawn = bytearray(hashlib.sha256(data).digest()[:16])
    drawn[6] = drawn[6] & 0x0F | 0x80
    drawn[8] = drawn[8] & 0x3F | 0x80
    return drawn.hex()
