"""The first calls of a process, in several threads at once: of every public function, and of msgspec's on our types.

    python -m tests.threads [--runs 100] [--in-turn] [--threads 2,4,8] [NAME ...]

Each run is a process in which nothing of the package is loaded yet, forked from one that has loaded no more than the
libraries that it uses. All threads wait for each other and then call the function three times. A run has failed if the
process died, was stopped for hanging, or a call raised. The exit status is 1 if any did.
"""

import argparse
import base64
import gzip
import importlib
import json
import os
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

#: Libraries, which many processes need not load again. What is tested is in none of them.
LIBRARIES = (
    *("asyncio", "brotli", "bz2", "can_ada", "decimal", "http", "ipaddress", "logging", "lzma", "pkgutil"),
    *("python_multipart.multipart", "unicodedata", "urllib.parse", "zstandard"),
)
#: Seconds after which a process hangs. Each needs a few tenths.
HANGS = 60

EVENT: dict[str, Any] = {
    "contexts": {
        "os": {"name": "a", "raw_description": "Linux 5.1"},
        "device": {"model": "SM-G920F"},
        "app": {},
        "runtime": {"name": "c"},
        "browser": {"name": "d"},
        "trace": {"trace_id": "a" * 32, "span_id": "b" * 16},
        "gpu": {"name": "g", "more": 1},
    },
    "request": {"url": "http://a.b/", "headers": {"A": "b"}, "cookies": "a=b", "query_string": "a=b"},
    "user": {"id": "1"},
    "debug_meta": {"images": [{"type": "elf", "code_file": "a", "debug_id": "a" * 32}]},
    "exception": [
        {
            "type": "E",
            "mechanism": {"type": "m"},
            "stacktrace": {"frames": [{"function": "f", "abs_path": "http://a.b/c.js", "vars": {"a": [1]}}]},
        }
    ],
    "breadcrumbs": [{"timestamp": 1, "message": "m"}],
    "tags": {"a": "b"},
    "threads": [{"id": 1}],
    "sdk": {"name": "s", "version": "1"},
    "extra": {"a": 1e30},
    "spans": [{"op": "o"}],
    "_meta": {"message": {"": {"len": 3}}},
    "message": "abc",
}
TEXT = json.dumps(EVENT).encode()
#: An event as `encode_event` writes it.
TEXT_OF_EVENT = (
    b'{"level":"info","timestamp":1.0,"contexts":{"gpu":{"name":"g","type":"gpu","more":1}},"breadcrumbs":{"values":[{}]},'
    b'"exception":{"values":[{"type":"E","stacktrace":{"frames":[{"function":"f"}]}}]},"tags":[["a","b"]],'
    b'"debug_meta":{"images":[{"code_file":"a","type":"elf"}]},"_meta":{"level":{"":{"len":3}}}}'
)
#: The same with a fault in each place that may have one, which C refuses.
WRONG = json.dumps({**EVENT, "level": [], "user": [], "sdk": 1, "exception": [{"type": [], "stacktrace": {}}]}).encode()
ENVELOPE = b'{"event_id":"%b"}\n{"type":"event"}\n%b\n{"type":"session"}\n{}' % (b"a" * 32, TEXT)
TRACE = f'"trace_id":"{"a" * 32}","timestamp":1,"span_id":"{"b" * 16}","attributes":{{"a":{{"type":"integer","value":1}}}}'
SAMPLES = '"stacks":[[0]],"frames":[{"function":"s","instruction_addr":"0x1"}],"thread_metadata":{"1":{"name":"s"}}'
#: The payload of an item of each type.
ITEMS = {
    kind: text.encode()
    for kind, text in {
        "check_in": '{"monitor_slug":"s","status":"ok","monitor_config":{"schedule":{"type":"crontab","value":"s"}}}',
        "client_report": '{"timestamp":1,"discarded_events":[{"reason":"s","category":"s","quantity":1}]}',
        "log": f'{{"items":[{{{TRACE},"level":"s","body":"s"}}]}}',
        "profile": f'{{"version":"1","platform":"s","profile":{{"samples":[{{"stack_id":1}}],{SAMPLES}}}}}',
        "profile_chunk": f'{{"version":"2","platform":"s","profile":{{"samples":[{{"timestamp":1}}],{SAMPLES}}}}}',
        "replay_event": '{"segment_id":1,"contexts":{"os":{"name":"s"}},"user":{"id":"s"},"sdk":{"name":"s"}}',
        "replay_recording": '{"segment_id":1}\n[]',
        "session": '{"started":1,"errors":1,"attrs":{"release":"s"}}',
        "sessions": '{"aggregates":[{"started":1,"exited":1}],"attrs":{"release":"s"}}',
        "span": f'{{"items":[{{{TRACE},"name":"s","status":"s","links":[{{{TRACE}}}]}}]}}',
        "trace_metric": f'{{"items":[{{{TRACE},"name":"s","type":"s","value":1}}]}}',
        "user_report": '{"name":"s"}',
        "attachment": "s",
        "event": '{"level":"s"}',
    }.items()
}
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="a"\r\n\r\nMDMP\r\n'
    b'--x\r\nContent-Disposition: form-data; name="sentry[a]"\r\n\r\nb\r\n--x--\r\n'
)
DSN = "https://a:b@example.com/1"


