"""The check of `make types` that the code on the pages passes type checkers, as the code of their readers has to.

`python -m tests.checks.page_types mypy` (with --strict) and `basedpyright` (in its standard mode) say what is wrong, by the
lines of the pages. The code of a page is one module, as its examples share their names in a doctest. Whole programs aren't
among it: they stand in `docs/examples`, which both check as well.
"""

import doctest
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
_BLOCK = re.compile(r"^```python\n(?!>>> )(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What the examples of an extra import that is too large to be installed for a check.
_ABSENT = 'Import "pyspark.'

#: A file, a line of it, and what is wrong there.
Complaint = tuple[str, int, str]


def code_of(page: str, programs: frozenset[str] = frozenset()) -> str:
    r"""Return the Python code of a page, each line where it stands; `programs` are left out.

    >>> code_of("Add:\n\n>>> 1 + 1\n2\n")
    '\n\n1 + 1\n'
    """
    lines = [""] * (page.count("\n") + 1)
    for example in doctest.DocTestParser().get_examples(page):
        code = example.source.splitlines()
        lines[example.lineno : example.lineno + len(code)] = code
    for block in _BLOCK.finditer(page):
        if block[1] not in programs:
            first = page.count("\n", 0, block.start(1))
            code = block[1].splitlines()
            lines[first : first + len(code)] = code
    return "\n".join(lines).rstrip("\n") + "\n"


def pages() -> dict[str, str]:
    """Return the code of each page that has any, by the path of the page."""
    programs = frozenset(path.read_text("utf-8") for path in EXAMPLES.glob("*.py"))
    paths = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]
    found = {str(path.relative_to(ROOT)): code_of(path.read_text("utf-8"), programs) for path in paths}
    return {page: code for page, code in found.items() if code.strip()}


def mypy(files: list[Path], folder: Path) -> Iterator[Complaint]:
    """Return what mypy says of files, by the project's own settings, `strict` among them."""
    del folder
    # What the files import is checked elsewhere.
    options = ("--follow-imports=silent", f"--cache-dir={ROOT / '.mypy_cache' / 'pages'}", "--output=json")
    for line in _said("mypy", *options, *map(str, files)).splitlines():
        found = json.loads(line or "null")
        if found is not None and found["severity"] == "error":
            yield found["file"], found["line"], f"{found['message']} [{found['code']}]"


def basedpyright(files: list[Path], folder: Path) -> Iterator[Complaint]:
    """Return what basedpyright says of files in its standard mode; its settings are written into a folder."""
    settings = {
        "include": [*map(str, files)],
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "standard",
        # Examples show values.
        "reportUnusedExpression": "none",
    }
    project = folder / "pyrightconfig.json"
    project.write_text(json.dumps(settings), "utf-8")
    said = _said("basedpyright", "--outputjson", f"--pythonpath={sys.executable}", f"--project={project}")
    for found in json.loads(said)["generalDiagnostics"]:
        if not found["message"].startswith(_ABSENT):
            where = found["range"]["start"]["line"] + 1
            yield found["file"], where, f"{found['message']} [{found.get('rule', found['severity'])}]"


CHECKERS: dict[str, Callable[[list[Path], Path], Iterator[Complaint]]] = {"mypy": mypy, "basedpyright": basedpyright}


def _said(name: str, *arguments: str) -> str:
    """Return what a program of this environment says, whether or not it finds something wrong."""
    program = Path(sysconfig.get_path("scripts")) / name
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    run = subprocess.run([program, *arguments], check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
    if run.returncode not in {0, 1}:
        message = f"{name} failed: {run.stdout}{run.stderr}"
        raise RuntimeError(message)
    return run.stdout


def complaints(checker: str, found: dict[str, str], *others: Path) -> list[str]:
    """Return what a type checker says of the code of pages, and of other files: a line each, with the place."""
    # What no other module is named.
    names = {f"page_{re.sub('[^a-z]', '_', page.removesuffix('.md').lower())}.py": page for page in found}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for module, page in names.items():
            (folder / module).write_text(found[page], "utf-8")
        files = [*(folder / module for module in names), *others]
        return [
            # mypy may name the folder of an earlier check, out of its cache.
            f"{names.get(Path(file).name, file)}:{line}: {text}"
            for file, line, text in CHECKERS[checker](files, folder)
        ]


def main(arguments: list[str]) -> int:
    """Check the pages, and give the status to exit with."""
    found, checkers = pages(), arguments or [*CHECKERS]
    wrong = [line for checker in checkers for line in complaints(checker, found, EXAMPLES)]
    print("\n".join(wrong) or f"the code of {len(found)} pages passes {' and '.join(checkers)}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
