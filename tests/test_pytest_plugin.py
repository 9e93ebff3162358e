"""The fixture in projects of their own: as the page has it, under xdist, with events that come late."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "testing.md"


def run_pytest(folder: Path, *arguments: str) -> str:
    """Run the tests of a folder with warnings as errors; return what was shown."""
    environment = {**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "NO_PROXY": "127.0.0.1"}
    environment.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


SENDS = """
from urllib.request import Request, urlopen

def post(server, text="hello"):
    url = f"{server.url}/api/{server.project_id}/store/?sentry_key={server.public_key}"
    with urlopen(Request(url, b'{"message": "%b"}' % text.encode())) as answer:
        assert answer.status == 200
"""


def test_examples_of_the_page_run_as_they_stand(tmp_path: Path) -> None:
    pytest.importorskip("sentry_sdk")
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    tests = [example for example in examples if "def test_" in example]
    assert len(tests) == 2
    for number, example in enumerate(tests):
        (tmp_path / f"test_{number}.py").write_text(example)
    shown = run_pytest(tmp_path)
    assert "2 passed" in shown, shown


TESTS = (
    SENDS
    + """
import asyncio

import pytest

@pytest.mark.parametrize("number", range(6))
def test_sees_its_own(store_server, number):
    store_server.expect_nothing(within=0)
    post(store_server, str(number))
    (event,) = store_server.wait_for(1)
    assert event.logentry.formatted == str(number)

def test_other_server(store_server):
    with store_server() as other:
        post(other)
    assert store_server.events == [] and len(other.events) == 1

def test_asyncio(store_server):
    async def main():
        sending = asyncio.to_thread(post, store_server)
        found, _ = await asyncio.gather(store_server.wait_for_async(1), sending)
        return found

    assert len(asyncio.run(main())) == 1
"""
)


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]], ids=["one process", "xdist"])
def test_each_test_sees_its_own_events(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "test_app.py").write_text(TESTS)
    shown = run_pytest(tmp_path, *arguments)
    assert "8 passed" in shown, shown
    assert "after the test was over" not in shown


LATE = (
    SENDS
    + """
earlier = []

def test_early(store_server):
    earlier.append(store_server)

def test_later(store_server):
    post(earlier[0], "late")
    store_server.expect_nothing(within=0)
"""
)


@pytest.mark.parametrize("arguments", [[], ["-n", "1"]], ids=["one process", "xdist"])
def test_what_comes_late_is_listed_by_its_test(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "test_app.py").write_text(LATE)
    shown = run_pytest(tmp_path, *arguments)
    assert "2 passed" in shown, shown
    assert "sent to store_server after the test was over" in shown
    assert "test_app.py::test_early: POST /api/1/store/" in shown and "default: late" in shown


def test_run_without_the_fixture_loads_nothing(tmp_path: Path) -> None:
    code = """
import sys

def test_nothing_is_loaded():
    assert "store_protocol.pytest_plugin" in sys.modules
    assert not [name for name in sys.modules if name.startswith(("store_protocol.testing", "store_protocol.schema", "h11"))]
"""
    (tmp_path / "test_app.py").write_text(code)
    shown = run_pytest(tmp_path)
    assert "1 passed" in shown, shown


def test_package_is_loaded_as_it_was_compiled(tmp_path: Path) -> None:
    code = """
import importlib.machinery

def test_loader(store_server):
    from store_protocol.schema import event

    assert type(event.__spec__.loader) is importlib.machinery.SourceFileLoader
"""
    (tmp_path / "test_app.py").write_text(code)
    shown = run_pytest(tmp_path)
    assert "1 passed" in shown, shown


def test_events_that_differ_are_shown_by_what_differs(tmp_path: Path) -> None:
    code = """
from store_protocol import normalize_event

def test_equal():
    events = [normalize_event({"level": level, "event_id": "a" * 32}, now=1) for level in ("error", "info")]
    assert events[0] == events[1]
"""
    (tmp_path / "test_app.py").write_text(code)
    shown = run_pytest(tmp_path)
    assert "events differ" in shown and "level: 'error' != 'info'" in shown, shown
