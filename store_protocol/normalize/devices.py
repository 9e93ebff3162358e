"""Devices: how fast one is, as a tag."""

from store_protocol.normalize.job import Job
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
_EMULATORS = frozenset({"Android SDK built for x86", "Android SDK built for x86_64"})


def device(job: Job) -> None:
    """Tag the event with the class of its device, and name an emulator for what it is."""
    found = (job.event.contexts or {}).get("device")
    if not isinstance(found, DeviceContext):
        return
    if found.model in _EMULATORS:
        found.name = "Emulator"
        job.notes.take(("contexts", "device", "name"))
    name = device_class(found)
    if name is not None:
        job.event.tags = [*(job.event.tags or ()), ("device.class", name)]


def device_class(found: DeviceContext) -> str | None:
    """Tell the class of a device: "1" low, "2" medium, "3" high; None where too little is known."""
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
