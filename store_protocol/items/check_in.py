"""Check-ins: a run of a scheduled job tells that it has begun, and how it ended (develop.sentry.dev "Check-Ins")."""

import re
import unicodedata
from typing import Annotated, ClassVar, Literal

import msgspec

from store_protocol.convert.context import ConversionError
from store_protocol.convert.forms import TEXT, Schema, SchemaOf, either, forms
from store_protocol.convert.rules import NonNull, rule, scalar
from store_protocol.convert.scalars import U64_MAX, string, u64
from store_protocol.first_use import build_type_info
from store_protocol.items.base import Item, ItemPart, Rules
from store_protocol.items.types import CheckInStatus, FilledText
from store_protocol.schema.types import F64, U64, EventId, RequiredTraceId, SpanId, Text

#: Characters of a monitor's slug, and of an environment (Relay `SLUG_LENGTH`, `ENVIRONMENT_LENGTH`).
_SLUG = 50
_ENVIRONMENT = 64

_SEPARATORS = re.compile(r"[-\t-\r\x1c-\x1f ]+")
_NO_SLUG = re.compile(r"[^a-z0-9_\t-\r\x1c-\x1f -]+")


def slugify(name: str) -> str:
    """Return the slug by which Sentry knows a monitor, of the one that a client sends; empty where nothing is left.

    >>> slugify("  Nightly Bäckup -- (eu)_")
    'nightly-backup-eu'
    """
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _SEPARATORS.sub("-", _NO_SLUG.sub("", text)).strip("-_")[:_SLUG].rstrip("-")


@forms(either(TEXT, {"type": "number", "minimum": 0, "maximum": U64_MAX}))
def schedule_value(value: object) -> int | str:
    """A crontab, or how many units lie between two runs."""
    if type(value) is str:
        return value
    if type(value) is int or type(value) is float:
        return u64(value)
    raise ConversionError("expected a crontab or a number")


@forms({"enum": ["crontab", "interval"]})
def schedule_type(value: object) -> str:
    """`crontab` or `interval`."""
    found = string(value)
    if found not in {"crontab", "interval"}:
        raise ConversionError("expected crontab or interval")
    return found


_UNITS = ("year", "month", "week", "day", "hour", "minute")


@forms({"enum": [*_UNITS]})
def interval_unit(value: object) -> str:
    """What an interval is counted in."""
    found = string(value)
    if found not in _UNITS:
        raise ConversionError(f"expected one of {', '.join(_UNITS)}")
    return found


_Value = Annotated[Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | str, scalar(schedule_value, required=True)]
_Type = Annotated[Literal["crontab", "interval"], scalar(schedule_type, required=True)]
_Unit = Annotated[Literal["year", "month", "week", "day", "hour", "minute"], scalar(interval_unit)]


class Schedule(ItemPart):
    """When the job runs: by a crontab, or at intervals."""

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of a schedule, of which the type tells what its value is."""
        crontab = {"properties": {"type": {"const": "crontab"}, "value": TEXT}}
        number: Schema = {"type": "number"}
        interval = {"properties": {"type": {"const": "interval"}, "value": number}, "required": ["unit"]}
        return {**own, "anyOf": [crontab, interval]}

    #: `crontab` or `interval`.
    type: NonNull[_Type] = None
    #: The crontab (`*/5 * * * *`), or how many units lie between two runs.
    value: NonNull[_Value] = None
    #: `year`, `month`, `week`, `day`, `hour` or `minute`; of an interval.
    unit: _Unit | None = None


class MonitorConfig(ItemPart):
    """What the monitor is to be: sent along, it makes the monitor or changes it."""

    #: When the job runs.
    schedule: NonNull[Annotated[Schedule, rule(required=True)]] = None
    #: Minutes after which a run that has not begun counts as missed.
    checkin_margin: U64 | None = None
    #: Minutes after which a run that has not ended counts as failed.
    max_runtime: U64 | None = None
    #: The time zone of the crontab, such as `Europe/Vienna`.
    timezone: Text | None = None
    #: How many runs must fail one after the other to make an issue.
    failure_issue_threshold: U64 | None = None
    #: How many runs must succeed one after the other to resolve it.
    recovery_threshold: U64 | None = None
    #: Whose the monitor is: `user:1` or `team:2`.
    owner: Text | None = None


class CheckInTrace(ItemPart):
    """The trace of the run."""

    #: 32 hex digits.
    trace_id: NonNull[RequiredTraceId] = None
    #: 16 hex digits.
    span_id: SpanId | None = None


class CheckInContexts(ItemPart):
    """The environment of the run."""

    #: The trace of the run.
    trace: CheckInTrace | None = None


class CheckIn(Item):
    """The payload of an item `check_in`."""

    __item_type__: ClassVar[str] = "check_in"

    #: The run, 32 hex digits; absent, or 32 zeros, is the last one that has begun.
    check_in_id: EventId | None = None
    #: The monitor as the client names it, 50 characters at most.
    monitor_slug: NonNull[FilledText] = None
    #: `in_progress`, `ok` or `error`. Everything else that is sent is `unknown`, `missed` too, which servers find out.
    status: NonNull[CheckInStatus] = None
    #: 64 characters at most; absent is `production`.
    environment: Text | None = None
    #: How long the run has taken, in seconds.
    duration: F64 | None = None
    #: What the monitor is to be.
    monitor_config: MonitorConfig | None = None
    #: The trace of the run.
    contexts: CheckInContexts | None = None

    @property
    def slug(self) -> str | None:
        """The slug by which Sentry knows the monitor: lower case, ASCII, hyphens between words.

        >>> CheckIn(monitor_slug="Nightly Backup").slug
        'nightly-backup'
        """
        return slugify(self.monitor_slug) or None if self.monitor_slug is not None else None

    def __apply__(self, rules: Rules) -> None:
        if self.monitor_slug is not None:
            self.monitor_slug = self.monitor_slug[:_SLUG]
        if self.environment is not None and len(self.environment) > _ENVIRONMENT:
            rules.refuse(("environment",), "the environment is invalid", self.environment)
            self.environment = None
        config = self.monitor_config
        schedule = None if config is None else config.schedule
        if schedule is None or schedule.type is None or schedule.value is None:
            return
        place = ("monitor_config", "schedule")
        if schedule.type == "crontab" and type(schedule.value) is not str:
            rules.refuse((*place, "value"), "expected a string", schedule.value)
            schedule.value = None
        elif schedule.type == "interval":
            if type(schedule.value) is not int:
                rules.refuse((*place, "value"), "expected an unsigned integer", schedule.value)
                schedule.value = None
            if schedule.unit is None:
                rules.meta_tree.missing((*place, "unit"))


build_type_info(CheckIn)