def _sp() -> Any:
    return importlib.import_module("store_protocol")


def _decode(endpoint: str, body: bytes, *headers: tuple[str, str], **options: Any) -> Any:
    sp = _sp()
    request = sp.HttpRequest("POST", f"/api/1/{endpoint}/?sentry_key=a", list(headers), body)
    submission = sp.decode_request(request, options=sp.NormalizeOptions(**options))
    return submission.response(), [sp.encode_event(event) for event in submission.events]


def _submission() -> Any:
    return _sp().decode_request(_sp().HttpRequest("POST", "/api/1/envelope/?sentry_key=a", [], ENVELOPE))


def _error() -> Any:
    sp = _sp()
    try:
        sp.decode_body(b"no", "gzip")
    except sp.StoreError as error:
        return error.response()
    return None


def _codings() -> None:
    client = importlib.import_module("store_protocol.client")
    dump = _sp().Attachment("a", None, None, b"MDMP", "event.minidump")
    for endpoint in ("envelope", "minidump", "security"):
        files = [dump] if endpoint == "minidump" else []
        client.encode_request(DSN, {"message": "a"}, endpoint=endpoint, attachments=files, now=5.0)
    for encoding in ("gzip", "deflate", "br", "zstd", "base64"):
        request = client.encode_request(DSN, TEXT, encoding=encoding)
        _sp().decode_request(request)


def _items() -> None:
    for kind, text in ITEMS.items():
        sp = _sp()
        item = sp.decode_item(kind, text)
        sp.encode_item(item).decode()
        # With a fault, which C refuses.
        sp.decode_item(kind, text.replace(b":1", b":[]").replace(b'"s"', b"[]"))


def _in_pieces(endpoint: str, body: bytes) -> None:
    sp = _sp()
    decoder = sp.RequestDecoder(sp.HttpRequest("POST", f"/api/1/{endpoint}/?sentry_key=a", []))
    for piece in (body[:100], body[100:]):
        decoder.feed(piece)
    decoder.finish()


def _body_in_pieces() -> None:
    decoder = _sp().BodyDecoder("gzip")
    decoder.feed(gzip.compress(TEXT))
    decoder.finish()


def _every_way(payload: Any) -> None:
    sp = _sp()
    for options in ({"enable_trimming": True}, {"remove_other": False}, {"is_renormalize": True}):
        sp.encode_event(sp.normalize_event(payload, sp.NormalizeOptions(**options)))


