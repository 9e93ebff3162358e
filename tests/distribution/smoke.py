"""Whether an installed wheel works, run by an interpreter that has nothing else: `python -I smoke.py`."""

import gzip
import importlib.metadata
import json
from pathlib import Path

import brotli
import zstandard

import store_protocol
from store_protocol import HttpRequest, StoreError, decode_request, encode_request, samples

EVENT = {
    "exception": [{"type": "ValueError", "value": "no", "stacktrace": {"frames": [{"lineno": "x", "filename": "a.py"}]}}],
    "request": {"url": "https://example.com/a?b=c"},
    "contexts": {"device": {"model": "SM-G950F", "family": "Samsung"}},
}
DSN = "https://b70a31b3510c4cf793964a185cfe1fd0@example.com/42"


def check(what: str, *, holds: bool) -> None:
    if not holds:
        raise SystemExit(f"the installed wheel fails: {what}")


def main() -> None:
    folder = Path(store_protocol.__file__).parent
    check(f"the package is that of the wheel, not {folder}", holds="site-packages" in folder.parts)
    version = importlib.metadata.version("store-protocol")
    check(f"{version} of the metadata is {store_protocol.__version__}", holds=version == store_protocol.__version__)
    check("it is typed", holds=(folder / "py.typed").is_file())
    names = [name for name in store_protocol.__all__ if getattr(store_protocol, name, None) is None]
    check(f"all public names are there, {names} too", holds=not names)
    check("its samples are there", holds=all(samples.load(name) for name in samples.names()))
    for coding in (None, "gzip", "deflate", "br", "zstd", "base64"):
        submission = decode_request(encode_request(DSN, EVENT, encoding=coding))
        check(f"a body in {coding} is decoded", holds=submission.event is not None and submission.project_id == "42")
    for coding, body in {
        "gzip": gzip.compress(b"{}"),
        "br": brotli.compress(b"{}"),
        "zstd": zstandard.compress(b"{}"),
    }.items():
        request = HttpRequest("POST", "/api/42/store/?sentry_key=a", [("Content-Encoding", coding)], body)
        check(f"{coding} is taken", holds=json.loads(decode_request(request).response().body).keys() == {"id"})
    form = (
        b'--b\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="a.dmp"\r\n\r\nMDMP'
        + bytes(64)
        + b"\r\n--b--\r\n"
    )
    headers = [("Content-Type", "multipart/form-data; boundary=b")]
    check(
        "a form is taken",
        holds=len(decode_request(HttpRequest("POST", "/api/42/minidump/?sentry_key=a", headers, form)).attachments) == 1,
    )
    try:
        decode_request(HttpRequest("POST", "/api/42/store/?sentry_key=a", [("Content-Encoding", "gzip")], b"oops"))
    except StoreError as error:
        check("a corrupt body is refused", holds=error.response().status == 400)
    else:
        check("a corrupt body is refused", holds=False)
    print(f"store-protocol {version} works as installed")


if __name__ == "__main__":
    main()
