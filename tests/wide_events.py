"""Events from the schema with what is rare in others: long strings in every attribute, and long stacks of mixed frames.

They are drawn with a `random.Random`, which takes a hundredth of the time that Hypothesis takes for an event of their
size, and so lets many be compared.
"""

import copy
import json
import typing
from collections.abc import Callable
from random import Random
from typing import Any

from store_protocol.convert.interface import Interface
from store_protocol.convert.pairs import read_cookies, read_headers, read_query_string, read_tags
from store_protocol.convert.readers import Field, fields_of
from store_protocol.convert.rules import NO_RULE, Rule, anything, unwrap
from store_protocol.convert.scalars import LEVELS, STATUSES, f64, finite, i64, level, span_status, u64
from store_protocol.convert.timestamps import timestamp
from store_protocol.convert.values import Values
from store_protocol.schema.contexts import CONTEXTS, read_contexts
from store_protocol.schema.event import Event, event_type, read_fingerprint, read_modules
from store_protocol.schema.images import IMAGES, read_images
from store_protocol.schema.measurement import read_breakdowns, read_measurements
from store_protocol.schema.request import Request
from store_protocol.schema.stacktrace import Frame, Stacktrace

#: 2026-11-23, the receipt of the events that are compared.
EPOCH = 1795392000

WRONG: list[Any] = [
    *(None, None, None, True, False, 0, -1, 1.5, 7, "", "", " ", "x", "a\nb", "ü", [], [], {}, {}, [None], ["a"]),
    *({"q": 1}, [[]], [{}], {"a": None}, {"": ""}, {"a": {}}, 2**63 - 1, 1e300, "x" * 600, "0" * 32, "/", "é" * 250),
    *({"values": 5}, [["a", 1]], [["a"]], [["a", "b"]], {"values": []}, {"values": None}, "?", "a=b", "null", "x" * 9000),
    *("127.0.0.1", "{{auto}}", "2026-11-22T00:00:00Z", "0x1F", "http://a.b/c?d=e#f"),
    *({"type": "x"}, ["x" * 9000], {"k": "x" * 9000}),
]
HEADERS = ["a", "b", "c-d", "Cookie", "content-type", "User-Agent", "é", "k" * 201]
#: Of a browser, a phone, a game console's bot, and what names none.
BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/89.0.4389.90 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 15_2 like Mac OS X) AppleWebKit/605.1.15 Version/15.2 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 11; Pixel 3) AppleWebKit/537.36 Chrome/92.0.4515.159 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    *("okhttp/4.9.0", "-"),
]
COOKIES = ["a=b", "a=b; c=d", "a", "", "a=", "=b", "a=b;", ";", "%20=é"]
QUERIES = ["a=b&c=d", "?a=b", "=", "a=" + "x" * 3000, "&".join(["a=" + "é" * 50] * 40)]
#: Frames of a stack trace: about the bounds of what is kept, and of what is kept whole.
COUNTS = [0, 1, 2, 3, 3, 5, *(49, 50, 51, 52, 53, 60, 75, 99, 100, 101, 102, 120, 200), *(249, 250, 251, 252, 260, 300)]
UNITS = ["x", "x", "é", "ab ", "漢", "😀"]


#: Where no rule tells what a value is.
_NONE = object()


