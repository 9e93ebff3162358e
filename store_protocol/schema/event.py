"""The event: all attributes and interfaces, in the order in which they are written."""

from typing import Annotated, Any

import msgspec

from store_protocol.convert.context import ConversionError, ConvertContext
from store_protocol.convert.forms import NOTHING, TEXT, Schema, SchemaOf, array, forms, mapping, nullable
from store_protocol.convert.interface import Interface
from store_protocol.convert.json_texts import in_text_or_refuse
from store_protocol.convert.pairs import Pair, read_tags
from store_protocol.convert.plain_objects import plain
from store_protocol.convert.readers import NO_ARRAY, reader_of
from store_protocol.convert.rules import (
    LARGE,
    LARGER,
    MASSIVE,
    MEDIUM,
    TYPED,
    NonNull,
    TypedForm,
    anything,
    rule,
    scalar,
    text,
    unless_empty,
)
from store_protocol.convert.scalars import lenient_string, string
from store_protocol.first_use import build_type_info
from store_protocol.json_types import json_scalar_type, json_value_type
from store_protocol.meta.sizes import is_smaller
from store_protocol.meta.tree import TOO_LONG, Path
from store_protocol.schema.breadcrumb import Breadcrumbs
from store_protocol.schema.contexts import CONTEXTS, read_contexts
from store_protocol.schema.csp import Csp
from store_protocol.schema.debug_meta import DebugMeta
from store_protocol.schema.exception import Exceptions
from store_protocol.schema.images import IMAGES
from store_protocol.schema.logentry import LogEntry
from store_protocol.schema.measurement import Breakdowns, Measurements
from store_protocol.schema.processing_error import Metrics, ProcessingError
from store_protocol.schema.request import Request
from store_protocol.schema.sdk import RelayInfo, Sdk
from store_protocol.schema.span import Span
from store_protocol.schema.stacktrace import Stacktrace
from store_protocol.schema.template import Template
from store_protocol.schema.thread import Threads
from store_protocol.schema.transaction_info import TransactionInfo
from store_protocol.schema.types import U64, AnyValue, Bool, EventId, Level, NonEmptyText, Text, Timestamp
from store_protocol.schema.user import User

_DIST = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


#: Other types are told from what the event holds.
EVENT_TYPES = frozenset({"default", "error", "csp", "transaction", "feedback"})


