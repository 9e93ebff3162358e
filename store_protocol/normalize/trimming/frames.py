"""How many frames of a stack trace are kept, and how many of them whole: those at both ends tell the most."""

from typing import Final

from store_protocol.meta.tree import MetaTree, Path
from store_protocol.schema.stacktrace import Stacktrace

#: Frames that a stack trace keeps at the most: the first ones, and the last.
FIRST_FRAMES, LAST_FRAMES = 50, 200
MAX_FRAMES = FIRST_FRAMES + LAST_FRAMES
#: Frames that keep their variables and the source around them.
FULL_FRAMES: Final = 50


def shorten(stacktrace: Stacktrace, path: Path, meta_tree: MetaTree) -> None:
    """Take frames from the middle of a stack trace that has too many, and from those around them what is large."""
    limit_frames(stacktrace, path, meta_tree)
    slim_frames(stacktrace, path, meta_tree)


def limit_frames(stacktrace: Stacktrace, path: Path, meta_tree: MetaTree) -> None:
    """Take the frames in the middle from a stack trace that has too many."""
    frames = stacktrace.frames
    if frames is None or len(frames) <= MAX_FRAMES:
        return
    meta = meta_tree.at((*path, "frames"))
    if meta.length is None:
        meta.length = len(frames)
    dropped = len(frames) - MAX_FRAMES
    stacktrace.frames = frames[:FIRST_FRAMES] + frames[-LAST_FRAMES:]
    kept = {}
    for key, below in meta.children.items():
        index = int(key)
        if index < FIRST_FRAMES:
            kept[key] = below
        elif index >= FIRST_FRAMES + dropped:
            kept[str(index - dropped)] = below
    meta.children = kept


def slim_frames(stacktrace: Stacktrace, path: Path, meta_tree: MetaTree) -> None:
    """Take the variables and the source lines from frames in the middle, from those of the system first."""
    frames = stacktrace.frames
    if frames is None or len(frames) <= FULL_FRAMES:
        return
    meta = meta_tree.find((*path, "frames"))
    noted = meta.children if meta is not None else {}
    app = [frame for frame in frames if frame is not None and frame.in_app]
    system = [frame for frame in frames if frame is not None and not frame.in_app]
    half = max(0, FULL_FRAMES - len(app)) // 2
    slimmed = system[half : len(system) - half]
    more = max(0, len(frames) - FULL_FRAMES - len(slimmed))
    half = max(0, len(app) - more) // 2
    slimmed += app[half : len(app) - half]
    # The last frame is where it happened: it stays whole wherever it stands among those of its kind.
    slimmed = [frame for frame in slimmed if frame is not frames[-1]]
    for frame in slimmed:
        frame.vars = frame.pre_context = frame.post_context = None
    if noted:
        ids = set(map(id, slimmed))
        for index, part in enumerate(frames):
            if id(part) in ids and (below := noted.get(str(index))) is not None:
                for name in ("vars", "pre_context", "post_context"):
                    below.children.pop(name, None)
