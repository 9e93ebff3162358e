"""Runs tests against a mutated module, each time in a new process.

Strategy: to start Python and import pytest and hypothesis takes longer than the tests do. So this is done once, and each
run is a fork of that process, into which the mutated source is loaded from memory. No file is changed.
"""

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

_OWN = ("store_protocol", "tests", "conftest")
#: Mutants may ask for more and more memory, or never end.
_MAX_BYTES = 4 * 2**30
_LEAST_CPU_SECONDS = 10
_TIMES_THE_USUAL = 5
_MAX_SECONDS = 180


class _Mutated(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        with warnings.catch_warnings():
            # `x is "a"` shall be found by what it does.
            warnings.simplefilter("ignore")
            return compile(self.source, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, str(path), source

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if fullname != self.name:
            return None
        loader = _Mutated(self.name, self.path, self.source)
        return importlib.util.spec_from_file_location(
            self.name,
            self.path,
            loader=loader,
            submodule_search_locations=[str(Path(self.path).parent)] if self.path.endswith("__init__.py") else None,
        )


class Runner:
    """Runs one list of tests, for each mutant in a process of its own."""

    def __init__(self, root: Path, tests: Sequence[str]) -> None:
        self.root = root
        self.arguments = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:store-protocol", *tests]
        self.cpu_seconds = _MAX_SECONDS
        os.environ["HYPOTHESIS_PROFILE"] = "mutants"
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

    def prepare(self, file: str) -> float:
        """Import all that the tests need, and return the seconds of CPU that they take with a file as it is."""
        readable, writable = os.pipe()
        with os.fdopen(readable) as names:
            self._forked(lambda: self._send_what_is_imported(writable))
            os.close(writable)
            needed = json.loads(names.read() or "[]")
        for name in needed:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        code, usage = self._forked(lambda: self._with_source(file, (self.root / file).read_text(encoding="utf-8")))
        if code:
            raise SystemExit(f"the tests fail without any mutant: pytest {' '.join(self.arguments)}")
        self.cpu_seconds = int(max(_LEAST_CPU_SECONDS, usage * _TIMES_THE_USUAL))
        return usage

    def kills(self, file: str, source: str) -> bool:
        """Return whether a test fails with this source in the place of the file's."""
        return self._forked(lambda: self._with_source(file, source))[0] != 0

    def _send_what_is_imported(self, writable: int) -> int:
        code = int(pytest.main(self.arguments))
        names = [name for name in sys.modules if not name.startswith(_OWN) and name != "__main__"]
        with os.fdopen(writable, "w") as pipe:
            pipe.write(json.dumps(names))
        return code

    def _with_source(self, file: str, source: str) -> int:
        name = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        sys.meta_path.insert(0, _Finder(name, self.root / file, source))
        # Loaded before anything else can load it by its path.
        importlib.import_module(name)
        return int(pytest.main(self.arguments))

    def _forked(self, run: Callable[[], int]) -> tuple[int, float]:
        """Return the status with which a process ended that ran something, and the seconds of CPU that it took."""
        sys.stdout.flush()
        process = os.fork()
        if process:
            _, status, usage = os.wait4(process, 0)
            return status, usage.ru_utime + usage.ru_stime
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_AS, (_MAX_BYTES, _MAX_BYTES))
            resource.setrlimit(resource.RLIMIT_CPU, (self.cpu_seconds, self.cpu_seconds))
            signal.alarm(_MAX_SECONDS)
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            code = run()
        finally:
            os._exit(code)
