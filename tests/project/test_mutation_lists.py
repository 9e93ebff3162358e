"""The lists of tests/mutation name code and tests that exist: a file that has moved fails here, not in a run of an hour."""

import ast
import functools
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LISTS = ROOT / "tests" / "mutation"
MODULES: dict[str, dict[str, Any]] = tomllib.loads((LISTS / "modules.toml").read_text(encoding="utf-8"))
EQUIVALENT: list[dict[str, Any]] = tomllib.loads((LISTS / "equivalent.toml").read_text(encoding="utf-8"))["mutant"]


@functools.cache
def definitions(file: str) -> dict[str, list[str]]:
    """Return the source of each function and class of a file by its name, and of the whole file by the empty name.

    Blanks and line breaks are single blanks, as in the lists.
    """
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = text.splitlines()
    found = {"": [_words(lines)]}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.setdefault(node.name, []).append(_words(lines[node.lineno - 1 : node.end_lineno]))
    return found


def _words(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize("module", MODULES)
def test_modules_that_are_mutated_name_code_that_exists(module: str) -> None:
    files: dict[str, list[str]] = MODULES[module]["files"]
    assert files
    for file, functions in files.items():
        assert set(functions) <= set(definitions(file))
    # A package is named with all that it holds.
    for file in files:
        if file.endswith("/__init__.py"):
            held = {path.relative_to(ROOT).as_posix() for path in (ROOT / file).parent.rglob("*.py")}
            assert held <= set(files)


@pytest.mark.parametrize("module", MODULES)
def test_modules_that_are_mutated_name_tests_that_exist(module: str) -> None:
    tests = [name for kind in ("tests", "slow") for name in MODULES[module].get(kind, []) if not name.startswith("-")]
    assert tests
    for name in tests:
        file, _, test = name.partition("::")
        if (ROOT / file).is_dir():
            assert [*(ROOT / file).glob("test_*.py")]
        else:
            assert test.partition("[")[0] in definitions(file)


@pytest.mark.parametrize("entry", EQUIVALENT, ids=lambda entry: f"{entry['file']}:{entry['function']}")
def test_equivalent_mutants_are_of_lines_that_exist(entry: dict[str, Any]) -> None:
    assert entry.keys() == {"file", "function", "old", "new", "reason"}
    assert any(entry["file"] in module["files"] for module in MODULES.values())
    assert any(entry["old"] in source for source in definitions(entry["file"]).get(entry["function"], []))
    assert entry["new"] and entry["old"] not in entry["new"]
    assert entry["reason"].endswith(".")


def test_equivalent_mutant_is_listed_once() -> None:
    listed = [(entry["file"], entry["function"], entry["old"], new) for entry in EQUIVALENT for new in entry["new"]]
    assert len(listed) == len(set(listed))
