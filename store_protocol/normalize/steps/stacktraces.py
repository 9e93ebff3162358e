"""Stack traces: what one attribute of a frame tells of another."""

import functools

from store_protocol.convert.interface import is_deep_empty
from store_protocol.meta.tree import Meta, Path
from store_protocol.normalize.context import Normalization, acts_on
from store_protocol.schema.stacktrace import Frame, Stacktrace
from store_protocol.urls import parse_url

#: Attributes of frames that are dropped here where there is nothing in them, as frames are gone through here.
SEEN_TO = ("data", "pre_context", "post_context")
#: Schemes whose URLs name a file by their path alone.
_FILE_SCHEMES = ("file:", "http:", "https:", "applewebdata:")


@acts_on("stacktrace")
def move_stacktrace(normalization: Normalization) -> None:
    """Move a stack trace that stands beside a single exception into it, as clients before 2013 send it."""
    event = normalization.event
    values = event.exception and event.exception.values
    if event.stacktrace is not None and values and len(values) == 1 and values[0] is not None:
        values[0].stacktrace, event.stacktrace = event.stacktrace, None
        if "stacktrace" not in normalization.facts.known_short:
            normalization.facts.known_short -= {"exception"}
        normalization.meta_tree.put(
            ("exception", "values", "0", "stacktrace"), normalization.meta_tree.take(("stacktrace",))
        )


@acts_on("stacktrace", "exception", "threads")
def stacktraces(normalization: Normalization) -> None:
    """Normalize the frames of every stack trace; raw ones are left as they are."""
    event = normalization.event
    if event.stacktrace is not None:
        _frames(normalization, event.stacktrace, ("stacktrace",), is_kept=True)
    if event.exception is not None:
        for index, exception in enumerate(event.exception.values or ()):
            if exception is not None and exception.stacktrace is not None:
                # One without either is dropped, and shown as it came.
                is_kept = bool(exception.type or exception.value)
                _frames(
                    normalization, exception.stacktrace, ("exception", "values", str(index), "stacktrace"), is_kept=is_kept
                )
    if event.threads is not None:
        for index, thread in enumerate(event.threads.values or ()):
            if thread is not None and thread.stacktrace is not None:
                _frames(normalization, thread.stacktrace, ("threads", "values", str(index), "stacktrace"), is_kept=True)


def _frames(normalization: Normalization, stacktrace: Stacktrace, path: Path, *, is_kept: bool) -> None:
    frames = stacktrace.frames or []
    # Nearly always nothing is noted of any frame, so that nothing has to be looked up or moved.
    found = normalization.meta_tree.find((*path, "frames"))
    noted = found.children if found is not None else {}
    if noted:
        _move_notes(frames, noted)
    for index, frame in enumerate(frames):
        if frame is None:
            continue
        # Clients write a question mark where they don't know the name.
        if frame.function == "?":
            frame.function = None
        if frame.symbol == "?":
            frame.symbol = None
        abs_path, filename = frame.abs_path, frame.filename
        if abs_path is None:
            if filename is not None:
                frame.abs_path = filename
                if ":" in filename:
                    frame.filename = _file_of(filename)
        elif filename is None:
            frame.filename = _file_of(abs_path)
        meta = noted.get(str(index)) if noted else None
        pre, post = frame.pre_context, frame.post_context
        if (pre is not None or post is not None or meta is not None) and (
            # Nearly all frames that have lines have all of them.
            frame.context_line is None or not pre or not post or None in pre or None in post
        ):
            _lines(frame, meta, is_kept=is_kept)
        if (frame.data is not None or meta is not None) and is_kept:
            _drop_empty(frame, meta)
    for key in [key for key, meta in noted.items() if meta.is_empty()]:
        normalization.meta_tree.take((*path, "frames", key))


def _move_notes(frames: list[Frame | None], noted: dict[str, Meta]) -> None:
    """Let what is noted of file names be noted where these go."""
    for key, meta in noted.items():
        frame = frames[int(key)] if int(key) < len(frames) else None
        if frame is not None and frame.abs_path is None:
            meta.move("filename", "abs_path")
        elif frame is not None and frame.filename is None:
            meta.children.pop("filename", None)


def _file_of(abs_path: str) -> str:
    """Return the path of a file's URL, or the whole of anything else."""
    # The frames of a script share its URL, and what is kept of others stays small.
    return _short_file_of(abs_path) if len(abs_path) <= _SHORT_PATH else _long_file_of(abs_path)


def _long_file_of(abs_path: str) -> str:
    if abs_path.startswith(_FILE_SCHEMES):
        parsed = parse_url(abs_path)
        if parsed is not None and parsed.path not in {"", "/"}:
            return parsed.path
    return abs_path


#: Characters of a path that is kept.
_SHORT_PATH = 256
_short_file_of = functools.lru_cache(maxsize=512)(_long_file_of)


def _lines(frame: Frame, meta: Meta | None, *, is_kept: bool) -> None:
    """Return every line around the failing one a text, so that they stay in their places, and drop lists of none."""
    pre, post = frame.pre_context, frame.post_context
    if pre and None in pre:
        pre = frame.pre_context = ["" if line is None else line for line in pre]
    if post and None in post:
        post = frame.post_context = ["" if line is None else line for line in post]
    if frame.context_line is None and (pre or post or (meta is not None and _is_wrong_around(meta))):
        frame.context_line = ""
    if meta is None and is_kept and (pre == [] or post == []):
        frame.pre_context, frame.post_context = pre or None, post or None


def _drop_empty(frame: Frame, meta: Meta | None) -> None:
    """Drop what is empty, unless something is noted of it."""
    noted = meta.children if meta is not None else ()
    for name in SEEN_TO:
        if name not in noted and is_deep_empty(getattr(frame, name)):
            setattr(frame, name, None)


def _is_wrong_around(meta: Meta) -> bool:
    children = meta.children
    return any(name in children and children[name].own_meta() for name in ("pre_context", "post_context"))
