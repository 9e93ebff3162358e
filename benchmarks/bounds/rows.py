"""The inputs of the table: each with a name, the limit that bounds it, and a function that makes its request."""

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from benchmarks.bounds.measure import LIMITS, TARGET, post
from benchmarks.bounds.places import TRANSACTION
from benchmarks.bounds.shapes import Shape
from store_protocol import HttpRequest

EVENT = LIMITS.max_event_bytes


class Row(msgspec.Struct, frozen=True):
    """One input.

    `limit` is the field of `Limits` whose bytes its memory is a multiple of. `plain` is how many bytes it has once decoded,
    0 for as many as its body has, and `events` or `items` how many events or other items where they are many.
    """

    group: str
    name: str
    make: Callable[[], HttpRequest]
    limit: str = "max_event_bytes"
    plain: int = 0
    events: int = 0
    items: int = 0


def event_row(group: str, name: str, shape: Shape, *, tail: bytes = b"", **more: str) -> Row:
    """Return the row of an event that a shape fills up to the limit."""
    return Row(group, name, partial(_event, shape, tail, more))


def _event(shape: Shape, tail: bytes, more: dict[str, str]) -> HttpRequest:
    return post("store", shape.fill(EVENT - len(tail)) + tail, **more)


LIST, OBJECT, TEXT = ('{"extra":{"a":[', "]}}"), ('{"extra":{"a":{', "}}}"), ('{"extra":{"a":"', '"}}')

#: What JSON readers can't hold, and what is repaired in a text.
_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "18446744073709551616", "-9223372036854775809", "9" * 300)
_STRINGS = ("\\ud800", "\\udfff\\ud800", "\udced\udca0\udc80", "\udcff", "\udcc3", "é\udcff", "\\u0041\\ud800")


def json_faults() -> Iterator[Row]:
    """Yield each kind of fault in the text, in its densest form, and once behind much that is right."""
    group = "JSON text"
    for token in _NUMBERS:
        short = token if len(token) < 30 else f"{token[0]} x {len(token)}"
        yield event_row(group, f"a list of {short}", Shape(LIST[0], token, LIST[1]))
        yield event_row(group, f"an object of {short}", Shape(OBJECT[0], f'"#":{token}', OBJECT[1]))
        yield event_row(group, f"lists of {short}", Shape(LIST[0], f"[{token}]", LIST[1]))
    for token in _STRINGS:
        short = ascii(token)[1:-1]
        yield event_row(group, f"a list of strings {short}", Shape(LIST[0], f'"{token}"', LIST[1]))
        yield event_row(group, f"one string of {short}", Shape(TEXT[0], token, TEXT[1], between=""))
        yield event_row(group, f"keys {short}", Shape(OBJECT[0], f'"{token}#":0', OBJECT[1]))
        yield event_row(
            group, f"a key and a value {short} in each object", Shape(LIST[0], f'{{"{token}":"{token}"}}', LIST[1])
        )
    for what, fault in (
        ("NaN", '],"b":NaN}}'),
        ("a lone surrogate", '],"b":"\\ud800"}}'),
        ("a byte that is not UTF-8", '],"b":"\udcff"}}'),
        ("a big integer", '],"b":18446744073709551616}}'),
        ("a control character (400)", '],"b":"\x00"}}'),
        ("no end (400)", ""),
    ):
        for token in ("0", '"é"', '"\\n"', "[]", "{}", "[[]]", '{"":0}', '{"é":0}', "[0,0]"):
            yield event_row(group, f"{token} in a list, then {what}", Shape(LIST[0], token, fault))
        yield event_row(group, f"members, then {what}", Shape('{"extra":{"a":{', '"#":0', fault.replace("]", "}", 1)))
        yield event_row(group, f"members é, then {what}", Shape('{"extra":{"a":{', '"é#":"é"', fault.replace("]", "}", 1)))
        yield event_row(group, f"one string of é, then {what}", Shape('{"extra":{"a":["', "é", '"' + fault, between=""))
        yield event_row(group, f"one string of \\n, then {what}", Shape('{"extra":{"a":["', "\\n", '"' + fault, between=""))
        yield event_row(group, f"blanks, then {what}", Shape('{"extra":{"a":[0', " ", fault, between=""))
    for depth in (127, 64, 20, 8):
        inner = depth - 3
        deep = "[0," * inner + "0" + "]" * inner
        yield event_row(
            group, f"{depth} levels of lists, then NaN", Shape(LIST[0], "[" * inner + "]" * inner, '],"b":NaN}}')
        )
        yield event_row(group, f"{depth} levels of lists with values, then NaN", Shape(LIST[0], deep, '],"b":NaN}}'))
        yield event_row(group, f"{depth} levels of lists", Shape(LIST[0], "[" * inner + "]" * inner, LIST[1]))
        nested = '{"":' * inner + "0" + "}" * inner
        yield event_row(group, f"{depth} levels of objects", Shape(LIST[0], nested, LIST[1]))
    yield event_row(group, "too deep without end (400)", Shape("", "[", "", between=""))
    yield event_row(group, "objects too deep without end (400)", Shape("", '{"a":', "", between=""))
    yield event_row(group, "strings that aren't closed (400)", Shape('{"a":"', "\\\\", "", between=""))
    yield event_row(group, "a number without end", Shape('{"extra":{"a":', "9", "}}", between=""))
    yield event_row(group, "a fraction without end", Shape('{"extra":{"a":0.', "9", "}}", between=""))
    for token in ('"é"', "[]", "0"):
        shape = Shape(LIST[0], token, LIST[1])
        for codec in ("utf-16-le", "utf-16", "utf-32-be"):
            yield Row(group, f"{token} in a list in {codec}", partial(_recoded, shape, codec))
        yield event_row(group, f"{token} in a list after a byte order mark", Shape("\ufeff" + LIST[0], token, LIST[1]))
    latin = Shape(LIST[0], '"\udce9"', LIST[1])
    for charset in ("iso-8859-1", "shift_jis", "gb18030", "utf-16", "unknown"):
        content_type = f"application/json; charset={charset}"
        yield event_row(group, f"Latin-1 strings as charset {charset}", latin, content_type=content_type)
    yield Row(group, "NaN in a list in utf-16-le", partial(_recoded, Shape(LIST[0], "NaN", LIST[1]), "utf-16-le"))


