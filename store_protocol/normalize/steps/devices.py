"""Devices: how fast one is, as a tag, and the name that one is sold under."""

from bisect import bisect_left
from pkgutil import get_data

from store_protocol.first_use import once
from store_protocol.normalize.context import Normalization, acts_on
from store_protocol.schema.contexts import DeviceContext

LOW, MEDIUM, HIGH = "1", "2", "3"

_GIB = 2**30

# Apple's models by generation, as far as they aren't fast by today's measure.
_LOW_MODELS = {
    *("iPhone1,1", "iPhone1,2", "iPhone2,1", "iPhone4,1", "iPhone6,1", "iPhone6,2", "iPhone7,1", "iPhone7,2", "iPhone8,1"),
    *("iPhone8,2", "iPhone8,4", "iPad1,1", "iPad1,2", "iPad6,11", "iPad6,12"),
    *(f"iPhone3,{minor}" for minor in (1, 2, 3)),
    *(f"iPhone5,{minor}" for minor in (1, 2, 3, 4)),
    *(f"iPad2,{minor}" for minor in range(1, 8)),
    *(f"iPad3,{minor}" for minor in range(1, 7)),
    *(f"iPad4,{minor}" for minor in range(1, 10)),
    *(f"iPad5,{minor}" for minor in range(1, 5)),
}
_MEDIUM_MODELS = {
    *(f"iPhone9,{minor}" for minor in range(1, 5)),
    *(f"iPhone10,{minor}" for minor in range(1, 7)),
    *(f"iPhone11,{minor}" for minor in (2, 4, 6, 8)),
    *(f"iPhone12,{minor}" for minor in (1, 3, 5, 8)),
    *(f"iPad6,{minor}" for minor in (3, 4, 7, 8)),
    *(f"iPad7,{minor}" for minor in (1, 2, 3, 4, 5, 6, 11, 12)),
    *(f"iPad8,{minor}" for minor in range(1, 13)),
    *(f"iPad11,{minor}" for minor in (1, 2, 3, 4, 6, 7)),
    *(f"iPad12,{minor}" for minor in (1, 2)),
}
_APPLE_FAMILIES = frozenset({"iPhone", "iOS", "iOS-Device"})


@once
def _android_models() -> list[str]:
    """Return Android's models in order, each followed by a tab and the name that it is sold under where that is another.

    Google publishes them (the devices that Google Play supports), and Relay has the same list. Most events have no device:
    half a megabyte is read for the first that has one.
    """
    return (get_data(__name__, "android_models.tsv") or b"").decode().split("\n")[:-1]


@acts_on("contexts")
def device(normalization: Normalization) -> None:
    """Tag the event with the class of its device."""
    found = (normalization.event.contexts or {}).get("device")
    if not isinstance(found, DeviceContext):
        return
    name = device_class(found)
    if name is not None:
        normalization.event.tags = [*(normalization.event.tags or ()), ("device.class", name)]


def device_class(found: DeviceContext) -> str | None:
    """Return the class of a device: "1" low, "2" medium, "3" high; None where too little is known."""
    if found.family in _APPLE_FAMILIES:
        if found.model is None:
            return None
        return LOW if found.model in _LOW_MODELS else MEDIUM if found.model in _MEDIUM_MODELS else HIGH
    frequency, cores, memory = found.processor_frequency, found.processor_count, found.memory_size
    if found.family is None or frequency is None or cores is None or memory is None:
        return None
    if frequency < 2000 or cores < 8 or memory < 4 * _GIB:
        return LOW
    return MEDIUM if frequency < 2500 or memory < 6 * _GIB else HIGH


def marketing_name(model: str) -> str | None:
    """Return under which name a model of Android is sold; None where Google doesn't list it.

    >>> marketing_name("SM-G920F")
    'Galaxy S6'
    """
    # A tab comes before all that a model may consist of, so that the model's line is the first that isn't less.
    models = _android_models()
    index = bisect_left(models, model)
    line = models[index] if index < len(models) else ""
    known, tab, name = line.partition("\t")
    if known != model:
        return None
    return name if tab else model
