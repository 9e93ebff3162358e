"""What `store-protocol serve` costs beside the server that it runs on: requests per second, by the load tool wrk.

    python -m benchmarks.serve_rate

The same server with the same settings runs two applications: one that reads the body and answers 200, and serve's. Between
them stand the parts of serve, so that it shows what each costs: the headers of the answer, the adapter with nothing
decoded, the decoding, the file, the printing. All run turn about, each on one processor and wrk on another; a figure is the
median of the turns. wrk is a package of most distributions.
"""

import argparse
import gzip
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.workloads import sized
from store_protocol import Event, HttpRequest, Submission, decode_request
from store_protocol.asgi import StoreApp
from store_protocol.request_decoder import RequestDecoder

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
SIZES = {"2 KB": 2_000, "50 KB": 50_000}
HEADERS = {
    "Content-Type": "application/json",
    "Content-Encoding": "gzip",
    "User-Agent": "sentry.python/2.75.0",
    "X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=sentry.python/2.75.0",
}


ANSWER = Submission("store", events=(Event(event_id="f" * 32),)).response()
ANSWER_HEADERS = [(name.lower().encode(), value.encode()) for name, value in ANSWER.headers]


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and answer 200: what everything else is held against."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def headed(scope: Any, receive: Any, send: Any) -> None:
    """Do no more, but answer as an endpoint of Sentry has to: an id, and what browsers want to be told."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": ANSWER_HEADERS})
    await send({"type": "http.response.body", "body": ANSWER.body})


async def drop(_: Submission) -> None:
    pass


def undecoded() -> StoreApp:
    """Make serve's adapter, with a submission that is there already: all but the decoding."""
    ready = decode_request(HttpRequest("POST", "/api/1/store/", HEADERS, gzip.compress(b"{}")))

    RequestDecoder.decode = lambda _: 0  # type: ignore[method-assign,assignment]
    RequestDecoder.finish = lambda _: ready  # type: ignore[method-assign,assignment]
    return StoreApp(drop)


def decoded() -> StoreApp:
    return StoreApp(drop)


#: By name: the application, None for `store-protocol serve` itself, and its options.
SERVERS: dict[str, tuple[str | None, list[str]]] = {
    "bare": ("benchmarks.serve_rate:bare", []),
    "bare, our headers": ("benchmarks.serve_rate:headed", []),
    "adapter": ("benchmarks.serve_rate:undecoded", ["--factory"]),
    "adapter, decoding": ("benchmarks.serve_rate:decoded", ["--factory"]),
    "serve --quiet": (None, ["--quiet"]),
    "serve --quiet --output": (None, ["--quiet", "--output", "{output}"]),
    "serve --output": (None, ["--output", "{output}"]),
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Wait until a server listens."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the server does not come up")


@contextmanager
def running(name: str, folder: Path, *, pin: Callable[[int], list[str]]) -> Iterator[int]:
    app, options = SERVERS[name]
    options = [option.format(output=folder / "events.ndjson") for option in options]
    port = free_port()
    scripts = Path(sys.executable).parent
    command = (
        [str(scripts / "store-protocol"), "serve", *options]
        if app is None
        else [str(scripts / "uvicorn"), app, *options, "--no-access-log", "--log-level", "warning", "--no-server-header"]
    )
    with subprocess.Popen([*pin(0), *command, "--port", str(port)], stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)


def script(folder: Path, body: bytes) -> Path:
    (folder / "body").write_bytes(body)
    lines = [f'local file = io.open("{folder / "body"}", "rb")', 'wrk.body = file:read("*a")', 'wrk.method = "POST"']
    lines += [f'wrk.headers["{name}"] = "{value}"' for name, value in HEADERS.items()]
    path = folder / "post.lua"
    path.write_text("\n".join(lines) + "\n")
    return path


def rate(port: int, lua: Path, *, seconds: float, connections: int, pin: Callable[[int], list[str]]) -> float:
    done = subprocess.run(
        [
            *(*pin(1), "wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds:.0f}s"),
            *("--script", str(lua), f"http://127.0.0.1:{port}/api/1/store/"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    return next(float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("Requests/sec"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", action="append", choices=list(SERVERS), help="beside the bare one")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed")
    pinned = shutil.which("taskset") is not None and (os.cpu_count() or 1) > 1

    def pin(cpu: int) -> list[str]:
        return ["taskset", "-c", str(cpu)] if pinned else []

    names = [name for name in SERVERS if not arguments.only or name == "bare" or name in arguments.only]
    for label, size in SIZES.items():
        plain = sized(size)
        body = gzip.compress(plain, 6, mtime=0)
        rates: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(arguments.turns):
            for name in names:
                with tempfile.TemporaryDirectory() as folder:
                    lua = script(Path(folder), body)
                    with running(name, Path(folder), pin=pin) as port:
                        rate(port, lua, seconds=1, connections=arguments.connections, pin=pin)
                        rates[name].append(
                            rate(port, lua, seconds=arguments.seconds, connections=arguments.connections, pin=pin)
                        )
        sys.stdout.write(f"{label}: {len(plain)} bytes, {len(body)} in gzip\n")
        reference = statistics.median(rates["bare"])
        for name, found in rates.items():
            middle = statistics.median(found)
            sys.stdout.write(
                f"  {name:24} {middle:8.0f}/s  {middle / reference:6.1%}  {1e6 / middle:7.1f} us a request"
                f"  ({min(found):.0f} to {max(found):.0f})\n"
            )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
