"""The page for Prometheus: what is counted, over all workers, and how little strangers can make of it."""

import http.client
import os
import signal
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from store_protocol.cli.commands import cli
from tests.cli.test_serve import post, running
from tests.servers import wait_until

NEEDS_EXTRA = pytest.mark.skipif(find_spec("prometheus_client") is None, reason="the extra `metrics` is not installed")

COUNTING = """
import asyncio, os, sys
os.environ["PROMETHEUS_MULTIPROC_DIR"] = sys.argv[1]
from store_protocol.cli.metrics import Metrics, with_page
from store_protocol.outcome import Outcome
metrics = Metrics()
metrics.count(Outcome(method="POST", status=200, endpoint="store", accepted={"error": 1}, repairs={"nan": 2}))
metrics.count(Outcome(method="POST", received_bytes=5))
metrics.count(Outcome(method="POST", status=429, code="rate_limited", endpoint="envelope", discarded={"log_byte": 7}))
metrics.count(Outcome(method="POST", status=200, endpoint="envelope", refused={"invalid_envelope": 1}, decoded_bytes=6))
for number in range(9):
    metrics.count(Outcome(method=f"METHOD{number}"))
sent = []
async def send(message):
    sent.append(message)
async def app(scope, receive, send):
    sent.append(scope["method"])
for method, path in (("GET", "/metrics"), ("HEAD", "/metrics"), ("POST", "/metrics"), ("GET", "/other")):
    asyncio.run(with_page(app, "/metrics", metrics)({"type": "http", "path": path, "method": method}, None, send))
print(sent[1]["body"].decode())
assert dict(sent[0]["headers"])[b"content-type"].startswith(b"text/plain")
assert dict(sent[2]["headers"])[b"content-length"] == str(len(sent[1]["body"])).encode() and sent[3]["body"] == b""
assert sent[4:] == ["POST", "GET"]
"""


def lines(page: str) -> set[str]:
    return {line for line in page.splitlines() if line and not line.startswith("#")}


@NEEDS_EXTRA
def test_outcomes_are_counted(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, str(tmp_path)], check=True, capture_output=True, text=True, env=os.environ.copy()
    )
    assert lines(done.stdout) == {
        'store_protocol_requests_total{code="",endpoint="store",method="POST",status="200"} 1.0',
        'store_protocol_requests_total{code="",endpoint="envelope",method="POST",status="200"} 1.0',
        'store_protocol_requests_total{code="rate_limited",endpoint="envelope",method="POST",status="429"} 1.0',
        'store_protocol_requests_total{code="",endpoint="",method="POST",status=""} 1.0',
        'store_protocol_requests_total{code="",endpoint="",method="other",status=""} 9.0',
        'store_protocol_accepted_total{category="error"} 1.0',
        'store_protocol_discarded_total{category="log_byte"} 7.0',
        'store_protocol_refused_items_total{code="invalid_envelope"} 1.0',
        'store_protocol_repairs_total{kind="nan"} 2.0',
        "store_protocol_received_bytes_total 5.0",
        "store_protocol_decoded_bytes_total 6.0",
    }


def page(port: int) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.read().decode()


@NEEDS_EXTRA
@pytest.mark.parametrize("workers", ["1", "2"])
def test_page_tells_of_all_workers(workers: str) -> None:
    with running("--quiet", "--metrics", "/metrics", "--workers", workers) as (process, port):
        assert [post(port, b'{"message": "hi"}') for _ in range(6)] == [200] * 6
        assert post(port, b"no") == 400
        # A worker counts once it has answered.
        refused = 'store_protocol_requests_total{code="invalid_json",endpoint="store",method="POST",status="400"} 1.0'
        wait_until(lambda: refused in lines(page(port)))
        assert 'store_protocol_accepted_total{category="error"} 6.0' in lines(page(port))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize("path", ["metrics", "", "/a b", "/é"])
def test_what_is_no_path_is_refused(path: str) -> None:
    result = CliRunner().invoke(cli, ["serve", "--metrics", path])
    assert result.exit_code == 2 and "is not a path" in result.output


def test_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "prometheus_client" else find_spec(name))
    result = CliRunner().invoke(cli, ["serve", "--metrics", "/metrics"])
    assert result.exit_code == 1 and "store-protocol[metrics]" in result.output