@forms(array(nullable({"type": ["string", "number", "boolean"]})), array(TEXT))
def read_fingerprint(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read a fingerprint: strings, or what becomes one."""
    if type(value) is not list:
        if (parsed := in_text_or_refuse(value, (list,), NO_ARRAY, path, context)) is None:
            return None
        value, context = parsed
    meta_tree = context.meta_tree
    noted = meta_tree.find(path)
    below = {} if noted is None else noted.children
    parts: list[str] = []
    bad: list[Any] = []
    for index, part in enumerate(meta_tree.budget.each(value)):
        said = below.get(str(index)) if below else None
        try:
            if part is not None and (text := lenient_string(part)) is not None and not (said and said.errors):
                parts.append(text)
        except ConversionError:
            bad.append(part if said is None or is_smaller(part, TOO_LONG) else said.original)
        else:
            # What was wrong before is wrong still.
            bad += [said.original] if said else []
    most = meta_tree.budget.limits.max_errors_of_value
    bad = [part for part in bad[:most] if part is not None and is_smaller(part, TOO_LONG)]
    # The parts are not taken one by one.
    meta_tree.forget_parts(path)
    if bad:
        context.refuse(path, ConversionError(None, data={"value": bad}, keep_original=False), None)
        meta = meta_tree.at(path)
        if meta.length is None:
            meta.length = len(parts) + len(bad)
    return None if meta_tree.has_error(path) and not parts else unless_empty(parts, path, context)


@forms({"enum": sorted(EVENT_TYPES)})
def event_type(value: Any) -> str:
    """The type of an event, one of `EVENT_TYPES`."""
    if type(value) is str and value in EVENT_TYPES:
        return value
    raise ConversionError(None if type(value) is str else "expected a string")


_read_texts = reader_of(dict[str, Text])


@forms(mapping(nullable(TEXT)))
def read_modules(value: Any, path: Path, context: ConvertContext) -> Any:
    """Read versions by module; those that are null are none, unless something is noted of them."""
    if type(value) is dict and None in value.values():
        noted = context.meta_tree.find(path)
        below = noted.children if noted is not None else ()
        value = {key: part for key, part in value.items() if part is not None or key in below}
    return unless_empty(_read_texts(value, path, context), path, context)


@forms({}, {"type": "object"})
def read_no_meta(value: Any, path: Path, context: ConvertContext) -> None:  # noqa: ARG001  (a reader's arguments)
    """Leave `_meta` out: what it says is read into the meta tree, and written when all is done."""
    return


# No deeper than Relay leaves a part of the extra data (`LARGER`).
_PART: Any = json_value_type(LARGER.max_depth - 2)
_TYPED_EXTRA = TypedForm(dict[str, _PART], anything)
# Tags are nearly always scalars; what is wrong in them may be anything, which plain types don't take in lists of lists.
_ITEM: Any = list[_PART] | dict[str, _PART] | json_scalar_type() | None
_TYPED_PAIRS = TypedForm(dict[str, _PART] | list[_ITEM] | json_scalar_type())
_TYPED_MODULES = TypedForm(dict[str, NonEmptyText], unless_empty, without_empty_items=True)


class Event(Interface):
    """An event as Sentry's SDKs send it, typed; absent attributes are None.

    `errors` lists what was wrong with it and `_meta` says the same, and what was changed, by path.
    """

    #: The event: 32 hex digits. Drawn by normalization where there is none.
    event_id: EventId | None = None
    #: How severe it is; `error` where the client doesn't say, `info` for a transaction.
    level: Level | None = None
    #: The version of the protocol that the client spoke, from its credentials.
    version: Text | None = None
    #: What the event is: `default`, `error`, `csp`, `transaction` or `feedback`; told from what it holds.
    type: Annotated[str, scalar(event_type)] | None = None
    #: The strings by which it is grouped, in place of what Sentry would take.
    fingerprint: Annotated[list[str], rule(read=read_fingerprint)] | None = None
    #: The function or the module that is to blame; old clients name it.
    culprit: Annotated[str, text(200)] | None = None
    #: The route, the task or whatever else of the application was running.
    transaction: Annotated[str, text(200, strip=True)] | None = None
    #: Where the name of the transaction comes from.
    transaction_info: TransactionInfo | None = None
    #: Milliseconds until the error happened.
    time_spent: U64 | None = None
    #: The log message.
    logentry: (
        Annotated[LogEntry, rule(aliases=("sentry.interfaces.Message", "message"), typed=TYPED, omit_empty=True)] | None
    ) = None
    #: The logger that wrote the message.
    logger: Annotated[str, text(64, deny=frozenset("\r\n"))] | None = None
    #: Versions of the installed packages, by their names.
    modules: (
        Annotated[
            dict[str, NonNull[Text]], rule(read=read_modules, limit=LARGE, typed=_TYPED_MODULES, omit_empty_items=True)
        ]
        | None
    ) = None
    #: The platform of the SDK, such as `python`; one that Sentry doesn't know becomes `other`.
    platform: Text | None = None
    #: When it happened, in seconds since the epoch; when it was received, where the client doesn't say.
    timestamp: Timestamp | None = None
    #: When the transaction began, in seconds since the epoch.
    start_timestamp: Timestamp | None = None
    #: When it was received, in seconds since the epoch; always the server's.
    received: Timestamp | None = None
    #: The release of the application, such as `shop@1.2.0`.
    release: Annotated[str, text(200, convert=lenient_string, strip=True, nonempty=True, omit_empty=True)] | None = None
    #: The build of the release.
    dist: Annotated[str, text(64, convert=string, strip=True, nonempty=True, allow=_DIST, trim=False)] | None = None
    #: Where the application runs, such as `production`.
    environment: Annotated[str, text(64, strip=True, nonempty=True)] | None = None
    #: The machine that it happened on; becomes a tag.
    server_name: Annotated[str, text(256, 20)] | None = None
    #: The site that it happened on, of old clients; becomes a tag.
    site: Annotated[str, text(256, 20)] | None = None
    #: The user whom it happened to.
    user: Annotated[User, rule(aliases=("sentry.interfaces.User",), omit_empty=True)] | None = None
    #: The HTTP request during which it happened.
    request: Annotated[Request, rule(aliases=("sentry.interfaces.Http",), omit_empty=True)] | None = None
    #: The environment, by key; each context has a layout of its own, which its `type` tells, or none.
    contexts: (
        Annotated[dict[str, Any], rule(read=read_contexts, aliases=("sentry.interfaces.Contexts",), item_limit=LARGE)]
        | None
    ) = None
    #: What happened before, the oldest first.
    breadcrumbs: Annotated[Breadcrumbs, rule(aliases=("sentry.interfaces.Breadcrumbs",), typed=TYPED)] | None = None
    #: The exceptions, the cause first.
    exception: Annotated[Exceptions, rule(aliases=("sentry.interfaces.Exception",), typed=TYPED)] | None = None
    #: A stack trace without an exception; where there is one exception without a stack trace, it becomes that one's.
    stacktrace: (
        Annotated[Stacktrace, rule(aliases=("sentry.interfaces.Stacktrace",), typed=TYPED, omit_empty=True)] | None
    ) = None
    #: The place in a template, of old clients (Django).
    template: Annotated[Template, rule(aliases=("sentry.interfaces.Template",))] | None = None
    #: The threads of the process.
    threads: Annotated[Threads, rule(typed=TYPED)] | None = None
    #: Pairs of a key and a value, for search; each key once.
    tags: Annotated[list[Pair | None], rule(read=read_tags, item_chars=200, typed=_TYPED_PAIRS, omit_empty=True)] | None = (
        None
    )
    #: What else the application says, by names of its own.
    extra: Annotated[dict[str, Any], rule(limit=MASSIVE, item_limit=LARGER, typed=_TYPED_EXTRA, omit_empty=True)] | None = (
        None
    )
    #: The files that the program was loaded from, by which it is symbolicated.
    debug_meta: Annotated[DebugMeta, rule(typed=TYPED, omit_empty=True)] | None = None
    #: The SDK that sent it; told from the credentials where it names none.
    sdk: Annotated[Sdk, rule(typed=TYPED, omit_empty=True)] | None = None
    #: The Relays that it came through.
    ingest_path: Annotated[list[NonNull[RelayInfo] | None], rule(skip_empty=True, limit=MEDIUM)] | None = None
    #: What was wrong, each with `type`, `name` (its path), and `value` and `reason` where there are any.
    errors: Annotated[list[NonNull[ProcessingError] | None], rule(omit_empty=True, omit_empty_items=True)] | None = None
    #: The key of the project, from the options.
    key_id: Text | None = None
    #: The project, from the options.
    project: U64 | None = None
    #: How servers group it, from the options.
    grouping_config: dict[str, Any] | None = None
    #: The hash by which old clients have it grouped.
    checksum: Annotated[str, text(128)] | None = None
    #: The violation of a content security policy.
    csp: Annotated[Csp, rule(aliases=("sentry.interfaces.Csp",))] | None = None
    #: The operations of a transaction.
    spans: list[NonNull[Span] | None] | None = None
    #: Numbers with units, by name.
    measurements: Measurements | None = None
    #: What durations are made of, by the name of the breakdown.
    breakdowns: Breakdowns | None = None
    #: How servers tried to fetch sources and source maps.
    scraping_attempts: AnyValue = None
    #: What servers measured.
    metrics_: Metrics | None = msgspec.field(default=None, name="_metrics")
    #: The dynamic sampling context, which servers keep here.
    dsc_: AnyValue = msgspec.field(default=None, name="_dsc")
    #: Whether servers look for performance issues in the spans and not in the transaction.
    performance_issues_spans: Bool | None = msgspec.field(default=None, name="_performance_issues_spans")
    #: Errors and remarks by path, under `""` at each value's place.
    _meta: Annotated[dict[str, Any], rule(read=read_no_meta)] | None = None

    @classmethod
    def __takes__(cls, own: Schema, of: SchemaOf) -> Schema:
        """Return the schema of an event, which has no other attributes; a transaction must have more than others."""
        is_transaction = {"properties": {"type": {"const": "transaction"}}, "required": ["type"]}
        there: Schema = {"not": NOTHING}
        parts: dict[str, Schema] = {
            "contexts": {**there, "properties": {"trace": there}, "required": ["trace"]},
            "start_timestamp": there,
            "spans": {"items": there},
        }
        needs = {"properties": parts, "required": ["start_timestamp", "contexts"]}
        return {**own, "additionalProperties": False, "if": is_transaction, "then": needs}

    def to_dict(self) -> dict[str, Any]:
        """Return the event as plain objects: what `json` reads out of its text by `encode_event`.

        They share nothing with the event that can change. Attributes that aren't known stand beside those that are, while
        `msgspec.to_builtins` and `msgspec.json.encode` put them into an object by the key U+10FFFF.

        >>> Event(level="info", logger="a").to_dict()
        {'level': 'info', 'logger': 'a'}
        """
        event: dict[str, Any] = plain(self)
        return event


build_type_info(Event, *CONTEXTS.values(), *IMAGES.values())
