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

    #: Name and version in one, set by normalization.
    os: Text | None = None
    #: The name of the system, such as `Windows`.
    name: Text | None = None
    #: Its version.
    version: Text | None = None
    #: The number of its build.
    build: _Lenient | None = None
    #: The version of the kernel, mostly what `uname` prints.
    kernel_version: Text | None = None
    #: Whether it is jailbroken or rooted.
    rooted: Bool | None = None
    #: The identifier of the Linux distribution, such as `ubuntu`.
    distribution_name: Text | None = None
    #: The version of the Linux distribution.
    distribution_version: Text | None = None
    #: The Linux distribution with its version, as it writes itself.
    distribution_pretty_name: Text | None = None
    #: What the system says of itself; it is read where name and version are missing.
    raw_description: Text | None = None
    #: The type that tells the context: `os`.
    type: Text | None = None


class RuntimeContext(Context):
    """The runtime of the language. `runtime` is its name and version in one."""

    __context_type__: ClassVar[str] = "runtime"

    #: Name and version in one, set by normalization.
    runtime: Text | None = None
    #: The name of the runtime, such as `CPython`.
    name: Text | None = None
    #: Its version.
    version: Text | None = None
    #: The number of its build, where it isn't part of the version.
    build: _Lenient | None = None
    #: What the runtime says of itself; it is read where name and version are missing.
    raw_description: Text | None = None
    #: The type that tells the context: `runtime`.
    type: Text | None = None


class AppContext(Context):
    """The app."""

    __context_type__: ClassVar[str] = "app"

    #: When the user started it, as text in UTC.
    app_start_time: Text | None = None
    #: An identifier of the device that the app alone has.
    device_app_hash: Text | None = None
    #: The kind of build, such as `testflight`.
    build_type: Text | None = None
    #: The identifier of the app without a version, mostly that of its bundle.
    app_identifier: Text | None = None
    #: Its name as the platform shows it.
    app_name: Text | None = None
    #: Its version as the platform shows it.
    app_version: Text | None = None
    #: The number of its build.
    app_build: _Lenient | None = None
    #: Memory that it had, in bytes.
    app_memory: U64 | None = None
    #: Whether the user saw it.
    in_foreground: Bool | None = None
    #: The views that were visible.
    view_names: Annotated[list[Text | None], rule(skip_empty=True)] | None = None
    #: The type that tells the context: `app`.
    type: Text | None = None


class BrowserContext(Context):
    """The browser. `browser` is its name and version in one."""

    __context_type__: ClassVar[str] = "browser"

    #: Name and version in one, set by normalization.
    browser: Text | None = None
    #: The name of the browser.
    name: Text | None = None
    #: Its version.
    version: Text | None = None
    #: The type that tells the context: `browser`.
    type: Text | None = None


class CloudResourceContext(Context):
    """The place in a cloud, in OpenTelemetry's words."""

    # As Relay writes it; `cloud_resource` is the usual key, but not the type.
    __context_type__: ClassVar[str] = "cloudresource"

    #: The account that the resource belongs to.
    cloud_account_id: Text | None = msgspec.field(default=None, name="cloud.account.id")
    #: The provider, such as `aws`.
    cloud_provider: Text | None = msgspec.field(default=None, name="cloud.provider")
    #: The service of the provider, such as `aws_ec2`.
    cloud_platform: Text | None = msgspec.field(default=None, name="cloud.platform")
    #: The region in which it runs.
    cloud_region: Text | None = msgspec.field(default=None, name="cloud.region")
    #: The zone of the region.
    cloud_availability_zone: Text | None = msgspec.field(default=None, name="cloud.availability_zone")
    #: The identifier of the machine.
    host_id: Text | None = msgspec.field(default=None, name="host.id")
    #: The type of the machine, such as `n1-standard-1`.
    host_type: Text | None = msgspec.field(default=None, name="host.type")
    #: The type that tells the context: `cloudresource`.
    type: Text | None = None


class CultureContext(Context):
    """What the user's language and region are set to."""

    __context_type__: ClassVar[str] = "culture"

    #: The calendar, such as `GregorianCalendar`.
    calendar: Text | None = None
    #: The culture as people read it, such as `English (United States)`.
    display_name: Text | None = None
    #: The language and the region, such as `en-US`.
    locale: Text | None = None
    #: Whether the hours of a day are counted to 24.
    is_24_hour_format: Bool | None = None
    #: The time zone, such as `Europe/Vienna`.
    timezone: Text | None = None
    #: The type that tells the context: `culture`.
    type: Text | None = None


class OtaUpdatesContext(Context):
    """Updates of an app over the air (Expo)."""

    __context_type__: ClassVar[str] = "otaupdates"

    #: The channel that updates come from.
    channel: Text | None = None
    #: The version of the runtime that the update is made for.
    runtime_version: Text | None = None
    #: The UUID of the update that runs.
    update_id: Text | None = None
    #: The type that tells the context: `otaupdates`.
    type: Text | None = None


class SpringContext(Context):
    """Spring Boot."""

    __context_type__: ClassVar[str] = "spring"

    #: The profiles that are active.
    active_profiles: list[Text | None] | None = None
    #: The type that tells the context: `spring`.
    type: Text | None = None


class UnityContext(Context):
    """The Unity engine."""

    __context_type__: ClassVar[str] = "unity"

    #: Which ways to copy textures there are.
    copy_texture_support: Text | None = None
    #: The version of the editor that made the build.
    editor_version: Text | None = None
    #: How the app was installed, such as `Store`.
    install_mode: Text | None = None
    #: By which threads it renders.
    rendering_threading_mode: Text | None = None
    #: How many frames a second it aims at.
    target_frame_rate: Text | None = None
    #: The type that tells the context: `unity`.
    type: Text | None = None


class OtelContext(Context):
    """What OpenTelemetry knows of the event."""

    __context_type__: ClassVar[str] = "otel"

    #: Attributes of the event, by their names.
    attributes: Annotated[dict[str, Any], rule(limit=LARGE)] | None = None
    #: Attributes of what the event comes from, by their names.
    resource: Annotated[dict[str, Any], rule(limit=LARGE)] | None = None
    #: The type that tells the context: `otel`.
    type: Text | None = None