#: By name, a call of every public function, and ways through the package that load or make something of their own.
CALLS: dict[str, Callable[[], Any]] = {
    "Attachment": lambda: _sp().Attachment("a", None, None, b""),
    "AttachmentFile": lambda: _sp().AttachmentFile,
    "AttachmentHead": lambda: _sp().decode_request(
        _sp().HttpRequest("POST", "/api/1/envelope/?sentry_key=a", [], b'{}\n{"type":"attachment"}\na'),
        open_attachment=lambda _: None,
    ),
    "Auth": lambda: _sp().Auth("a").to_header(),
    "BodyDecoder": _body_in_pieces,
    "BodyKind": lambda: _sp().BodyKind("event", "max_compressed_bytes", "max_event_bytes"),
    "ENVELOPE": lambda: _sp().decode_body(gzip.compress(ENVELOPE), "gzip", kind=_sp().ENVELOPE),
    "EVENT": lambda: _sp().decode_body(TEXT, kind=_sp().EVENT),
    "MINIDUMP": lambda: _sp().decode_body(FORM, kind=_sp().MINIDUMP),
    "Dsn": lambda: _sp().Dsn.parse(DSN).store_url,
    "Envelope": lambda: _sp().Envelope({}),
    "EnvelopeItem": lambda: _sp().EnvelopeItem("a", {}, b""),
    "Event": lambda: _sp().Event(level="info"),
    "FieldError": lambda: _sp().FieldError("a", "b"),
    "HttpRequest": lambda: _sp().HttpRequest("GET", "/?a=b", {}).query,
    "Limits": lambda: _sp().Limits(max_depth=3),
    "NormalizedEvent": lambda: _sp().NormalizedEvent(level="info"),
    "NormalizeOptions": lambda: _sp().NormalizeOptions(project_id=1),
    "Outcome": lambda: _sp().Outcome(method="POST"),
    "RateLimit": lambda: _sp().RateLimit(60),
    "RefusedItem": lambda: _sp().RefusedItem(0, "event", _sp().StoreError("a")),
    "Repair": lambda: _sp().Repair("bom"),
    "RequestDecoder": lambda: _in_pieces("store", TEXT),
    "RequestHead": lambda: _sp().RequestDecoder(_sp().HttpRequest("POST", "/api/1/store/?sentry_key=a", [])).head,
    "Response": lambda: _sp().Response(200, []),
    "StoreError": lambda: _sp().StoreError("a").response(),
    "StoreNormalizer": lambda: _sp().StoreNormalizer(project_id=1, enable_trimming=True).normalize_event(EVENT),
    "Submission": lambda: _sp().Submission("store").without(["error"]).response([_sp().RateLimit(60)]),
    "check_event": lambda: _sp().check_event(EVENT),
    "decode_body": lambda: _sp().decode_body(base64.b64encode(TEXT)),
    "decode_item": _items,
    "decode_event": lambda: _sp().decode_event(TEXT_OF_EVENT),
    "decode_request": lambda: _decode("store", TEXT),
    "encode_envelope": lambda: _sp().encode_envelope({"event_id": "a" * 32}, _sp().parse_envelope(ENVELOPE).items),
    "encode_item": lambda: _sp().encode_item(_sp().Event(level="info")),
    "encode_event": lambda: _sp().encode_event(_sp().Event(level="info")),
    "encode_request": _codings,
    "forward": lambda: [_sp().forward(_submission(), DSN, normalized=normalized) for normalized in (False, True)],
    "find_auth": lambda: _sp().find_auth({"X-Sentry-Auth": "Sentry sentry_key=a"}, "sentry_key=a"),
    "normalize_event": lambda: _every_way(TEXT),
    "parse_auth_header": lambda: _sp().parse_auth_header("Sentry sentry_key=a, sentry_timestamp=2020-01-01T00:00:00Z"),
    "parse_auth_query": lambda: _sp().parse_auth_query("sentry_key=a"),
    "parse_envelope": lambda: _sp().parse_envelope(ENVELOPE),
    "parse_event": lambda: _sp().parse_event(EVENT),
    "parse_payload": lambda: _sp().parse_payload(TEXT),
    "normalize_many": lambda: [*_sp().normalize_many([TEXT, WRONG], processes=1)],
    "preload": lambda: _sp().preload(),
    "read_request": lambda: (
        _sp().read_request(_sp().HttpRequest("POST", "/api/1/store/?sentry_key=a", [], TEXT)).response()
    ),
    "a payload to be repaired": lambda: _sp().parse_payload(b'{"a": [NaN, 1e999, 18446744073709551616, "\\ud83d"]}'),
    "an error": _error,
    "a wrong event": lambda: _every_way(WRONG),
    "objects": lambda: _every_way(EVENT),
    "an old event": lambda: _every_way(
        b'{"sentry.interfaces.Exception": {"type": "E"}, "breadcrumbs": [{"ty": "a"}], "trimHeadFrames": 1}'
    ),
    "an envelope": lambda: _decode("envelope", ENVELOPE),
    "an envelope in pieces": lambda: _in_pieces("envelope", ENVELOPE),
    "a minidump": lambda: _decode("minidump", FORM),
    "a security report": lambda: _decode(
        "security", b'{"csp-report": {"effective-directive": "img-src", "blocked-uri": "http://a.b"}}'
    ),
    "a check-in": lambda: _decode("cron/a", b'{"status": "ok"}'),
    "a report of a network error": lambda: _decode(
        "nel", b'[{"url": "http://a.b", "body": {"server_ip": "::1"}}]', ("Content-Type", "application/json")
    ),
    "logs of OpenTelemetry": lambda: _decode(
        "integration/otlp/v1/logs",
        b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"arrayValue": {}}}]}]}]}',
        ("Content-Type", "application/json"),
    ),
    "files for an event": lambda: _decode("events/" + "a" * 32 + "/attachments", FORM),
    "Event decode": lambda: msgspec.json.decode(b'{"level": "info"}', type=_sp().Event),
    "Event convert": lambda: msgspec.convert({"level": "info"}, _sp().Event),
    "Event to_dict": lambda: _sp().decode_event(TEXT_OF_EVENT).to_dict(),
    "Event encode": lambda: msgspec.json.encode(_sp().Event(level="info")),
    "Event to_builtins": lambda: msgspec.to_builtins(_sp().parse_event({"message": "a"})),
    "Submission decode": lambda: msgspec.json.decode(b'{"endpoint": "store"}', type=_sp().Submission),
    "Submission encode": lambda: msgspec.json.encode(_sp().Submission("store", "1", _sp().Auth("a"))),
    "Submission to_builtins": lambda: msgspec.to_builtins(_sp().Submission("store", "1", _sp().Auth("a"))),
}


