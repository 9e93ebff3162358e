"""The words that mutators put in, since chance finds none of them."""

from typing import Any

#: What a value of an event is changed to: of every type, and at or over every edge that is known.
VALUES: list[Any] = [
    *(None, "", [], {}, 0, 1, -1, 1.5, True, False, 1e20, 1e-9, -0.0, 2**53 + 1, 2**63, 2**64, -(2**63) - 1),
    *(10**30, float("nan"), float("inf"), 1e308, 5e-324, 1795447500, 1795447500.123456, 253402300800, -62135596801),
    *(1e11, 2**32, [None], [[]], [{}], [""], {"a": None}, {"": ""}, {"values": []}, {"values": None}),
    *({"values": [None]}, {"type": "x"}, ["a", "b"], [["a", "b"]], [["a"]], [["a", "b", "c"]], [["a", None]]),
    *({"a": {"b": {"c": {"d": {"e": {"f": [1]}}}}}}, "x", "a\nb", " pad ", "?", "null", "123", "-1", "0x1F"),
    *("0xFFFFFFFFFFFFFFFF", "127.0.0.1", "::1", "{{auto}}", "\0", "2020-01-01T00:00:00Z", "2020-02-30T25:61:61"),
    *("2020-01-01T00:00:00.123456789+25:00", "1795447500", "9" * 400, "a=b&c=d", "a=%zz;b", "x" * 70, "x" * 300),
    *("x" * 1100, "é" * 150, "\ud83d", "\udc00a", "\ufffd", "\U0010ffff", "{0}", "http://a.b/c?d=e#f"),
    *("http://[::1", '{"a":1}', "0" * 32, "F728B4FA42484E3A", "java", "S3CR3T", "[Filtered]", "%s %d", "%(a)s"),
    *("{a.b} {0[1]}", "transaction", "csp", "error", "default", "fatal", "warn", "unsampled", "main", "GET"),
    *([{}] * 60, [{"a": 1}] * 60, [None] * 60, "=b; c; d=e=f;;", "\ud83d" * 9, {"\udc00": "a"}, {"a": "[1]", "b": ["{}"]}),
]

#: What is cut to its limits.
LARGE: list[Any] = [
    *(["ab"] * 260, [["a"]] * 180, [1.0, None] * 130, ["é" * 150, "x" * 900], {"a": ["b" * 600, {"c": ["d" * 500]}]}),
    *({f"k{index}": index for index in range(120)}, {f"k{index}": ["é" * 8] for index in range(50)}),
    {"a" * 900: {"b" * 600: ["c"]}},
]

#: What `_meta` may say of a value, and what it may not.
META: list[Any] = [
    *({"len": 5}, {"rem": [["a", "x", 0, 3]]}, {"rem": [["a", "s"], ["b", "m", 2, 1], [1]], "len": 2}),
    *({"err": ["x"]}, {"err": [["invalid_data", {"reason": "x"}]], "val": [1, {"a": None}]}, {"val": "x" * 600}),
    *({"chunks": []}, 5, None),
]

#: What is put into a JSON text.
TOKENS = [
    *(b"NaN", b"-Infinity", b"1e999", b"9" * 40, b"-0", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\\x"),
    *(b"\xef\xbb\xbf", b"null", b"[]", b"{}", b'""', b",", b"[" * 30, b'{"a":' * 30, b"\n", b"\0", b" " * 50),
    *(b"true", b"\t", b'"', b"1.e", b"\xfe\xff"),
]

#: Names of the parts of a form.
FIELDS = [
    *(b"sentry", b"sentry___a", b"sentry__1", b"sentry__2", b"sentry[user][id]", b"sentry[tags][a]"),
    *(b"sentry[a][]", b"guid", b"upload_file_minidump", b"__sentry-event", b"__sentry-breadcrumb1"),
    *(b"__sentry-breadcrumb2", b"view-hierarchy.json"),
]

#: What is put into credentials.
AUTH = [
    *(b"Sentry ", b"sentry_key=", b"sentry_version=7", b"sentry_secret=x", b"sentry_client=a/1"),
    *(b"sentry_timestamp=1.5", b", ", b"Basic @", b"Basic YTpi", b"\n", b"&", b'"', b"%2C", b"%ff", b"+", b"\xe9"),
    *(b"b70a31b3510c4cf793964a185cfe1fd0", b"=", b"sentry_timestamp=2020-01-01T00:00:00"),
    *(b"sentry_timestamp=1e400", b"sentry_timestamp=nan", b"sentry_version=2.0"),
    *(b"sentry_timestamp=9999-12-31T23:59:59-23:59", b"sentry_timestamp=0001-01-01T00:00:00+23:59"),
    *(b"sentry_version=9" * 30, b",Sentry sentry_key=", b"?", b" = ", b"sentry_version=\xb2", b"undefined"),
]

#: What is put into a DSN.
DSN = [
    *(b"https://", b"gevent+http://", b"a:x@", b"@", b":", b"[::1]", b":443", b":0", b"/1", b"/", b"?", b"#"),
    *(b"%41", b"\xc3\xa9", "ü.example".encode(), b"xn--", b"a" * 70, b".", b"[::ffff:1.2.3.4%25eth0]", b"%2f"),
    *(b"\xe2\x84\xaa", b"sync+", b":65535"),
]

#: What is put into the head of a request.
HEAD = [
    *(b"\nContent-Encoding: ", b"\nContent-Type: ", b"\nContent-Length: ", b"\nX-Sentry-Auth: Sentry sentry_key="),
    *(b"\nOrigin: ", b"\nContent-Type: application/x-sentry-envelope"),
    *(b"\nContent-Type: multipart/form-data; boundary=x", b"\nUser-Agent: ", b"OPTIONS ", b"HEAD ", b"GET "),
    *(b"PUT ", b"/store/", b"/envelope/", b"/security/", b"/minidump/", b"/api/", b"//", b"?", b"&sentry_data="),
    *(b"&sentry_key=a", b"http://h/api/1/store/", b"; charset=utf-16", b"; charset=cp1252", b"%"),
    *(b"\nSec-CH-UA: a", b"/csp-report/", b"/tunnel", b"&sentry_release=a", b"\nAuthorization: Basic @", b"\xff"),
    *(b"base64", b"br", b"zstd, gzip"),
]

#: Headers of items that tell how their payloads are read.
HEADERS: list[dict[str, Any]] = [
    {},
    {"content_type": "application/vnd.sentry.trace-attachment", "meta_length": 2},
    {"content_type": "application/vnd.sentry.attachment.v2", "meta_length": 2},
    {"content_type": "application/vnd.sentry.attachment-ref+json"},
    {"content_type": "application/x-perfetto-trace", "meta_length": 2},
    {"attachment_type": "event.view_hierarchy"},
    {"attachment_type": "event.payload"},
    {"attachment_type": "event.breadcrumbs"},
    {"platform": "cocoa", "item_count": 1, "content_type": "application/vnd.sentry.items.log+json"},
]

#: Values in a JSON text that have to be repaired, or can't be.
FAULTS = [
    *(b"NaN", b"-Infinity", b"1e999", b"-1e999", b"9" * 25, b"-" + b"9" * 25, b'"\xff"', b'"\xed\xa0\x80"', b'"\\ud800"'),
    *(b'"\\udc00\\ud800"', b'"\\x"', b'"a\\', b'"\t"', b'"\0\n"', b'"\xc3', b"1.e", b"tru", b"]", b"\xff", b"{,}", b"-"),
    b'"\\u12"',
]
