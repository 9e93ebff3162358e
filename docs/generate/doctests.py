"""Examples of docstrings as blocks of code: Markdown would take their `>>>` for quotations."""

from typing import Any

import griffe

from docs.generate.markdown import fenced


class Examples(griffe.Extension):
    """Fences the examples of every docstring that is loaded."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)
