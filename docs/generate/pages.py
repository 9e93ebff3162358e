"""The pages of the site that don't stand in `docs`: those of the repository, and the reference, made of the code."""

import posixpath
import re
from pathlib import Path
from typing import Any

from docs.generate import fields, reference

#: Files at the top of the repository that are pages of the site, and what they are there.
OF_THE_REPOSITORY = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
}
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")


def made(root: Path) -> dict[str, str]:
    """Return the text of every page that is made, by its place in the site."""
    copies = {uri: relocated((root / name).read_text("utf-8")) for name, uri in OF_THE_REPOSITORY.items()}
    return {**copies, **reference.pages(), **fields.pages()}


def relocated(text: str) -> str:
    """Return a page of the repository's top, or of `docs`, with its links as they lead from the top of the site.

    >>> relocated("[use](docs/usage.md#x), [changes](CHANGELOG.md), [elsewhere](https://example.com)")
    '[use](usage.md#x), [changes](changelog.md), [elsewhere](https://example.com)'
    >>> relocated("[changes](../CHANGELOG.md), [use](usage.md)")
    '[changes](changelog.md), [use](usage.md)'
    """
    return _LINK.sub(lambda link: f"]({_in_site(link[1])}{link[2] or ''})", sessions(text))


def sessions(text: str) -> str:
    """Return a page whose interactive sessions are known as such: copied are the statements, without prompts and output.

    >>> sessions("```python\\n>>> 1\\n1\\n```")
    '```pycon\\n>>> 1\\n1\\n```'
    """
    return text.replace("```python\n>>> ", "```pycon\n>>> ")


def _in_site(target: str) -> str:
    target = posixpath.normpath(target).removeprefix("../")
    return OF_THE_REPOSITORY.get(target, target.removeprefix("docs/"))


def expand(nav: list[Any]) -> None:
    """Put a page for each file of interfaces below `Fields` in the navigation."""
    for entry in nav:
        for title, below in entry.items():
            if title == "Fields":
                entry[title] = [below, *({fields.title_of(module): fields.uri_of(module)} for module in fields.modules())]
            elif isinstance(below, list):
                expand(below)
