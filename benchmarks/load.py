"""A long run against `store-protocol serve`: good, corrupt and hostile requests over many connections, then a stop.

    python -m benchmarks.load --minutes 10

Holds, and exits with 1 otherwise: no answer of 500 or above, the memory of the server does not grow after the first two
fifths of the run, and every event whose request was answered with 200 stands in the file exactly once, also those that
were accepted while the server was being stopped.
"""

import argparse
import asyncio
import collections
import functools
import gzip
import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path

import brotli
import zstandard

from benchmarks.workloads import clean

KEY = "b70a31b3510c4cf793964a185cfe1fd0"
TARGET = f"/api/1/store/?sentry_key={KEY}"
CORRUPT, BOMBS = 0.05, 0.01

CODINGS = {
    "": lambda body: body,
    "gzip": lambda body: gzip.compress(body, 1),
    "deflate": zlib.compress,
    "br": lambda body: brotli.compress(body, quality=1),
    "zstd": zstandard.compress,
}


@functools.cache
def bombs() -> list[tuple[str, bytes]]:
    zeros = bytes(50_000_000)
    return [
        ("gzip", gzip.compress(zeros)),
        ("gzip, gzip", gzip.compress(gzip.compress(zeros * 4))),
        ("br", brotli.compress(zeros, quality=1)),
        ("zstd", zstandard.compress(zeros)),
        ("gzip", gzip.compress(b"") * 10_000),
        ("gzip, gzip", gzip.compress(gzip.compress(b"") * 1_000_000)),
        ("gzip, zstd", zstandard.compress(b"\x28\xb5\x2f\xfd\x00\x58" + b"\x08\x00\x00a" * 5_000_000)),
        ("", b"[" * 100_000),
        ("gzip", gzip.compress(b'{"a":' * 200_000)),
        ("", b'{"tags":{%s}}' % b",".join(b'"%d!":[]' % number for number in range(40_000))),
    ]


def corrupted(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(1, len(body))
    match chance.randrange(3):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + bytes([body[at] ^ 1 << chance.randrange(8)]) + body[at + 1 :]
        case _:
            return body + b"junk"


def requests(seed: int) -> Iterator[tuple[bytes, str]]:
    """Return requests without end, each with the id of its event."""
    chance = random.Random(seed)
    events = [json.loads(raw) for raw in clean()]
    evil = bombs()
    while True:
        event_id = uuid.UUID(int=chance.getrandbits(128), version=4).hex
        coding = chance.choice(list(CODINGS))
        if chance.random() < BOMBS:
            coding, body = chance.choice(evil)
        else:
            event = chance.choice(events) | {"event_id": event_id}
            body = CODINGS[coding](json.dumps(event).encode())
            if chance.random() < CORRUPT:
                body = corrupted(body, chance)
        head = f"POST {TARGET} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        head += f"Content-Encoding: {coding}\r\n\r\n" if coding else "\r\n"
        yield head.encode() + body, event_id


class Run:
    def __init__(self, port: int) -> None:
        self.port = port
        self.statuses: collections.Counter[int] = collections.Counter()
        self.accepted: set[bytes] = set()
        self.lost = 0
        self.stopping = False

    async def client(self, seed: int) -> None:
        source = requests(seed)
        while not self.stopping:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            try:
                await self._connection(reader, writer, source)
            except (OSError, asyncio.IncompleteReadError):
                self.lost += 1
            finally:
                writer.close()

    async def _connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, source: Iterator[tuple[bytes, str]]
    ) -> None:
        while True:
            data, _ = next(source)
            writer.write(data)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            length = next(
                int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
            )
            body = await reader.readexactly(length)
            self.statuses[status] += 1
            if status == 200:
                self.accepted.add(bytes.fromhex(json.loads(body)["id"]))
            if b"connection: close" in head.lower():
                return


def resident(pid: int) -> int:
    """Return the memory of a process and its children, in KiB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    total = 0
    for each in (str(pid), *children):
        for line in Path(f"/proc/{each}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                total += int(line.split()[1])
    return total


async def load(port: int, process: subprocess.Popen[bytes], *, seconds: float, connections: int) -> tuple[Run, list[int]]:
    run = Run(port)
    clients = [asyncio.create_task(run.client(seed)) for seed in range(connections)]
    memory = []
    start = time.monotonic()
    while time.monotonic() < start + seconds:
        await asyncio.sleep(min(5.0, seconds / 20))
        memory.append(resident(process.pid))
        sys.stdout.write(f"{time.monotonic() - start:6.0f} s  {memory[-1]:>8} KiB  {dict(sorted(run.statuses.items()))}\n")
        sys.stdout.flush()
    # Stopped while all connections go on sending.
    process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(process.wait)
    run.stopping = True
    await asyncio.wait(clients, timeout=20)
    return run, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=16)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "events.ndjson"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [str(Path(sys.executable).parent / "store-protocol"), "serve", "--port", str(port), "--quiet"]
        process = subprocess.Popen(
            [*command, "--workers", str(arguments.workers), "--output", str(output)], stdout=subprocess.DEVNULL
        )
        run, memory = asyncio.run(load(port, process, seconds=arguments.minutes * 60, connections=arguments.connections))
        seen: collections.Counter[bytes] = collections.Counter()
        with output.open("rb") as lines:
            for line in lines:
                seen[bytes.fromhex(json.loads(line)["event_id"])] += 1
        size = output.stat().st_size
    fifth = max(1, len(memory) // 5)
    early, late = max(memory[: 2 * fifth]), max(memory[-fifth:])
    problems = []
    if any(status >= 500 for status in run.statuses):
        problems.append("answers of 500 and above")
    if missing := len(run.accepted - set(seen)):
        problems.append(f"{missing} accepted events are missing")
    if twice := sum(count > 1 for count in seen.values()):
        problems.append(f"{twice} events stand twice")
    if late > early * 1.1:
        problems.append(f"memory grew from {early} to {late} KiB")
    total = sum(run.statuses.values())
    sys.stdout.write(
        f"{total} requests, {dict(sorted(run.statuses.items()))}, {run.lost} connections ended early; "
        f"{len(run.accepted)} accepted, {len(seen)} kept in {size} bytes; memory {early} KiB early, {late} KiB late\n"
    )
    sys.stdout.write(("; ".join(problems) or "all as it should be") + "\n")
    raise SystemExit(bool(problems))


if __name__ == "__main__":
    main()
