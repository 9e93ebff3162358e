"""The tutorial of the docs, as it stands there: its server, what it sends, and what it shows."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.servers import EXAMPLES

PAGE = (EXAMPLES.parent / "tutorial.md").read_text("utf-8")
KEY = "b70a31b3510c4cf793964a185cfe1fd0"


def run(*arguments: str, folder: Path) -> str:
    return subprocess.run([sys.executable, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The DSN of a server of the tutorial, and the folder that it runs in."""
    for name in ("tutorial.py", "tutorial_send.py"):
        (tmp_path / name).write_bytes((EXAMPLES / name).read_bytes())
    command = [sys.executable, "tutorial.py", "serve", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().removeprefix("DSN: ").strip(), tmp_path
        finally:
            server.kill()


def shown(page: str) -> list[str]:
    """What the page shows of an event, its time apart."""
    return [without_time(block) for block in re.findall(r"\$ python tutorial.py show\n(.*?)```", page, re.DOTALL)]


def without_time(text: str) -> str:
    return re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text, flags=re.MULTILINE)


def store(dsn: str, key: str, body: bytes) -> bytes:
    url = dsn.replace(f"{KEY}@", "").removesuffix("/1") + f"/api/1/store/?sentry_key={key}"
    with urlopen(Request(url, body)) as answer:
        content: bytes = answer.read()
        return content


def test_tutorial_shows_what_was_sent(served: tuple[str, Path]) -> None:
    dsn, folder = served
    assert re.fullmatch(rf"http://{KEY}@127.0.0.1:\d+/1", dsn)
    run("tutorial_send.py", dsn, folder=folder)
    of_error, of_message = shown(PAGE)
    assert without_time(run("tutorial.py", "show", folder=folder)) == of_error
    assert re.fullmatch(rb'{"id":"[0-9a-f]{32}"}', store(dsn, KEY, b'{"message": "hello", "level": "loud"}'))
    with pytest.raises(HTTPError) as refused:
        store(dsn, "other", b'{"message": "hello"}')
    answer = refused.value.read().decode()
    refused.value.close()
    assert refused.value.code == 401 and f"\n{answer}\n" in PAGE
    assert without_time(run("tutorial.py", "show", folder=folder)) == of_error + of_message