def _recoded(shape: Shape, codec: str) -> HttpRequest:
    return post("store", shape.fill(EVENT // (4 if "32" in codec else 2) - 2).decode().encode(codec))


# What `_meta` may say of a value, in its densest forms, right and wrong.
_SAYINGS = (
    *('{"":{"len":1}}', '{"":{"err":["x"]}}', '{"":{"rem":[["a","x",0,1]]}}', '{"":{"val":0}}', '{"":{}}', "{}", "[]", "0"),
    *(
        '{"":{"err":[0]}}',
        '{"":{"rem":[[]]}}',
        '{"":{"val":[]}}',
        '{"":{"err":["x","y"],"rem":[["a","x"]],"len":1,"val":{}}}',
    ),
)


def incoming_meta() -> Iterator[Row]:
    """Yield `_meta` of all shapes, of values that are there and of some that aren't."""
    group = "_meta"
    for saying in _SAYINGS:
        for what, attribute, item, before in (
            ("the items of a list", "extra", "0", '{"a":['),
            ("tags", "tags", '["a","b"]', "["),
            ("frames", "stacktrace", '{"lineno":1}', '{"frames":['),
            ("exceptions", "exception", '{"type":"E"}', "["),
            ("breadcrumbs", "breadcrumbs", '{"type":"E"}', "["),
        ):
            yield Row(group, f"{saying} of {what}", partial(_said, attribute, item, before, saying))
        yield event_row(group, f"{saying} of nothing", Shape('{"_meta":{"extra":{', f'"#":{saying}', "}}}"))
    for name in ("err", "rem", "val", "len", "x"):
        for token in ("[]", '"x"', '["x",{}]', '["a","x",0,1]', "0", "{}", "NaN"):
            shape = Shape('{"message":"a","_meta":{"message":{"":{"%s":[' % name, token, "]}}}}")
            yield event_row(group, f"{token} in {name} of one value", shape)
    for token in ('"#":{}', '"#":{"":{"len":1}}', '"#":0'):
        yield event_row(group, f"{token} at its top", Shape('{"_meta":{', token, "}}"))
    inner = 118
    deep = '{"a":' * inner + '{"":{"len":1}}' + "}" * inner
    value = '{"a":' * inner + "0" + "}" * inner
    yield event_row(
        group, "deep, of deep values", Shape('{"extra":{"a":%s},"_meta":{"extra":{' % value, f'"a":{deep}', "}}}")
    )
    both = Shape('{"extra":{', f'"#":{value}', "}")
    yield Row(group, "deep, of as many deep values", partial(_twice, both, f'"#":{deep}'))
    yield event_row(group, "lists in each other", Shape('{"_meta":{"extra":[', "[" * 100 + "]" * 100, "]}}"))


def _said(attribute: str, item: str, before: str, saying: str) -> HttpRequest:
    """Return an event with as many values as there is room for, and in `_meta` the same of each of them."""
    count = EVENT // (len(item) + len(saying) + 12)
    inside = before.replace("[", "{")
    value = before + ",".join([item] * count) + "".join({"[": "]", "{": "}"}.get(char, "") for char in reversed(before))
    said = inside + ",".join(f'"{number}":{saying}' for number in range(count)) + "}" * inside.count("{")
    return post("store", f'{{"{attribute}":{value},"_meta":{{"{attribute}":{said}}}}}'.encode())


def _twice(shape: Shape, second: str) -> HttpRequest:
    first = shape.fill(EVENT // 2 - 50)
    rest = Shape(',"_meta":{"extra":{', second, "}}}").fill(EVENT - len(first))
    return post("store", first + rest)


def texts_and_pairs() -> Iterator[Row]:
    """Yield what is cheap to write and read as much: queries, cookies, headers, agents, messages, URLs."""
    group = "texts"
    for name, before, unit, after in (
        ("query_string a=&", '{"request":{"query_string":"', "a=&", '"}}'),
        ("query_string &", '{"request":{"query_string":"', "&", '"}}'),
        ("query_string a&", '{"request":{"query_string":"', "a&", '"}}'),
        ("query_string %41", '{"request":{"query_string":"', "%41", '"}}'),
        ("query_string a=%ff&", '{"request":{"query_string":"', "a=%ff&", '"}}'),
        ("url ?a&", '{"request":{"url":"http://a/?', "a&", '"}}'),
        ("url of slashes", '{"request":{"url":"http://a/', "/", '"}}'),
        ("url of dots", '{"request":{"url":"http://a/', "../", '"}}'),
        ("url with a long fragment", '{"request":{"url":"http://a/#', "!", '"}}'),
        ("cookies a=b;", '{"request":{"cookies":"', "a=b;", '"}}'),
        ("cookies ;", '{"request":{"cookies":"', ";", '"}}'),
        ("cookies a; (no pairs)", '{"request":{"cookies":"', "a;", '"}}'),
        ("cookies =; (no names)", '{"request":{"cookies":"', "=;", '"}}'),
        ("cookies %41=;", '{"request":{"cookies":"', "%41=;", '"}}'),
        ("cookies in a header", '{"request":{"headers":{"Cookie":"', "a=;", '"}}}'),
        ("user agent", '{"request":{"headers":{"User-Agent":"Mozilla/5.0 ', "Linux Chrome/1 ", '"}}}'),
        (
            "data as a form",
            '{"request":{"headers":{"Content-Type":"application/x-www-form-urlencoded"},"data":"',
            "a=&",
            '"}}',
        ),
        ("data as JSON", '{"request":{"data":"[', "[],", '[]]"}}'),
        ("data as JSON of NaN", '{"request":{"data":"[', "NaN,", '0]"}}'),
        ("message of %s", '{"logentry":{"params":["x"],"message":"', "%s", '"}}'),
        ("message of %(a)s", '{"logentry":{"params":{"a":"x"},"message":"', "%(a)s", '"}}'),
        ("message of {}", '{"logentry":{"params":["x"],"message":"', "{}", '"}}'),
        ("message of {0}", '{"logentry":{"params":["x"],"message":"', "{0}", '"}}'),
        ("message of %%", '{"logentry":{"params":["x"],"message":"', "%%", '"}}'),
        ("message of {{", '{"logentry":{"params":["x"],"message":"', "{{", '"}}'),
        ("message of % ", '{"logentry":{"params":["x"],"message":"', "% ", '"}}'),
        ("one tag of blanks", '{"tags":{"a":"', " ", '"}}'),
        ("transaction of numbers", '{"transaction_info":{"source":"url"},"transaction":"/', "1a2b-", '"}'),
        ("transaction of hex", '{"transaction_info":{"source":"url"},"transaction":"/', "deadbeef/", '"}'),
        ("description of Windows", '{"contexts":{"os":{"raw_description":"', "Windows NT ", '"}}}'),
        ("release of blanks", '{"release":"', " ", '"}'),
        ("timestamp of digits", '{"timestamp":"', "1", '"}'),
        ("function of templates", '{"stacktrace":{"frames":[{"function":"', "a::{{b}}<", '"}]}}'),
        ("value of an exception with colons", '{"exception":[{"value":"', "A: ", '"}]}'),
        ("culprit of é", '{"culprit":"', "é", '"}'),
        ("a variable of quotes", '{"extra":{"a":"', '\\"', '"}}'),
        ("a variable of \\u0001", '{"extra":{"a":"', "\\u0001", '"}}'),
    ):
        yield event_row(group, name, Shape(before, unit, after, between=""))
    group = "pairs"
    for place, before, after in (
        ("tags", '{"tags":', "}"),
        ("headers", '{"request":{"headers":', "}}"),
        ("cookies", '{"request":{"cookies":', "}}"),
        ("query_string", '{"request":{"query_string":', "}}"),
    ):
        for token in ('["#","b"]', '["a","b"]', '["",""]', "[1.5,1.5]", "[0,0]", "[[],[]]", "[null,null]", "[true,true]"):
            yield event_row(group, f"{place} of {token}", Shape(before + "[", token, "]" + after))
        for token in ('["a",["b","c"]]', '["a",[[]]]', '["A-b-c-d",""]', '["a b",""]', '["\\n","\\n"]', '["é","é"]'):
            yield event_row(group, f"{place} of {token}", Shape(before + "[", token, "]" + after))
        for token in (
            '"#":"b"',
            '"#":""',
            '"#":1.5',
            '"#":0',
            '"#":[]',
            '"#":["b"]',
            '"#-a-b":""',
            '"#é":" "',
            '"#\\n":"\\n"',
        ):
            yield event_row(group, f"{place} {{{token}}}", Shape(before + "{", token, "}" + after))
        for token in ('["a",["%s"]]' % '","'.join("b" * 1000), '["a",[%s]]' % ",".join("0" * 1000)):
            yield event_row(group, f"{place} of lists of 1,000: {token[:10]}", Shape(before + "[", token, "]" + after))
    group = "the event"
    for token in ("0", "[]", "NaN", '"\\ud800"'):
        yield event_row(group, f"unknown attributes: {token}", Shape("{", f'"#":{token}', "}"))
    yield event_row(group, "one attribute again and again", Shape("{", '"level":[]', "}"))
    yield event_row(group, "tags again and again", Shape("{", '"tags":[[]]', "}"))
    yield event_row(group, "right frames", Shape('{"stacktrace":{"frames":[', '{"function":"f","lineno":1}', "]}}"))
    yield event_row(group, "empty frames", Shape('{"stacktrace":{"frames":[', "{}", "]}}"))
    frames = (
        '{"vars":{"a":[]}}',
        '{"vars":[0,0]}',
        '{"pre_context":[""]}',
        '{"instruction_addr":"0xA"}',
        '{"abs_path":"http://a?b"}',
    )
    for token in frames:
        yield event_row(group, f"frames {token}", Shape('{"stacktrace":{"frames":[', token, "]}}"))
    yield event_row(group, "variables of a frame", Shape('{"stacktrace":{"frames":[{"vars":{', '"#":0', "}}]}}"))
    yield event_row(group, "exceptions of a frame", Shape('{"exception":[', '{"stacktrace":{"frames":[{}]}}', "]}"))
    yield event_row(group, "right breadcrumbs", Shape('{"breadcrumbs":[', '{"timestamp":1,"message":"a"}', "]}"))
    yield event_row(group, "breadcrumbs ty", Shape('{"breadcrumbs":[', '{"ty":"a"}', "]}"))
    yield event_row(group, "right errors", Shape('{"errors":[', '{"type":"a"}', "]}"))
    yield event_row(group, "extra of one level", Shape('{"extra":{', '"#":0', "}}"))
    yield event_row(group, "extra of lists", Shape('{"extra":{', '"#":[]', "}}"))
    yield event_row(group, "modules", Shape('{"modules":{', '"#":"1"', "}}"))
    yield event_row(group, "a fingerprint", Shape('{"fingerprint":[', '"a"', "]}"))
    yield event_row(group, "a fingerprint of floats", Shape('{"fingerprint":[', "1.5", "]}"))


def small_requests() -> Iterator[Row]:
    """Yield requests of 8 KiB, in which all errors may be listed."""
    for name, shape in (
        ("tags of []", Shape('{"tags":[', "[]", "]}")),
        ("tags of [[],[]]", Shape('{"tags":[', "[[],[]]", "]}")),
        ("headers of 0", Shape('{"request":{"headers":[', "0", "]}}")),
        ("breadcrumbs of []", Shape('{"breadcrumbs":[', "[]", "]}")),
        ("exceptions of {}", Shape('{"exception":[', "{}", "]}")),
        ("modules of 0", Shape('{"modules":{', '"#":0', "}}")),
        ("unknown attributes", Shape("{", '"#":0', "}")),
        ("errors of 0", Shape('{"errors":[', "0", "]}")),
        ("spans of 0", Shape(f'{{{TRANSACTION}"spans":[', "0", "]}")),
        ("a fingerprint of []", Shape('{"fingerprint":[', "[]", "]}")),
        ("frames of 0", Shape('{"stacktrace":{"frames":[', "0", "]}}")),
        ("a list of NaN", Shape(LIST[0], "NaN", LIST[1])),
        ("lists, then NaN", Shape(LIST[0], "[]", '],"b":NaN}}')),
        ("strings that are not UTF-8", Shape(LIST[0], '"\udcff"', LIST[1])),
        ("_meta of each", Shape('{"_meta":{"extra":{', '"#":{"":{"err":["x"]}}', "}}}")),
    ):
        yield Row("small requests", name, partial(_small, shape))


def _small(shape: Shape) -> HttpRequest:
    return post("store", shape.fill(8 * 1024))


def by_query() -> Iterator[Row]:
    """Yield GET requests, whose event stands in the query, of the size that servers take of a request line."""
    for size in (8 * 1024, 64 * 1024):
        for name, shape in (
            ("wrong tags", Shape('{"tags":[', "[[]]", "]}")),
            ("wrong breadcrumbs", Shape('{"breadcrumbs":[', "[]", "]}")),
            ("NaN", Shape(LIST[0], "NaN", LIST[1])),
            ("bytes that are not UTF-8", Shape(LIST[0], '"%ff"', LIST[1])),
        ):
            yield Row("GET", f"{name}, {size // 1024} KiB", partial(_get, shape, size))
    yield Row("GET", "parameters without end, 64 KiB", partial(_many_parameters, "&a="))
    yield Row("GET", "& without end, 64 KiB", partial(_many_parameters, "&"))
    yield Row("GET", "a security report with as many parameters", partial(_security_query, "&a="))


def _get(shape: Shape, size: int) -> HttpRequest:
    target = TARGET % "store" + "&sentry_data=" + shape.fill(size).decode("latin-1")
    return HttpRequest("GET", target, [])


def _many_parameters(token: str) -> HttpRequest:
    query = token * (64 * 1024 // len(token))
    return HttpRequest("GET", TARGET % "store" + query + '&sentry_data={"message":"a"}', [])


def _security_query(token: str) -> HttpRequest:
    body = b'{"csp-report":{"effective-directive":"img-src"}}'
    return post("security", body, target=TARGET % "security" + token * (64 * 1024 // len(token)))
