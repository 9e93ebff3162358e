"""What ran: operating system, runtime, app, browser, and what they are set to."""

from typing import Annotated, Any, ClassVar

import msgspec

from store_protocol.convert.rules import LARGE, rule, text
from store_protocol.convert.scalars import lenient_string
from store_protocol.schema.contexts.base import Context
from store_protocol.schema.types import U64, Bool, Text

#: A string, or a number or boolean as text.
_Lenient = Annotated[str, text(convert=lenient_string)]


class OsContext(Context):
    """The operating system. `os` is its name and version in one."""

    __context_type__: ClassVar[str] = "os"

    os: Text | None = None
    name: Text | None = None
    version: Text | None = None
    build: _Lenient | None = None
    kernel_version: Text | None = None
    rooted: Bool | None = None
    distribution_name: Text | None = None
    distribution_version: Text | None = None
    distribution_pretty_name: Text | None = None
    #: What the system says of itself; it is read where name and version are missing.
    raw_description: Text | None = None
    type: Text | None = None


class RuntimeContext(Context):
    """The runtime of the language. `runtime` is its name and version in one."""

    __context_type__: ClassVar[str] = "runtime"

    runtime: Text | None = None
    name: Text | None = None
    version: Text | None = None
    build: _Lenient | None = None
    raw_description: Text | None = None
    type: Text | None = None


class AppContext(Context):
    """The app."""

    __context_type__: ClassVar[str] = "app"

    app_start_time: Text | None = None
    device_app_hash: Text | None = None
    build_type: Text | None = None
    app_identifier: Text | None = None
    app_name: Text | None = None
    app_version: Text | None = None
    app_build: _Lenient | None = None
    app_memory: U64 | None = None
    in_foreground: Bool | None = None
    view_names: Annotated[list[Text | None], rule(skip_empty=True)] | None = None
    type: Text | None = None


class BrowserContext(Context):
    """The browser. `browser` is its name and version in one."""

    __context_type__: ClassVar[str] = "browser"

    browser: Text | None = None
    name: Text | None = None
    version: Text | None = None
    type: Text | None = None


class CloudResourceContext(Context):
    """The place in a cloud, in OpenTelemetry's words."""

    # As Relay writes it; `cloud_resource` is the usual key, but not the type.
    __context_type__: ClassVar[str] = "cloudresource"

    cloud_account_id: Text | None = msgspec.field(default=None, name="cloud.account.id")
    cloud_provider: Text | None = msgspec.field(default=None, name="cloud.provider")
    cloud_platform: Text | None = msgspec.field(default=None, name="cloud.platform")
    cloud_region: Text | None = msgspec.field(default=None, name="cloud.region")
    cloud_availability_zone: Text | None = msgspec.field(default=None, name="cloud.availability_zone")
    host_id: Text | None = msgspec.field(default=None, name="host.id")
    host_type: Text | None = msgspec.field(default=None, name="host.type")
    type: Text | None = None


class CultureContext(Context):
    """What the user's language and region are set to."""

    __context_type__: ClassVar[str] = "culture"

    calendar: Text | None = None
    display_name: Text | None = None
    locale: Text | None = None
    is_24_hour_format: Bool | None = None
    timezone: Text | None = None
    type: Text | None = None


class OtaUpdatesContext(Context):
    """Updates of an app over the air (Expo)."""

    __context_type__: ClassVar[str] = "otaupdates"

    channel: Text | None = None
    runtime_version: Text | None = None
    update_id: Text | None = None
    type: Text | None = None


class SpringContext(Context):
    """Spring Boot."""

    __context_type__: ClassVar[str] = "spring"

    active_profiles: list[Text | None] | None = None
    type: Text | None = None


class UnityContext(Context):
    """The Unity engine."""

    __context_type__: ClassVar[str] = "unity"

    copy_texture_support: Text | None = None
    editor_version: Text | None = None
    install_mode: Text | None = None
    rendering_threading_mode: Text | None = None
    target_frame_rate: Text | None = None
    type: Text | None = None


class OtelContext(Context):
    """What OpenTelemetry knows of the event."""

    __context_type__: ClassVar[str] = "otel"

    attributes: Annotated[dict[str, Any], rule(limit=LARGE)] | None = None
    resource: Annotated[dict[str, Any], rule(limit=LARGE)] | None = None
    type: Text | None = None