def call_in_threads(name: str, count: int) -> None:
    """Call a function in so many threads that begin at the same time; end the process with status 1 if a call raises."""
    barrier = threading.Barrier(count)
    failed = []

    def work() -> None:
        barrier.wait()
        try:
            for _ in range(3):
                CALLS[name]()
        except BaseException:  # noqa: BLE001  (whatever it raises is a failure)
            failed.append(traceback.format_exc())

    workers = [threading.Thread(target=work) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failed:
        sys.stderr.write(failed[0])
        sys.stderr.flush()
    os._exit(1 if failed else 0)


class Runs:
    """Processes under way, each with what it runs."""

    def __init__(self) -> None:
        self.running: dict[int, tuple[str, int]] = {}
        self.failures: list[str] = []

    def start(self, name: str, count: int) -> None:
        process = os.fork()
        if not process:
            signal.alarm(HANGS)
            call_in_threads(name, count)
        self.running[process] = name, count

    def wait(self) -> None:
        process, status = os.wait()
        name, count = self.running.pop(process)
        code = os.waitstatus_to_exitcode(status)
        if code:
            how = "raises" if code > 0 else f"dies of {signal.Signals(-code).name}"
            self.failures.append(f"{name} in {count} threads {how}")


def run(work: list[tuple[str, int]], *, at_once: int = 2) -> list[str]:
    """Run each function in so many threads in a process of its own; return what failed."""
    runs = Runs()
    for name, count in work:
        if len(runs.running) >= at_once:
            runs.wait()
        runs.start(name, count)
    while runs.running:
        runs.wait()
    return runs.failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CALLS))
    parser.add_argument("--runs", type=int, default=100, help="processes for each function and count of threads")
    parser.add_argument("--in-turn", action="store_true", help="processes for each count alone, the functions in turn")
    parser.add_argument("--threads", default="2,4,8", help="counts of threads")
    args = parser.parse_args()
    for library in LIBRARIES:
        importlib.import_module(library)
    names = args.names or [*CALLS]
    work = [
        (name, count)
        for count in map(int, args.threads.split(","))
        for name in ([names[index % len(names)] for index in range(args.runs)] if args.in_turn else names * args.runs)
    ]
    failures = run(work)
    for failure, times in sorted(Counter(failures).items()):
        sys.stdout.write(f"{failure}: {times} times\n")
    sys.stdout.write(f"Python {sys.version.split()[0]}: {len(failures)} of {len(work)} processes failed\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
