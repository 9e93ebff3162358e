"""The SDK that sent the event, and the servers that it came through."""

from typing import Annotated, Any, ClassVar

from store_protocol.convert.context import ConversionError
from store_protocol.convert.forms import forms
from store_protocol.convert.interface import Interface, Retain
from store_protocol.convert.rules import NonNull, rule, scalar, text
from store_protocol.convert.scalars import string
from store_protocol.schema.types import IpAddress, Text


@forms({"enum": ["auto", "never", "legacy"]}, {"enum": ["auto", "never"]})
def infer_ip(value: Any) -> str | None:
    """`auto` or `never`; `legacy` is the same as none."""
    text = string(value)
    if text == "legacy":
        return None
    if text not in {"auto", "never"}:
        raise ConversionError(None)
    return text


_InferIp = Annotated[str, scalar(infer_ip, pattern=r"^(auto|never)\Z")]


class SdkPackage(Interface):
    """A package that the SDK was installed as."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "clientsdkpackage"

    #: The package, with its registry before it (`pypi:sentry-sdk`).
    name: Text | None = None
    #: Its version.
    version: Text | None = None


class SdkSettings(Interface):
    """What the SDK asks of the server."""

    __other__: ClassVar[Retain] = Retain.NEVER
    __relay_name__: ClassVar[str] = "clientsdksettings"

    #: Whether the user's address may be taken from the request: `auto` or `never`; absent for what old SDKs get.
    infer_ip: _InferIp | None = None


_LISTED = rule(omit_empty=True, omit_empty_items=True)


class Sdk(Interface):
    """The SDK that sent the event."""

    __relay_name__: ClassVar[str] = "clientsdkinfo"

    #: Its name, such as `sentry.python`.
    name: NonNull[Annotated[str, text(256, 20, required=True)]] = None
    #: Its version.
    version: NonNull[Annotated[str, text(256, 20, required=True)]] = None
    #: The integrations that are switched on.
    integrations: Annotated[list[Text | None], _LISTED] | None = None
    #: The features that are switched on.
    features: Annotated[list[Text | None], rule(skip_empty=True, omit_empty=True, omit_empty_items=True)] | None = None
    #: The packages that it was installed as.
    packages: Annotated[list[NonNull[SdkPackage] | None], _LISTED] | None = None
    #: The address of the client, which servers of old put here.
    client_ip: IpAddress | None = None
    #: What it asks of the server.
    settings: Annotated[SdkSettings, rule(omit_empty=True)] | None = None


class RelayInfo(Interface, forbid_unknown_fields=True):
    """A Relay that the event came through. What isn't known counts when the path is cut, and is removed after that."""

    __other__: ClassVar[Retain] = Retain.ALWAYS

    #: The version of the Relay.
    version: NonNull[Annotated[str, text(256, 20, required=True)]] = None
    #: The key by which the Relay is known.
    public_key: Annotated[str, text(256, 20)] | None = None
