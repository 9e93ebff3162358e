"""A field is one line of its interface: whatever kind it is of, all ways treat an added one alike."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import store_protocol

#: One field of each kind, added to a copy of `Frame`, as its other fields are declared.
FIELDS = """
    added_address: Address | None = None
    added_required: OrRefused[Annotated[str, text(64, required=True)]] = None
    added_text: Annotated[str, text(64)] | None = None
    added_empty: Annotated[str, text(128, skip_empty=True, empty=True)] | None = None
    added_free: Annotated[dict[str, FreeForm], rule(read=read_frame_vars, bag=MEDIUM)] | None = None
    added_objects: Annotated[dict[str, FreeForm], rule(bag=SMALL, skip_empty=True, empty=True)] | None = None
    added_time: Annotated[Moment, scalar(timestamp)] | None = None
    added_seconds: Timestamp | None = None
    added_level: LooseLevel | None = None
    added_list: list[FrameData | None] | None = None
    added_locks: list[LockReason | None] | None = None
    added_registers: dict[str, Register | None] | None = None
"""
IMPORTS = """\
from store_protocol.schema.rules import SMALL, LooseLevel, Moment, Timestamp
from store_protocol.schema.timestamps import timestamp
"""

#: Values for each: clean ones, those that only lenient conversion takes, and wrong ones.
PROGRAM = """
import itertools, json, random, sys
from store_protocol import NormalizeOptions
from tests.ways import differences

LONG = "x" * 3000
DEEP = {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}
VALUES = {
    "added_address": ["0x1", "0x0001", "0X1F", "31", 31, "nonsense", "", -1, [], None],
    "added_required": ["a", "", "x" * 70, 1, None, []],
    "added_text": ["a", "", "x" * 70, 1, None, []],
    "added_empty": ["a", "", "x" * 200, 1, None, []],
    "added_free": [{"a": 1}, {}, {"a": LONG}, DEEP, ["a", 1], 1, None, {"a": [[[[[[[1]]]]]]]}],
    "added_objects": [{"a": 1}, {}, {"a": LONG}, DEEP, 1, None],
    "added_time": [1795392000.1234567, "2026-11-23T0:00:00Z", "2026-11-23T00:00:00Z", -5, "1950-01-01T00:00:00Z", [], None],
    "added_seconds": [1795392000.1234567, 5, "2026-11-23T00:00:00Z", -5, "x", [], None],
    "added_level": ["info", "log", "critical", "loud", 40, [], None],
    "added_list": [[], [{}], [{"orig_lineno": 1}], [{"orig_lineno": "x"}], [None], [1], [{"orig_filename": LONG}], None],
    "added_locks": [[{"type": 1}], [{}], [{"type": 3}], [{"type": 1, "address": ""}], 5, None],
    "added_registers": [{"a": "0x01"}, {"a": "b"}, {"a": None}, {}, 1, None],
}
OPTIONS = [NormalizeOptions(enable_trimming=trim, received_at=1795392000.0) for trim in (True, False)]

def event(frame, other):
    frames = [{"function": "f", "added_required": "r"}, frame]
    if other == "wrong":
        frames[0]["lineno"] = "x"
    if other == "stacktrace":
        return {"stacktrace": {"frames": frames}}
    if other == "threads":
        return {"threads": [{"id": 1, "stacktrace": {"frames": frames}}]}
    values = [{"type": "E", "stacktrace": {"frames": frames}}]
    if other == "elsewhere":
        values[0]["module"] = []
    return {"exception": {"values": values}}

chance = random.Random(0)
frames = [{}]
frames += [{name: value} for name, values in VALUES.items() for value in values]
frames += [{name: chance.choice(values) for name, values in VALUES.items() if chance.random() < 0.6} for _ in range(150)]
count = 0
for frame in frames:
    for full in ({"added_required": "r", **frame}, frame):
        for other in ("clean", "wrong", "elsewhere", "stacktrace", "threads"):
            for options in OPTIONS:
                count += 1
                found = differences(event(full, other), options)
                if found:
                    print(json.dumps(full), other, options.enable_trimming)
                    for way, result in found.items():
                        print("  ", way, result)
                    sys.exit(1)
print(count, "events")
"""


def test_added_fields_are_treated_alike_by_all_ways(tmp_path: Path) -> None:
    source = Path(store_protocol.__file__).parent
    copy = tmp_path / "store_protocol"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "schema" / "stacktrace.py"
    text = path.read_text(encoding="utf-8")
    end = "    lock: LockReason | None = None\n\n\nclass Stacktrace"
    assert text.count(end) == 1
    text = text.replace(end, end.replace("\n\n\nclass", FIELDS + "\n\nclass"))
    last_import = "from store_protocol.schema.wrong import Wrong\n"
    assert text.count(last_import) == 1
    path.write_text(text.replace(last_import, IMPORTS + last_import), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(source.parent)])}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=False, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
