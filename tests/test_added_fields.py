"""What is added to the schema, by the edits that CONTRIBUTING.md lists, is treated alike by all ways."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import store_protocol

SOURCE = Path(store_protocol.__file__).parent

#: One field of each kind, added to a copy of `Frame`, as its other fields are declared.
FIELDS = """
    added_address: Address | None = None
    added_required: NonNull[Annotated[str, text(64, required=True)]] = None
    added_text: Annotated[str, text(64)] | None = None
    added_empty: Annotated[str, text(128, skip_empty=True, empty=True)] | None = None
    added_free: Annotated[dict[str, JsonValue], rule(read=read_frame_vars, limit=MEDIUM)] | None = None
    added_objects: Annotated[dict[str, JsonValue], rule(limit=SMALL, skip_empty=True, empty=True)] | None = None
    added_time: Annotated[SecondsOrText, scalar(timestamp)] | None = None
    added_seconds: Timestamp | None = None
    added_level: LenientLevel | None = None
    added_list: list[FrameData | None] | None = None
    added_locks: list[LockReason | None] | None = None
    added_registers: dict[str, Register | None] | None = None
    added_omitted: Annotated[dict[str, JsonValue], rule(limit=SMALL, omit_empty=True)] | None = None
"""
IMPORTS = """\
from store_protocol.convert.rules import SMALL, scalar
from store_protocol.convert.timestamps import timestamp
from store_protocol.schema.types import LenientLevel, SecondsOrText, Timestamp
"""

#: Values for each: clean ones, those that only lenient conversion takes, and wrong ones.
PROGRAM = """
import itertools, json, random, sys
from store_protocol import NormalizeOptions
from tests.ways import by_text, differences

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
    "added_omitted": [{"a": 1}, {}, {"a": LONG}, DEEP, 1, None],
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
frames += [{name: chance.choice(values) for name, values in VALUES.items() if chance.random() < 0.6} for _ in range(60)]
# With one of the options each: as there are five others, each of them is met with both.
options = itertools.cycle(OPTIONS)
for frame in frames:
    for full in ({"added_required": "r", **frame}, frame):
        for other in ("clean", "wrong", "elsewhere", "stacktrace", "threads"):
            trim = next(options)
            found = differences(event(full, other), trim)
            if found:
                print(json.dumps(full), other, trim.enable_trimming)
                for way, result in found.items():
                    print("  ", way, result)
                sys.exit(1)
for other in ("clean", "stacktrace", "threads"):
    found = by_text(event({"added_omitted": {}, "added_required": "r"}, other), OPTIONS[0])
    assert b"added_required" in found and b"added_omitted" not in found
"""


def replace_once(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """The folder of the schema in a copy of the package."""
    copy = tmp_path / "store_protocol"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy / "schema"


def run(program: str, schema: Path) -> None:
    folder = schema.parent.parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(SOURCE.parent)])}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, check=False, cwd=folder, env=environment)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_added_fields_are_treated_alike_by_all_ways(schema: Path) -> None:
    end = "    lock: LockReason | None = None\n\n\nclass Stacktrace"
    replace_once(schema / "stacktrace.py", end, end.replace("\n\n\nclass", FIELDS + "\n\nclass"))
    first_import = "from typing import "
    replace_once(schema / "stacktrace.py", first_import, IMPORTS + first_import)
    run(PROGRAM, schema)


#: An interface, with attributes named as ones of others that trimming knows by their place.
WIDGET = """
from typing import Annotated

from store_protocol.convert.interface import Interface
from store_protocol.convert.rules import LARGE, SMALL, NonNull, rule, text
from store_protocol.convert.values import VALUES, Values
from store_protocol.schema.types import Address, JsonValue, Text


class WidgetPart(Interface):
    address: Address | None = None
    label: Annotated[str, text(20)] | None = None


class WidgetDetail(WidgetPart):
    pass


class Widget(Interface):
    kind: Annotated[str, text(20)] | None = None
    address: Address | None = None
    needed: NonNull[Annotated[str, text(64, required=True)]] = None
    data: Annotated[dict[str, JsonValue], rule(limit=SMALL)] | None = None
    env: Annotated[dict[str, JsonValue], rule(limit=SMALL)] | None = None
    more: Annotated[dict[str, JsonValue], rule(limit=SMALL)] | None = None
    parts: list[WidgetPart | None] | None = None


class Pouch(Interface):
    name: Text | None = None
    data: Annotated[dict[str, JsonValue], rule(limit=SMALL, omit_empty=True)] | None = None
    notes: Annotated[list[JsonValue], rule(limit=LARGE)] | None = None
    inner: Annotated[WidgetPart, rule(omit_empty=True)] | None = None


class Gadget(Interface):
    name: Annotated[str, text(20)] | None = None
    data: Annotated[dict[str, JsonValue], rule(limit=SMALL, omit_empty=True)] | None = None


class Gadgets(Values):
    values: NonNull[Annotated[list[NonNull[Gadget]], VALUES]] = None
"""
#: Fields of the event that hold them.
EVENT_FIELDS = """\
    widget: Widget | None = None
    pouch: Annotated[Pouch, rule(omit_empty=True)] | None = None
    purse: Annotated[Pouch, rule(omit_empty=True, typed=TYPED)] | None = None
    gadgets: Gadgets | None = None
    tools: Annotated[Gadgets, rule(typed=TYPED)] | None = None
