"""The check that the code on the pages passes type checkers."""

import ast
import importlib.util

import pytest

from tests.checks.page_types import CHECKERS, code_of, complaints, pages

PAGE = """# A page

>>> def double(number: int) -> int:
...     return 2 * number

Of a list:

```python
>>> [double(number) for number in (1, 2)]
[2, 4]

```

```python
import time

print(double(int(time.time())))
```

```python
print("a whole program")
```

```sh
python program.py
```
"""


def test_code_of_a_page_stands_on_its_lines() -> None:
    code = code_of(PAGE, frozenset({'print("a whole program")\n'})).splitlines()
    found = {number: line for number, line in enumerate(code, 1) if line}
    assert found == {
        3: "def double(number: int) -> int:",
        4: "    return 2 * number",
        9: "[double(number) for number in (1, 2)]",
        15: "import time",
        17: "print(double(int(time.time())))",
    }


@pytest.mark.parametrize(("page", "code"), pages().items())
def test_code_of_a_page_is_a_module(page: str, code: str) -> None:
    assert ast.parse(code, page).body


def test_pages_with_code_are_found() -> None:
    assert {"README.md", "docs/usage.md", "docs/testing.md"} <= {*pages()}


@pytest.mark.parametrize("checker", CHECKERS)
def test_what_is_wrong_is_told_by_the_line_of_the_page(checker: str) -> None:
    if importlib.util.find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed here")
    code = code_of("Wrong:\n\n>>> from store_protocol import normalize_event\n>>> normalize_event({}).errors[0]\n")
    (told,) = complaints(checker, {"docs/wrong.md": code, "docs/right.md": "number: int = 1\n"})
    assert told.startswith("docs/wrong.md:4: ")
