"""Every regular expression of a package, found by importing it.

While the modules are imported, each pattern is noted that `re` compiles for them: for the calls in their code, and for
`msgspec.Meta(pattern=...)`, whose patterns msgspec compiles by `re.compile`, and runs by `search`. Their code (the syntax
tree) tells in which ways a pattern is used, by the names of the methods. Where it doesn't, all ways count. Patterns that
functions compile, or hand to `re.match` and the like, are worked out from the names of the module; what can't be is an
error.
"""

import ast
import importlib
import pkgutil
import re
import sys
import types
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

#: The functions of `re` that take a pattern.
_FUNCTIONS = ("compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
#: The ways in which a pattern may be used, by the names of functions and methods.
WAYS = {"match": "match", "fullmatch": "fullmatch"} | dict.fromkeys(
    ("search", "sub", "subn", "split", "findall", "finditer"), "search"
)
_ANY = frozenset(WAYS.values())

#: A call in the code of a module: its lines and columns.
Place = tuple[str, *tuple[int | None, ...]]


class Use(NamedTuple):
    """A pattern, where it stands, and the ways in which it is used: `match`, `fullmatch` and `search`."""

    where: str
    pattern: str | bytes
    flags: int
    ways: frozenset[str]


class Problem(Exception):
    """A pattern can't be found out."""


class _Module(NamedTuple):
    name: str
    names: dict[str, Any]
    tree: ast.Module
    above: dict[ast.AST, ast.AST]


class _Recorder:
    """Stands in for the functions of `re` while modules are imported."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.found: dict[Place, list[tuple[str | bytes, int]]] = {}
        self.unknown: list[str] = []
        self.functions = {name: getattr(re, name) for name in _FUNCTIONS}

    def __enter__(self) -> Self:
        for name in _FUNCTIONS:
            setattr(re, name, self._recording(name))
        return self

    def __exit__(self, *_: object) -> None:
        for name, function in self.functions.items():
            setattr(re, name, function)

    def _recording(self, name: str) -> Any:
        function = self.functions[name]

        def recording(pattern: Any, *args: Any, **options: Any) -> Any:
            self.note(function, sys._getframe(1), pattern, args, options)
            return function(pattern, *args, **options)

        recording.__wrapped__ = function  # type: ignore[attr-defined]
        return recording

    def note(self, function: Any, frame: types.FrameType, pattern: Any, args: Any, options: Any) -> None:
        module = frame.f_globals.get("__name__", "")
        if not (module + ".").startswith(self.package + "."):
            return
        if isinstance(pattern, re.Pattern):
            return
        flags = int(options.get("flags", args[0] if function is self.functions["compile"] and args else 0))
        if frame.f_code.co_filename != frame.f_globals.get("__file__"):
            self.unknown.append(f"{module}: {pattern!r} is compiled by code that was made at run time")
        place = next(place for index, place in enumerate(frame.f_code.co_positions()) if index == frame.f_lasti // 2)
        self.found.setdefault((module, *place), []).append((pattern, flags))


def modules_of(package: str) -> Iterator[str]:
    """Return the names of all modules of a package, the package's own first."""
    found = importlib.import_module(package)
    yield package
    for each in pkgutil.walk_packages(found.__path__, f"{package}."):
        if not each.name.endswith("__main__"):
            yield each.name


def uses_in(package: str) -> list[Use]:
    """Return every pattern of a package, which must not have been imported yet. Raises `Problem` for what isn't known."""
    if package in sys.modules or "msgspec" in sys.modules:
        raise Problem("the package, or msgspec, has been imported before its patterns could be noted")
    with _Recorder(package) as recorder:
        try:
            modules = [_read(name) for name in modules_of(package)]
        except ImportError as error:
            raise Problem(f"a module can't be imported: {error}") from error
    if recorder.unknown:
        raise Problem(recorder.unknown[0])
    return _Package(modules, recorder).uses()


def _read(name: str) -> _Module:
    module = importlib.import_module(name)
    with open(module.__file__ or "", encoding="utf-8") as file:  # noqa: PTH123
        tree = ast.parse(file.read())
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for value in vars(module).values():
        if isinstance(value, type):
            # From Python 3.14 on annotations are worked out when they are asked for.
            getattr(value, "__annotations__", None)
    return _Module(name, vars(module), tree, above)


class _Package:
    def __init__(self, modules: list[_Module], recorder: _Recorder) -> None:
        self.modules = modules
        self.recorded = recorder.found
        self.functions = recorder.functions
        #: By what is looked up, where: the name and the module, or the attribute and nothing.
        self.lookups: dict[tuple[str, str], list[ast.AST]] = defaultdict(list)
        for module in modules:
            self._index(module)

    def _index(self, module: _Module) -> None:
        """Note what is done with each name, under the name that it has where it comes from."""
        owners: dict[str, tuple[str, str]] = {}
        for node in module.above:
            if isinstance(node, ast.ImportFrom):
                owners |= {each.asname or each.name: (each.name, node.module or "") for each in node.names}
        for node, above in module.above.items():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self.lookups[owners.get(node.id, (node.id, module.name))].append(above)
            elif isinstance(node, ast.Attribute):
                self.lookups[node.attr, ""].append(above)

    def uses(self) -> list[Use]:
        found = []
        seen: set[Place] = set()
        for module in self.modules:
            for node in module.above:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    self.check_import(module, node)
                if not isinstance(node, ast.Name | ast.Attribute | ast.Call):
                    continue
                if not isinstance(node, ast.Call):
                    self.check_reference(module, node)
                    continue
                place: Place = (module.name, node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
                function = self.function_of(module, node.func)
                patterns = self.recorded.get(place)
                if patterns is None and function is not None:
                    patterns = [*self.at_run_time(module, node)]
                seen.add(place)
                # What isn't a call of `re` hands its pattern to msgspec, which searches.
                ways = frozenset({"search"}) if function is None else self.ways(module, node, function)
                where = f"{module.name}:{node.lineno}"
                found += [Use(where, pattern, flags, ways) for pattern, flags in patterns or ()]
        for name, *at in self.recorded.keys() - seen:
            raise Problem(f"{name}:{at[0]}: it can't be told what compiles the pattern")
        return [*dict.fromkeys(found)]

    def value(self, module: _Module, node: ast.expr) -> Any:
        """Work out an expression from the names of a module; None where that can't be done."""
        if isinstance(node, ast.Name):
            return module.names.get(node.id)
        if isinstance(node, ast.Attribute):
            return getattr(self.value(module, node.value), node.attr, None)
        return None

    def function_of(self, module: _Module, node: ast.expr) -> str | None:
        """Name the function of `re` that an expression stands for, None for anything else."""
        found = self.value(module, node)
        if found is None:
            return None
        return next((name for name, each in self.functions.items() if getattr(found, "__wrapped__", found) is each), None)

    def check_import(self, module: _Module, node: ast.Import | ast.ImportFrom) -> None:
        names = [node.module] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
        if any(name == "re" or str(name).startswith("re.") for name in names) and module.above[node] is not module.tree:
            raise Problem(f"{module.name}:{node.lineno}: re is not imported at the top of the module")

    def check_reference(self, module: _Module, node: ast.Name | ast.Attribute) -> None:
        """See to it that functions of `re` are only called."""
        parent = module.above[node]
        is_called = isinstance(parent, ast.Call) and parent.func is node
        if isinstance(node.ctx, ast.Load) and not is_called and self.function_of(module, node) is not None:
            raise Problem(f"{module.name}:{node.lineno}: it can't be told what is compiled here")

    def at_run_time(self, module: _Module, call: ast.Call) -> Iterator[tuple[str | bytes, int]]:
        """Return the pattern of a call that was not made while the module was imported, unless it is a compiled one."""
        options = {each.arg: each.value for each in call.keywords}
        try:
            given = call.args[0] if call.args else options["pattern"]
            pattern = self.evaluate(module, given)
            flags = self.evaluate(module, options["flags"]) if "flags" in options else 0
            if self.function_of(module, call.func) == "compile" and len(call.args) > 1:
                flags = self.evaluate(module, call.args[1])
        except Exception as error:
            raise Problem(f"{module.name}:{call.lineno}: the pattern can't be told: {error!r}") from error
        if not isinstance(pattern, re.Pattern):
            yield pattern, int(flags)

    def evaluate(self, module: _Module, node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), module.name, "eval"), module.names)

    def ways(self, module: _Module, call: ast.Call, function: str) -> frozenset[str]:
        """Return the ways in which the pattern of a call is used, all where that can't be told."""
        if function != "compile":
            return frozenset({WAYS[function]})
        around = [module.above[call]]
        if isinstance(around[0], ast.Assign | ast.AnnAssign) and module.above[around[0]] is module.tree:
            statement = around[0]
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if len(targets) == 1 and isinstance(targets[0], ast.Name):
                name = targets[0].id
                around = self.lookups[name, module.name] + self.lookups[name, ""]
        used = {WAYS.get(each.attr) if isinstance(each, ast.Attribute) else None for each in around}
        return _ANY if None in used or not used else frozenset(way for way in used if way)
