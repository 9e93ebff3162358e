"""Write samples of store_protocol/samples/data from what an SDK sends.

    python -m tests.make_samples python=event check_in=check_in:1 -- python shop.py

runs a program with the DSN of a server of its own in SENTRY_DSN. Of each item type that is named it keeps the first that
comes, or with `:1` the second one. The programs stand in tests/clients/samples; docs/samples.md says what each needs, and
that they are run in /srv/shop. What tells the machine is replaced, as are paths that REPLACE names (`/home/me/lib=/lib`,
several with `;` between), and source lines of libraries are left out.
"""

import json
import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from store_protocol import EnvelopeItem, decode_body, parse_envelope

DATA = Path(__file__).parents[1] / "store_protocol/samples/data"
INDEX = DATA / "index.json"
#: What the programs are, and what stands in the place of a machine's.
PROGRAM = re.compile(r"(/|^)([Ss]hop\.\w+|checkout\.html)$")
KERNEL, KERNEL_BUILD = "6.1.0-40-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1 (2025-09-20)"
DEVICE = {
    "boot_time": "2026-11-20T04:12:00.000Z",
    "memory_size": 8326148096,
    "free_memory": 3412037632,
    "cpu_description": "AMD EPYC 7763 64-Core Processor",
    "processor_frequency": 2445,
}


class Recorder(BaseHTTPRequestHandler):
    """A server that takes everything, and keeps the items."""

    items: list[EnvelopeItem]

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length")
        sent = b"".join(self._chunks()) if length is None else self.rfile.read(int(length))
        body = decode_body(sent, self.headers.get("Content-Encoding"))
        if "/envelope/" in self.path:
            self.items.extend(parse_envelope(body).items)
        else:
            kind = "csp-violation" if "/security/" in self.path else "event"
            self.items.append(EnvelopeItem(kind, {"content_type": self.headers.get("Content-Type")}, body))
        self._answer(b"{}")

    def do_OPTIONS(self) -> None:
        self._answer(b"")

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def recorded(command: list[str]) -> list[EnvelopeItem]:
    """Run a program and return the items that it sends."""
    Recorder.items = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        dsn = f"http://b70a31b3510c4cf793964a185cfe1fd0@127.0.0.1:{server.server_port}/1"
        environment = os.environ | {"SENTRY_DSN": dsn, "NO_PROXY": "127.0.0.1"}
        subprocess.run(command, env=environment, check=True, timeout=120)
        server.shutdown()
    return Recorder.items


def anonymous(text: str) -> str:
    """Return a text without what tells the machine."""
    release, _, build = platform.release().partition("-")
    kernel, _, kernel_build = KERNEL.partition("-")
    for found, instead in (pair.split("=") for pair in filter(None, os.environ.get("REPLACE", "").split(";"))):
        text = text.replace(found, instead)
    text = text.replace(platform.release(), KERNEL).replace(platform.version(), KERNEL_BUILD)
    text = text.replace(json.dumps(release), json.dumps(kernel)).replace(json.dumps(build), json.dumps(kernel_build))
    text = re.sub(r"(?:127\.0\.0\.1|localhost):\d{4,5}", "shop.example", text)
    return re.sub(rf"(?<![\w:./-]){re.escape(platform.node())}(?![\w./-])", "web-1", text)


def cleaned(payload: Any) -> Any:
    """Return a payload without source lines of libraries, with images only that a frame is in, and another device."""
    if isinstance(payload, list):
        return [cleaned(part) for part in payload]
    if not isinstance(payload, dict):
        return payload
    payload = {name: cleaned(part) for name, part in payload.items()}
    if payload.get("type") == "event":
        # As old SDKs say of every error; Relay takes it for none of its types.
        del payload["type"]
    if "context_line" in payload and not PROGRAM.search(payload.get("abs_path") or payload.get("filename") or ""):
        payload = {name: part for name, part in payload.items() if not name.endswith(("context", "context_line"))}
    if isinstance(device := (payload.get("contexts") or {}).get("device"), dict):
        device |= {name: value for name, value in DEVICE.items() if name in device}
    if images := (payload.get("debug_meta") or {}).get("images"):
        addresses = {int(found, 16) for found in re.findall(r'"instruction_addr": "(\w+)"', json.dumps(payload))}
        payload["debug_meta"]["images"] = [
            image
            for image in images
            if any(0 <= address - int(image["image_addr"], 16) < image["image_size"] for address in addresses)
        ]
    return payload


def write(name: str, item: EnvelopeItem, made_by: str) -> None:
    """Write a sample, and what the index says of it."""
    try:
        payload = cleaned(json.loads(anonymous(item.data.decode())))
        suffix, data = "json", (json.dumps(payload, indent=1, ensure_ascii=False) + "\n").encode()
    except ValueError:
        suffix, data = "bin", item.data
    headers = {key: value for key, value in item.headers.items() if key not in {"type", "length"}}
    index = json.loads(INDEX.read_text(encoding="utf-8")) if INDEX.exists() else {}
    entry = {"kind": "event", "type": item.type, "description": "", "file": f"{name}.{suffix}"} | index.get(name, {})
    index[name] = entry | {"headers": headers, "made_by": made_by}
    (DATA / entry["file"]).write_bytes(data)
    INDEX.write_text(json.dumps(index, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Run the program, and write the samples that are named."""
    split = arguments.index("--")
    items = recorded(arguments[split + 1 :])
    sdks = [json.loads(item.data).get("sdk") or {} for item in items if item.type in {"event", "feedback"}]
    made_by = next((f"{sdk['name']} {sdk['version']}" for sdk in sdks if sdk), "")
    for wanted in arguments[:split]:
        name, _, kind = wanted.partition("=")
        kind, _, number = kind.partition(":")
        write(name, [item for item in items if item.type == kind][int(number or 0)], made_by)


if __name__ == "__main__":
    main(sys.argv[1:])
