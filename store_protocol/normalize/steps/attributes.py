"""The plain attributes of an event: what they are where the client sends none or a wrong one."""

from typing import Any

from store_protocol.convert.readers import WHITE_SPACE, known_names
from store_protocol.normalize.context import Normalization, acts_on
from store_protocol.reading.events import list_errors
from store_protocol.schema.sdk import RelayInfo, Sdk

#: The platforms that Sentry knows; every other is `other` (Relay `VALID_PLATFORMS`).
PLATFORMS = frozenset(
    {
        *("as3", "c", "cfml", "cocoa", "csharp", "elixir", "go", "groovy", "haskell", "java", "javascript", "native"),
        *("node", "objc", "other", "perl", "php", "python", "ruby"),
    }
)


_OF_THE_SERVER = frozenset({"project", "key_id", "version", "grouping_config"})


def event_id(normalization: Normalization) -> None:
    """Return the event a new id where it has none."""
    if normalization.event.event_id is None:
        normalization.event.event_id = normalization.new_id()


def event_type(normalization: Normalization) -> None:
    """Return the type of the event from what it holds; transactions and feedback say it themselves."""
    event = normalization.event
    # A wrong one isn't an error, since it does no harm.
    normalization.meta_tree.take(("type",))
    if normalization.has_type or event.type in {"transaction", "feedback"}:
        return
    if event.exception is not None and event.exception.values:
        event.type = "error"
    elif event.csp is not None:
        event.type = "csp"
    else:
        event.type = "default"


def defaults(normalization: Normalization) -> None:
    """Set level, logger and platform where the client sends none."""
    event = normalization.event
    if event.extra is None and normalization.meta_tree.find(("extra",)) is not None:
        event.extra = {}
    if event.level is None:
        event.level = "info" if event.type == "transaction" else "error"
    if event.logger is None:
        event.logger = "csp" if event.csp is not None else ""
    if event.platform not in PLATFORMS:
        if event.platform is not None:
            normalization.meta_tree.keep_original(normalization.meta_tree.at(("platform",)), event.platform)
        event.platform = "other"


#: Characters of a logger's name, and what stands for those that are left out of it.
MAX_LOGGER = 64
_CUT = "*"


def logger(normalization: Normalization) -> None:
    """Shorten the name of a Java logger, that of a class with its packages, from its start and by whole words.

    What is said of it stands beside the event as a whole (Relay `normalize_logger`).
    """
    event, meta = normalization.event, normalization.meta_tree.root
    given = event.logger
    if event.platform != "java" or not given:
        return
    name = given.strip(WHITE_SPACE)
    if len(name) > MAX_LOGGER:
        start = len(name) - MAX_LOGGER + len(_CUT)
        # Within a word, its rest goes too, unless nothing else is left.
        if name[start - 1] != "." and (dot := name.find(".", start)) >= 0:
            start = dot
        event.logger = _CUT + name[start:]
        remark: list[Any] = ["@logger:replace", "s", 0, start]
    elif name == given:
        return
    else:
        event.logger = name
        remark = ["@logger:trim", "s"] if name else ["@logger:remove", "x", 0, len(given)]
    meta.remarks += (remark,)
    if meta.length is None:
        meta.length = len(given)


@acts_on("errors")
def errors(normalization: Normalization) -> None:
    """Drop what Relay drops of errors that an event brings along: all but type, name and value."""
    if _removes_other(normalization):
        for error in normalization.event.errors or ():
            if error is not None:
                error.reason = error.attribute = error.sdk_time = error.server_time = None
        noted = normalization.meta_tree.find(("errors",))
        for meta in noted.children.values() if noted is not None else ():
            for name in ("reason", "attribute", "sdk_time", "server_time"):
                meta.children.pop(name, None)


@acts_on("ingest_path")
def ingest_path(normalization: Normalization) -> None:
    """Remove what isn't known of the servers that the event came through."""
    if not _removes_other(normalization):
        return
    known = known_names(RelayInfo)
    noted = normalization.meta_tree.find(("ingest_path",))
    for index, relay in enumerate(normalization.event.ingest_path or ()):
        if relay is not None:
            relay.other = None
            if noted is not None and (meta := noted.children.get(str(index))) is not None:
                meta.children = {name: child for name, child in meta.children.items() if name in known}


def own_errors(normalization: Normalization) -> None:
    """List what was noted of the values of the event, before those without anything in them are removed."""
    list_errors(normalization.event, normalization.meta_tree)


def _removes_other(normalization: Normalization) -> bool:
    remove = normalization.options.remove_other
    return not normalization.options.is_renormalize if remove is None else remove


def from_options(normalization: Normalization) -> None:
    """Set what the server knows and no client may say."""
    event, options = normalization.event, normalization.options
    event.project = options.project_id
    event.key_id = options.key_id
    event.version = options.protocol_version
    event.grouping_config = None
    if noted := normalization.meta_tree.root.children:
        for name in _OF_THE_SERVER & noted.keys():
            normalization.meta_tree.take((name,))
    if isinstance(options.grouping_config, dict):
        event.grouping_config = options.grouping_config
    elif options.grouping_config is not None:
        normalization.meta_tree.error(
            ("grouping_config",), "invalid_data", "expected an object", value=options.grouping_config
        )


def sdk(normalization: Normalization) -> None:
    """Return the SDK by the client that sent the event, where the event doesn't tell it."""
    event = normalization.event
    if event.sdk is not None:
        return
    client = normalization.options.client or ""
    name, separator, version = client.partition("/" if "/" in client else " ")
    if separator:
        event.sdk = Sdk(name=name, version=version)
        normalization.facts.known_short -= {"sdk"}