class _Maker:
    def __init__(self, random: Random, rate: float) -> None:
        self.random = random
        self.rate = rate

    def wrong(self) -> Any:
        return copy.deepcopy(self.random.choice(WRONG))

    def string(self, rule: Rule = NO_RULE) -> str:
        random = self.random
        kind = random.random()
        if kind < 0.6:
            return random.choice(["a", "b1", "abc", "name", "é", "Some text", "1.2.3", "a.b", "x" * 20])
        unit = random.choice(UNITS)
        if rule.max_chars is not None and kind < 0.85:
            edge = rule.max_chars + random.choice([-3, -1, 0, 1, rule.allowance, rule.allowance + 1, rule.allowance + 60])
            return (unit * edge)[: max(edge, 0)]
        if kind < 0.95:
            return (unit * 400)[: random.choice([60, 64, 65, 128, 129, 200, 201, 256, 257, 276, 277, 300])]
        return unit * random.choice([500, 1024, 1025, 2047, 3000, 8192, 8300, 9000, 17000])

    def free(self, depth: int = 0) -> Any:
        random = self.random
        kind = random.random()
        if depth > 8 or kind < 0.45:
            return random.choice([None, True, 0, 7, -1, 1.5, "", "a", "text", "é"])
        if kind < 0.55:
            return random.choice(UNITS) * random.choice([10, 100, 500, 1000, 1025, 2100, 4000, 8200, 16500])
        if kind < 0.75:
            return [self.free(depth + 1) for _ in range(random.choice([0, 1, 2, 3]))]
        return {random.choice("abcdé") + str(index): self.free(depth + 1) for index in range(random.choice([0, 1, 2, 3]))}

    def object(self) -> Any:
        random = self.random
        return {random.choice(["a", "b", "k", "é", "type", "zz"]): self.free(1) for _ in range(random.choice([0, 1, 2, 4]))}

    def pairs(self, rule: Rule) -> Any:
        random = self.random
        pairs: list[Any] = []
        for _ in range(random.choice([0, 1, 2, 3, 5])):
            key = self.wrong() if random.random() < self.rate else random.choice(HEADERS)
            value = self.wrong() if random.random() < self.rate else self.string(Rule(max_chars=rule.item_chars))
            if key == "Cookie" and random.random() < 0.7:
                value = random.choice(COOKIES)
            if key == "User-Agent" and random.random() < 0.7:
                value = random.choice(BROWSERS)
            pairs.append(self.wrong() if random.random() < self.rate else [key, value])
        if random.random() < 0.4:
            return {str(pair[0]): pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2}
        if rule.read in {read_cookies, read_query_string} and random.random() < 0.4:
            return random.choice([*COOKIES, *QUERIES])
        return pairs

    def frames(self) -> Any:
        random = self.random
        count = random.choice(COUNTS)
        if count < 10:
            return [self.spoiled(Stacktrace, "frames") for _ in range(count)]
        kinds: list[Any] = [{}, None, [], "x", 5, {"in_app": None}, {"in_app": True}, {"in_app": False}, {"in_app": "yes"}]
        lines = {"pre_context": ["a", "b"], "context_line": "c", "post_context": ["d"], "vars": {"a": 1}, "lineno": 3}
        kinds += [{**lines, "in_app": flag, "function": "f"} for flag in (True, False, None, "x", 1)]
        kinds += [{**lines, "function": "f"}, {"vars": "x", "function": "g"}, {"vars": {}, "in_app": True}]
        kinds += [{"pre_context": [None, "", 5]}]
        kinds += [{"function": "h", "lineno": "x", "in_app": True}, self.interface(Frame), self.interface(Frame)]
        chosen = random.sample(kinds, random.choice([1, 2, 2, 3, 5]))
        if random.random() < 0.7:
            chosen.append({**lines, "in_app": random.choice([True, False]), "function": "f"})
        weights = [random.random() for _ in chosen]
        return [copy.deepcopy(part) for part in random.choices(chosen, weights, k=count)]

    def spoiled(self, interface: type[Interface], name: str) -> Any:
        field = next(each for each in fields_of(interface) if each.name == name)
        return self.value(typing.get_args(unwrap(field.hint)[0])[0], NO_RULE)

    def interface(self, interface: type[Interface]) -> Any:
        random = self.random
        fields = fields_of(interface)
        if issubclass(interface, Values) and random.random() < 0.3:
            alone = self.value(typing.get_args(unwrap(fields[0].hint)[0])[0], NO_RULE)
            return [alone] if random.random() < 0.5 else alone
        chosen = [each for each in fields if (each.rule.required and random.random() < 0.95) or each.name == "values"]
        chosen += random.sample(fields, min(len(fields), random.choice([0, 1, 2, 3, 5, 9])))
        found: dict[str, Any] = {}
        for field in chosen:
            names = (field.encode_name, *field.rule.aliases)
            name = field.encode_name if random.random() < 0.9 else random.choice(names)
            found[name] = self.attribute(field)
        if random.random() < self.rate:
            found[random.choice(["unknown", "a b", "zz", "type", "value"])] = self.wrong()
        return found

    def attribute(self, field: Field) -> Any:
        if field.encode_name == "frames" and self.random.random() < 0.8:
            return self.frames()
        return self.value(field.hint, field.rule)

    def value(self, hint: Any, rule: Rule) -> Any:
        random = self.random
        if random.random() < self.rate:
            return self.wrong()
        inner, own = unwrap(hint)
        rule = rule if own is NO_RULE else own
        drawn = self.by_rule(inner, rule)
        if drawn is not _NONE:
            return drawn
        origin = typing.get_origin(inner)
        if origin is list:
            return [self.value(typing.get_args(inner)[0], NO_RULE) for _ in range(random.choice([0, 1, 1, 2, 3]))]
        if origin is dict:
            part = typing.get_args(inner)[1]
            return self.object() if part is Any else {random.choice("abcdef"): self.value(part, NO_RULE) for _ in range(2)}
        if isinstance(inner, type) and issubclass(inner, Interface):
            return self.interface(inner)
        if inner is str or rule.max_chars is not None:
            return self.string(rule)
        return self.free()

    def by_rule(self, inner: Any, rule: Rule) -> Any:
        random = self.random
        if rule.read is read_contexts:
            return self.contexts()
        if rule.read is read_images:
            kinds = random.choices(list(IMAGES), k=random.choice([0, 1, 2]))
            images: list[Any] = [{**self.interface(IMAGES[kind]), "type": kind} for kind in kinds]
            if random.random() < 0.3:
                images.append({"type": "apple", "name": self.string(), "uuid": _UUID, "image_addr": "0x1", "x": 1})
            return images
        if rule.read in {read_breakdowns, read_measurements}:
            names = random.sample(["lcp", "frames_total", "frames_slow", "a.b", "X"], 2)
            return {name: self.value(typing.get_args(inner)[1], NO_RULE) for name in names}
        if rule.read in {read_cookies, read_query_string, read_headers, read_tags}:
            return self.pairs(rule)
        if rule.read is read_fingerprint:
            return [random.choice(["a", 1, None, "x" * 300, True, 1.5, []]) for _ in range(random.choice([1, 2, 3]))]
        if rule.read is read_modules:
            return {random.choice("abcdef"): random.choice(["1", "", None, "x" * 3000]) for _ in range(3)}
        return self.by_form(rule.read or rule.convert)

    def by_form(self, form: Any) -> Any:
        random = self.random
        if form in VALUES:
            return VALUES[form](random)
        if form is anything:
            return self.free()
        known = BY_NAME.get(getattr(form, "__name__", ""))
        return copy.deepcopy(random.choice(known)) if known and random.random() < 0.7 else _NONE

    def contexts(self) -> Any:
        random = self.random
        found: dict[str, Any] = {}
        for kind in random.choices([*CONTEXTS, "any", "a"], k=random.choice([0, 1, 2, 3])):
            value = self.interface(CONTEXTS[kind]) if kind in CONTEXTS else self.object()
            if random.random() < 0.4:
                value["type"] = kind if kind in CONTEXTS else random.choice(["x", 5, None])
            found[kind if random.random() < 0.8 else "other"] = self.wrong() if random.random() < self.rate else value
        return found


