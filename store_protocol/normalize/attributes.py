"""The plain attributes of an event: what they are where the client sends none or a wrong one."""

from store_protocol.normalize.job import Job

#: The platforms that Sentry knows; every other is `other` (Relay `VALID_PLATFORMS`).
PLATFORMS = frozenset(
    {
        *("as3", "c", "cfml", "cocoa", "csharp", "elixir", "go", "groovy", "haskell", "java", "javascript", "native"),
        *("node", "objc", "other", "perl", "php", "python", "ruby"),
    }
)


def event_id(job: Job) -> None:
    """Give the event a new id where it has none."""
    if job.event.event_id is None:
        job.event.event_id = job.new_id()


def event_type(job: Job) -> None:
    """Tell the type of the event from what it holds; transactions and feedback say it themselves."""
    event = job.event
    if event.type in {"transaction", "feedback"}:
        return
    if event.exception is not None and event.exception.values:
        event.type = "error"
    elif event.csp is not None:
        event.type = "csp"
    else:
        event.type = "default"


def defaults(job: Job) -> None:
    """Set level, logger and platform where the client sends none."""
    event = job.event
    if event.level is None:
        event.level = "info" if event.type == "transaction" else "error"
    if event.logger is None:
        event.logger = "csp" if event.csp is not None else ""
    if event.platform not in PLATFORMS:
        if event.platform is not None:
            job.notes.at(("platform",)).original = event.platform
        event.platform = "other"


def from_options(job: Job) -> None:
    """Set what the server knows and no client may say."""
    event, options = job.event, job.options
    event.project = options.project_id
    event.key_id = options.key_id
    event.version = options.protocol_version
    event.grouping_config = options.grouping_config


def trace(job: Job) -> None:
    """Give the event a trace of its own where it has none, and tell its SDK by the client."""
    event, event_id = job.event, job.event.event_id or ""
    contexts = event.contexts = event.contexts or {}
    if not isinstance(contexts.get("trace"), dict):
        contexts["trace"] = {
            "trace_id": event_id,
            "span_id": event_id[:16],
            "status": "unknown",
            "type": "trace",
        }
    if event.sdk is None and job.options.client:
        n, _, v = job.options.client.partition("/")
        event.sdk = {"name": n, "version": v}
