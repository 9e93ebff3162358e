"""The device that the program ran on, and its graphics unit."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.rules import NonNull, anything, rule
from store_protocol.schema.contexts.base import Context
from store_protocol.schema.types import F64, U64, Bool, Text, Uuid


class DeviceContext(Context):
    """The device. Sizes are in bytes, the frequency in MHz, the battery's level in percent."""

    __context_type__: ClassVar[str] = "device"

    #: The name of the device; of a known Android model the one that it is sold under.
    name: Text | None = None
    #: The line of models, such as `iPhone`.
    family: Text | None = None
    #: The model, such as `Samsung Galaxy S3`.
    model: Text | None = None
    #: The identifier that the maker has for the exact hardware.
    model_id: Text | None = None
    #: The architecture of the CPU.
    arch: Text | None = None
    #: The charge of the battery in percent.
    battery_level: F64 | None = None
    #: `portrait` or `landscape`.
    orientation: Text | None = None
    #: Who made it.
    manufacturer: Text | None = None
    #: The brand under which it is sold.
    brand: Text | None = None
    #: Width and height of the screen in pixels, `800x600`.
    screen_resolution: Text | None = None
    #: The width of the screen in pixels.
    screen_width_pixels: U64 | None = None
    #: The height of the screen in pixels.
    screen_height_pixels: U64 | None = None
    #: Physical pixels for each logical one.
    screen_density: F64 | None = None
    #: Dots per inch.
    screen_dpi: U64 | None = None
    #: Whether it had a network.
    online: Bool | None = None
    #: Whether the battery was being charged.
    charging: Bool | None = None
    #: Whether the system said that memory was low.
    low_memory: Bool | None = None
    #: Whether it is a simulator, and no real device.
    simulator: Bool | None = None
    #: All memory, in bytes.
    memory_size: U64 | None = None
    #: Memory that was free, in bytes.
    free_memory: U64 | None = None
    #: Memory that apps could use, in bytes.
    usable_memory: U64 | None = None
    #: All internal storage, in bytes.
    storage_size: U64 | None = None
    #: Internal storage that was free, in bytes.
    free_storage: U64 | None = None
    #: All storage of an SD card or the like, in bytes.
    external_storage_size: U64 | None = None
    #: External storage that was free, in bytes.
    external_free_storage: U64 | None = None
    #: When it was started, as text.
    boot_time: Text | None = None
    #: The time zone that it is set to, such as `Europe/Vienna`.
    timezone: Text | None = None
    #: The language that it is set to, by ISO 639-1.
    locale: Text | None = None
    #: How many logical processors it has.
    processor_count: U64 | None = None
    #: The CPU as it describes itself.
    cpu_description: Text | None = None
    #: The frequency of the CPU, in MHz.
    processor_frequency: U64 | None = None
    #: The kind of device, as Unity tells it: `Handheld`, `Console`, `Desktop` or `Unknown`.
    device_type: Text | None = None
    #: What the battery does, as Unity tells it: `Charging`, `Discharging`, `NotCharging`, `Full` or `Unknown`.
    battery_status: Text | None = None
    #: An identifier that this device alone has.
    device_unique_identifier: Text | None = None
    #: Whether it can vibrate.
    supports_vibration: Bool | None = None
    #: Whether it has an accelerometer.
    supports_accelerometer: Bool | None = None
    #: Whether it has a gyroscope.
    supports_gyroscope: Bool | None = None
    #: Whether it can play sound.
    supports_audio: Bool | None = None
    #: Whether it can tell where it is.
    supports_location_service: Bool | None = None
    #: A UUID of the device.
    uuid: Uuid | None = None
    #: The type that tells the context: `device`.
    type: Text | None = None


class GpuContext(Context):
    """The graphics unit. The size of its memory is in MB."""

    __context_type__: ClassVar[str] = "gpu"

    #: The name of the unit.
    name: Text | None = None
    #: Its version.
    version: Text | None = None
    #: Its PCI identifier: a number or a string.
    id: Annotated[Any, rule(read=anything)] = None
    #: The PCI identifier of its maker.
    vendor_id: Text | None = None
    #: The name of its maker.
    vendor_name: Text | None = None
    #: The version of its driver.
    driver_version: Text | None = None
    #: Its memory, in MB.
    memory_size: U64 | None = None
    #: The interface by which it was used, such as `Direct3D11`.
    api_type: Text | None = None
    #: Whether several threads may render.
    multi_threaded_rendering: Bool | None = None
    #: How it copes with textures whose sides are no powers of two.
    npot_support: Text | None = None
    #: The longest side that a texture may have, in pixels.
    max_texture_size: U64 | None = None
    #: What its shaders can do, such as `Shader Model 2.0`.
    graphics_shader_level: Text | None = None
    #: Whether one call may draw many instances.
    supports_draw_call_instancing: Bool | None = None
    #: Whether it can trace rays.
    supports_ray_tracing: Bool | None = None
    #: Whether it has compute shaders.
    supports_compute_shaders: Bool | None = None
    #: Whether it has geometry shaders.
    supports_geometry_shaders: Bool | None = None
    #: The type that tells the context: `gpu`.
    type: Text | None = None


class MemoryInfoContext(Context):
    """The memory of a .NET process, as its garbage collector tells it."""

    __context_type__: ClassVar[str] = "memory_info"

    #: Bytes that were allocated at the time.
    allocated_bytes: U64 | None = None
    #: Whether the last collection compacted the heap.
    compacted: Bool | None = None
    #: Whether the last collection ran beside the program.
    concurrent: Bool | None = None
    #: How many objects waited for their finalizers.
    finalization_pending_count: U64 | None = None
    #: Bytes that can't be used, since they lie between objects.
    fragmented_bytes: U64 | None = None
    #: The size of the heap in bytes.
    heap_size_bytes: U64 | None = None
    #: From how many bytes on the load counts as high.
    high_memory_load_threshold_bytes: U64 | None = None
    #: The number of the collection.
    index: U64 | None = None
    #: Bytes in use on the machine at the last collection.
    memory_load_bytes: U64 | None = None
    #: How long the collection paused the program, each time in milliseconds.
    pause_durations: list[NonNull[U64] | None] | None = None
    #: Percent of its time that the program was paused.
    pause_time_percentage: F64 | None = None
    #: How many objects were pinned.
    pinned_objects_count: U64 | None = None
    #: Bytes that went into the next generation.
    promoted_bytes: U64 | None = None
    #: Bytes that were allocated since the start.
    total_allocated_bytes: U64 | None = None
    #: Bytes that the collector may use.
    total_available_memory_bytes: U64 | None = None
    #: Bytes of virtual memory that are committed.
    total_committed_bytes: U64 | None = None
    #: The type that tells the context: `memory_info`.
    type: Text | None = None


class ThreadpoolInfoContext(Context):
    """The thread pool of a .NET process."""

    __context_type__: ClassVar[str] = "threadpool_info"

    #: How many workers could take more work.
    available_worker_threads: U64 | None = None
    #: How many threads for completed I/O could take more.
    available_completion_port_threads: U64 | None = None
    #: How many workers there may be.
    max_worker_threads: U64 | None = None
    #: How many threads for completed I/O there may be.
    max_completion_port_threads: U64 | None = None
    #: How many workers there are at the least.
    min_worker_threads: U64 | None = None
    #: How many threads for completed I/O there are at the least.
    min_completion_port_threads: U64 | None = None
    #: The type that tells the context: `threadpool_info`.
    type: Text | None = None