TIMES = ["2026-11-22T23:59:59Z", "2026-11-22T23:59:59.5"]
VALUES: dict[Any, Callable[[Random], Any]] = {
    f64: lambda random: random.choice([0, 1, -1, 1.5, 80000.25]),
    finite: lambda random: random.choice([0, 1, -1, 1.5, 80000.25]),
    i64: lambda random: random.choice([0, 1, -1, 7, 2**53, -(2**63), "7", 1.5]),
    u64: lambda random: random.choice([0, 1, 7, 100, 2**53, 2**63 - 1, "7", 1.5]),
    level: lambda random: random.choice([*sorted(LEVELS), "log", "critical", 40]),
    span_status: lambda random: random.choice([*STATUSES, 0, "success"]),
    timestamp: lambda random: random.choice([EPOCH - 5, EPOCH - 86400.25, EPOCH, *TIMES]),
    event_type: lambda random: random.choice(["default", "error", "error", "csp", "nel", "other"]),
}
_UUID = "5ab38077-9000-4b4e-8b1e-5ab380779000"
BY_NAME: dict[str, list[Any]] = {
    "address": ["0x1f", "0x0", 31, "31", "0XAB"],
    "register": ["0x1f", "0x0", 31, "31"],
    "boolean": [True, False],
    "code_id": ["abc0", "ABC", ""],
    "debug_id": [_UUID, _UUID + "-a", "5ab380779000"],
    "uuid": [_UUID, _UUID.replace("-", "").upper()],
    "event_id": [_UUID, _UUID.replace("-", "")],
    "trace_id": [_UUID.replace("-", ""), "0" * 32],
    "span_id": ["a" * 16, "F728B4FA42484E3A", "0" * 16],
    "ip_address": ["127.0.0.1", "::1", "{{auto}}"],
    "read_link": ["http://a.b/c", "https://a.b/" + "c" * 3000, "x", "https://a.b/" + "c" * 2030],
    "infer_ip": ["auto", "never", "legacy", "x", "", 5],
    "thread_id": [1, "a", 0, ""],
    "non_empty_thread_id": [1, "a", 0, ""],
    "read_thread_id": [1, "a", 0, ""],
    "unit": ["millisecond", "MS", "", "custom"],
    "lock_type": [1, 2, 4, 8, 3],
    "read_span_kind": ["client", "server", "", "x", 5],
    "read_flag_result": [True, "a", 5, None, "x" * 140000, {"a": 1}],
}


def _exception(maker: _Maker) -> dict[str, Any]:
    kinds: list[Any] = ["E", "", None]
    values: list[Any] = ["v", "", None, []]
    kind, value = maker.random.choice(kinds), maker.random.choice(values)
    return {"type": kind, "value": value, "stacktrace": {"frames": maker.frames()}}


def wide_event(random: Random) -> Any:
    """Draw an event."""
    maker = _Maker(random, random.choice([0, 0.02, 0.05, 0.15]))
    event = maker.interface(Event)
    event.pop("_meta", None)
    if random.random() < 0.25:
        event["exception"] = {"values": [_exception(maker) for _ in range(random.choice([1, 1, 2, 3]))]}
    if random.random() < 0.1:
        event["request"] = maker.interface(Request)
    if random.random() < 0.1:
        event |= {"type": "transaction", "start_timestamp": EPOCH - 10, "timestamp": EPOCH - 5}
        event["contexts"] = {"trace": {"trace_id": _UUID.replace("-", ""), "span_id": "a" * 16}}
    return json.loads(json.dumps(event))
