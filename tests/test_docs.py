"""The examples of the README and the docs run as they are printed."""

import doctest
from pathlib import Path

import pytest

import store_protocol

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("page", ["README.md", "docs/usage.md"])
def test_examples_of_a_page_run(page: str) -> None:
    failed, tried = doctest.testfile(str(ROOT / page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert tried and not failed


def test_public_names_are_exported_and_documented() -> None:
    for name in store_protocol.__all__:
        assert getattr(store_protocol, name) is not None
        assert name == "errors" or getattr(store_protocol, name).__doc__


def test_error_codes_of_the_docs_are_those_of_the_code() -> None:
    rows = [line.split("|")[1:4] for line in (ROOT / "docs/usage.md").read_text().splitlines() if line.startswith("| `")]
    assert rows
    for name, status, code in rows:
        kind = getattr(store_protocol.errors, name.strip(" `"))
        assert (kind.status, kind.code) == (int(status), code.strip(" `"))
