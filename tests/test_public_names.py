"""The public names: all there, each loaded when it is first used, and no more with it than it needs."""

import json
import subprocess
import sys
from typing import Any

import pytest

import store_protocol

HEAVY = ("brotli", "zstandard", "can_ada", "python_multipart", "ua_parser", "hypothesis", "click", "uvicorn", "asyncio")


def loaded_by(code: str) -> set[str]:
    """Return the modules that some code has loaded, of an interpreter of its own."""
    program = f"import json, sys\n{code}\nprint(json.dumps([*sys.modules]))"
    found: list[str] = json.loads(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout)
    return set(found)


@pytest.mark.parametrize("name", store_protocol.__all__)
def test_public_name_is_there(name: str) -> None:
    found: Any = getattr(store_protocol, name)
    assert found is getattr(store_protocol, name)
    assert name in dir(store_protocol)


@pytest.mark.parametrize("name", ["errors", "schema", "normalize", "endpoints"])
def test_module_is_there_after_an_import_of_the_package_alone(name: str) -> None:
    assert f"store_protocol.{name}" in loaded_by(f"import store_protocol\nstore_protocol.{name}")


def test_other_names_are_missed_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match=r"module 'store_protocol' has no attribute 'decode_requests'"):
        store_protocol.decode_requests  # noqa: B018


def test_import_loads_nothing_yet() -> None:
    loaded = loaded_by("import store_protocol")
    assert {name for name in loaded if name.startswith("store_protocol.")} == set()
    assert loaded.isdisjoint(HEAVY)


REQUEST = """
from store_protocol import HttpRequest, decode_request
decode_request(HttpRequest("POST", "/api/1/store/?sentry_key=a", [], b"{}")).response()
"""


@pytest.mark.parametrize(
    ("code", "unused"),
    [
        (
            "from store_protocol import parse_auth_header, Dsn",
            ["store_protocol.schema", "store_protocol.normalize"],
        ),
        ("from store_protocol import normalize_event; normalize_event(b'{}')", [*HEAVY, "store_protocol.endpoints"]),
        (
            REQUEST,
            [name for name in HEAVY if name not in {"brotli", "zstandard"}],
        ),
        (
            "from store_protocol import decode_body; decode_body(b'{}')",
            ["brotli", "zstandard", "zlib_ng.zlib_ng", "pybase64", "gzip"],
        ),
    ],
)
def test_what_is_not_used_is_not_loaded(code: str, unused: list[str]) -> None:
    assert loaded_by(code).isdisjoint(unused)