"""
IMAGE = """

class RocketDebugImage(DebugImage):
    __image_types__: ClassVar[tuple[str, ...]] = ("rocket",)

    code_file: NonNull[Annotated[str, text(required=True, aliases=("rocket_file",))]] = None
    debug_id: NonNull[DebugId] = None
    nose_addr: Address | None = None
    label: Annotated[str, text(skip_empty=True)] | None = None
    stages: list[U64 | None] | None = None
    is_manned: Bool | None = None
    type: Text | None = None


"""
WHEEL = """

class WheelContext(Context):
    __context_type__: ClassVar[str] = "wheel"

    name: Text | None = None
    turns: U64 | None = None
    type: Text | None = None
"""

OF_EVENTS = """
import json, sys
from hypothesis import Phase, find, settings
from store_protocol import NormalizeOptions
from store_protocol.strategies import events
from tests.ways import by_objects, by_text, differences

LONG = "x" * 3000
DEEP = {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}
VALUES = [{}, {"unknown": 1}, {"kind": LONG}, {"kind": []}]
VALUES += [{"address": value} for value in ("0x1", "0X01", "31", 31, "nonsense", [], None)]
VALUES += [{name: value} for name in ("data", "env", "more") for value in ({"a": 1}, {"a": LONG}, DEEP, {}, 1, [], None)]
VALUES += [{"parts": [part]} for part in ({"address": "0X1", "label": LONG}, {"address": []}, {}, None, 1)]
WHEELS = [None, {"name": "n", "turns": 2}, {"name": LONG, "turns": "x"}, {"name": DEEP, "unknown": LONG}, []]
OPTIONS = [NormalizeOptions(enable_trimming=trim, received_at=1795392000.0) for trim in (True, False)]

def compare(event):
    for options in OPTIONS:
        if found := differences(event, options):
            print(json.dumps(event)[:200], options.enable_trimming, found)
            sys.exit(1)

for value in [*({"needed": "a", **each} for each in VALUES), *VALUES, [], 1, ""]:
    for more in ({}, {"level": []}):
        compare({"widget": value, **more})
PARTS = [{}, {"name": LONG}, {"name": ""}, {"name": []}, {"data": {}}, {"data": {"a": LONG}}, {"data": DEEP}, {"data": 1}]
POUCHES = [*PARTS, {"notes": []}, {"notes": [LONG] * 5}, {"notes": [DEEP]}, {"inner": {}}, {"inner": {"label": LONG}}]
for name in ("pouch", "purse"):
    for value in [*POUCHES, [], 1, "", None]:
        for more in ({}, {"level": []}):
            compare({name: value, **more})
    for value in ({}, {"data": {}}, {"inner": {"label": ""}, "name": ""}):
        assert name.encode() not in by_text({name: value}, OPTIONS[0])
for name in ("gadgets", "tools"):
    for value in [*([part] for part in PARTS), PARTS, {"values": PARTS}, {"values": []}, {}, [], [None, {}], 1]:
        for more in ({}, {"level": []}):
            compare({name: value, **more})
    text = by_text({name: [{}, {"name": "a", "data": {}}, {"name": LONG, "data": {"a": LONG}}]}, OPTIONS[0])
    found = json.loads(text)[name]
    assert [each["name"][:3] for each in found["values"]] == ["a", "xxx"] and len(json.dumps(found)) < 2000
ROCKET = {"type": "rocket", "code_file": "f", "debug_id": "2C656702AA163E5F94D9D4430DA53398"}
IMAGES = [{}, {"nose_addr": "31"}, {"nose_addr": "x"}, {"label": ""}, {"label": "l"}, {"label": 1}, {"stages": [1, None]}]
IMAGES += [{"stages": ["x"]}, {"is_manned": True}, {"is_manned": 1}, {"debug_id": "x"}]
IMAGES += [{"code_file": None, "rocket_file": "r"}]
for image in IMAGES:
    compare({"debug_meta": {"images": [{**ROCKET, **image}, {**ROCKET, "type": "elf", "label": 1}]}})
for wheel in WHEELS:
    compare({"contexts": {"wheel": wheel, "other": {"type": "wheel", **(wheel or {})}}})
assert len(by_objects({"widget": {"needed": "a", "data": {"a": LONG}}}, OPTIONS[0])) < 2000
drawing = settings(phases=[Phase.generate], max_examples=20_000, database=None, deadline=None)
assert find(events(), lambda event: "widget" in event, settings=drawing)
assert find(events(), lambda event: "wheel" in (event.get("contexts") or {}), settings=drawing)
"""


def test_added_interfaces_and_contexts_are_treated_alike_by_all_ways(schema: Path) -> None:
    (schema / "widget.py").write_text(WIDGET)
    field = "    template: Annotated[Template"
    replace_once(schema / "event.py", field, EVENT_FIELDS + field)
    last_import = "from store_protocol.schema.user import User\n"
    added = "from store_protocol.schema.widget import Gadgets, Pouch, Widget\n"
    replace_once(schema / "event.py", last_import, last_import + added)
    with (schema / "contexts" / "device.py").open("a") as file:
        file.write(WHEEL)
    before = "#: The layout of an image by its `type`."
    replace_once(schema / "images.py", before, IMAGE.lstrip() + before)
    types = "from store_protocol.schema.types import "
    replace_once(schema / "images.py", types, f"{types}Bool, ")
    run(OF_EVENTS, schema)
