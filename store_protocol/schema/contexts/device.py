"""The device that the program ran on, and its graphics unit."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.rules import NonNull, anything, rule
from store_protocol.schema.contexts.base import Context
from store_protocol.schema.types import F64, U64, Bool, Text, Uuid


class DeviceContext(Context):
    """The device. Sizes are in bytes, the frequency in MHz, the battery's level in percent."""

    __context_type__: ClassVar[str] = "device"

    name: Text | None = None
    family: Text | None = None
    model: Text | None = None
    model_id: Text | None = None
    arch: Text | None = None
    battery_level: F64 | None = None
    orientation: Text | None = None
    manufacturer: Text | None = None
    brand: Text | None = None
    screen_resolution: Text | None = None
    screen_width_pixels: U64 | None = None
    screen_height_pixels: U64 | None = None
    screen_density: F64 | None = None
    screen_dpi: U64 | None = None
    online: Bool | None = None
    charging: Bool | None = None
    low_memory: Bool | None = None
    simulator: Bool | None = None
    memory_size: U64 | None = None
    free_memory: U64 | None = None
    usable_memory: U64 | None = None
    storage_size: U64 | None = None
    free_storage: U64 | None = None
    external_storage_size: U64 | None = None
    external_free_storage: U64 | None = None
    boot_time: Text | None = None
    timezone: Text | None = None
    locale: Text | None = None
    processor_count: U64 | None = None
    cpu_description: Text | None = None
    processor_frequency: U64 | None = None
    device_type: Text | None = None
    battery_status: Text | None = None
    device_unique_identifier: Text | None = None
    supports_vibration: Bool | None = None
    supports_accelerometer: Bool | None = None
    supports_gyroscope: Bool | None = None
    supports_audio: Bool | None = None
    supports_location_service: Bool | None = None
    uuid: Uuid | None = None
    type: Text | None = None


class GpuContext(Context):
    """The graphics unit. The size of its memory is in MB."""

    __context_type__: ClassVar[str] = "gpu"

    name: Text | None = None
    version: Text | None = None
    id: Annotated[Any, rule(read=anything)] = None
    vendor_id: Text | None = None
    vendor_name: Text | None = None
    driver_version: Text | None = None
    memory_size: U64 | None = None
    api_type: Text | None = None
    multi_threaded_rendering: Bool | None = None
    npot_support: Text | None = None
    max_texture_size: U64 | None = None
    graphics_shader_level: Text | None = None
    supports_draw_call_instancing: Bool | None = None
    supports_ray_tracing: Bool | None = None
    supports_compute_shaders: Bool | None = None
    supports_geometry_shaders: Bool | None = None
    type: Text | None = None


class MemoryInfoContext(Context):
    """The memory of a .NET process, as its garbage collector tells it."""

    __context_type__: ClassVar[str] = "memory_info"

    allocated_bytes: U64 | None = None
    compacted: Bool | None = None
    concurrent: Bool | None = None
    finalization_pending_count: U64 | None = None
    fragmented_bytes: U64 | None = None
    heap_size_bytes: U64 | None = None
    high_memory_load_threshold_bytes: U64 | None = None
    index: U64 | None = None
    memory_load_bytes: U64 | None = None
    pause_durations: list[NonNull[U64] | None] | None = None
    pause_time_percentage: F64 | None = None
    pinned_objects_count: U64 | None = None
    promoted_bytes: U64 | None = None
    total_allocated_bytes: U64 | None = None
    total_available_memory_bytes: U64 | None = None
    total_committed_bytes: U64 | None = None
    type: Text | None = None


class ThreadpoolInfoContext(Context):
    """The thread pool of a .NET process."""

    __context_type__: ClassVar[str] = "threadpool_info"

    available_worker_threads: U64 | None = None
    available_completion_port_threads: U64 | None = None
    max_worker_threads: U64 | None = None
    max_completion_port_threads: U64 | None = None
    min_worker_threads: U64 | None = None
    min_completion_port_threads: U64 | None = None
    type: Text | None = None
