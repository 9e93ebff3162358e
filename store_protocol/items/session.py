"""Sessions: one run of an application or one request to a server, from its start to its end (release health)."""

from typing import Annotated, ClassVar

from store_protocol.convert.rules import NonNull, rule, text
from store_protocol.convert.scalars import lenient_string
from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item, ItemPart, Rules
from store_protocol.items.times import MAX_SESSION_AGE, check_age, correct_clock
from store_protocol.items.types import IsoTimestamp, LenientText, RequiredIsoTimestamp
from store_protocol.meta.tree import Path
from store_protocol.normalize.steps.release import MAX_ENVIRONMENT, MAX_RELEASE, is_valid
from store_protocol.schema.types import F64, U64, Bool, IpAddress, Text, Uuid

_FATAL = frozenset({"crashed", "abnormal"})
_HEALTHY = frozenset({None, "ok", "exited"})


class SessionAttributes(ItemPart):
    """What the sessions of an item have in common."""

    #: The release, such as `app@1.2.3`.
    release: NonNull[Annotated[str, text(convert=lenient_string, required=True)]] = None
    #: Where the application runs, such as `production`.
    environment: LenientText | None = None
    #: The user's address; `{{auto}}` stands for the one that the request came from.
    ip_address: IpAddress | None = None
    #: The `User-Agent` header of the request that the session began with.
    user_agent: Text | None = None


RequiredAttributes = Annotated[SessionAttributes, rule(required=True)]


def check_session_attributes(attrs: SessionAttributes | None, rules: Rules) -> None:
    """Take out names that can't be those of a release or an environment, and fill in the address."""
    if attrs is None:
        return
    if attrs.release is not None and not is_valid(attrs.release, MAX_RELEASE, "latest"):
        rules.refuse(("attrs", "release"), None, attrs.release)
        attrs.release = None
    if attrs.environment is not None and not is_valid(attrs.environment, MAX_ENVIRONMENT, "none"):
        rules.refuse(("attrs", "environment"), None, attrs.environment)
        attrs.environment = None
    if attrs.ip_address == "{{auto}}" and rules.options.client_ip is not None:
        attrs.ip_address = rules.options.client_ip


def check_session_age(path: Path, time: float | None, rules: Rules) -> None:
    """Note a session that began too long ago, or in the future; Relay drops it."""
    check_age(path, time, MAX_SESSION_AGE, rules)


class SessionUpdate(Item):
    """The payload of an item `session`: what has become of one session."""

    __item_type__: ClassVar[str] = "session"

    #: The session, a UUID.
    sid: Uuid | None = None
    #: The user, by an id of the application's own.
    did: LenientText | None = None
    #: Orders the updates of a session; absent is the time of the receipt in milliseconds.
    seq: U64 | None = None
    #: Whether this is the first update of the session.
    init: Bool | None = None
    #: When the update was made, in seconds since the epoch; absent is the time of the receipt.
    timestamp: IsoTimestamp | None = None
    #: When the session began, in seconds since the epoch.
    started: NonNull[RequiredIsoTimestamp] = None
    #: How long it has lasted, in seconds. Relay reads no duration.
    duration: F64 | None = None
    #: `ok`, `exited`, `crashed`, `abnormal`, `errored` or `unhandled`; other names are kept. Absent is `ok`.
    status: Text | None = None
    #: How many errors there were; absent is 0.
    errors: U64 | None = None
    #: Why it is `abnormal`: `anr_foreground` or `anr_background`; other names are kept.
    abnormal_mechanism: Text | None = None
    #: What the sessions of an item have in common.
    attrs: NonNull[RequiredAttributes] = None

    @property
    def is_terminal(self) -> bool:
        """Whether the session has ended: it has any status but `ok`."""
        return self.status not in {None, "ok"}

    @property
    def is_error(self) -> bool:
        """Whether the session counts as one with an error, by its status or by its `errors`."""
        return self.status not in _HEALTHY or bool(self.errors)

    @property
    def is_fatal(self) -> bool:
        """Whether the session ended in a crash, or abruptly."""
        return self.status in _FATAL

    def __apply__(self, rules: Rules) -> None:
        # A session is never in the future of its own update.
        correct_clock([((), self)], ("started", "timestamp"), rules)
        if self.timestamp is not None and self.started is not None and self.timestamp < self.started:
            self.timestamp = self.started
        for name in ("timestamp", "started"):
            check_session_age((name,), getattr(self, name), rules)
        check_session_attributes(self.attrs, rules)


build_type_info(SessionUpdate)
