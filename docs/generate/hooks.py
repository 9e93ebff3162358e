"""What MkDocs calls while it builds the site: the pages that don't stand in `docs`."""

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from docs.generate import pages

ROOT = Path(__file__).parents[2]


def on_config(config: Any) -> Any:
    """Put the pages of the reference into the navigation, and have them made anew when the code changes."""
    pages.expand(config.nav)
    config.watch += [str(ROOT / name) for name in ("store_protocol", *pages.OF_THE_REPOSITORY)]
    return config


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links out of `docs` to the pages of the repository, which stand beside those of `docs` in the site."""
    del config, files
    return markdown if page.file.generated_by else pages.relocated(markdown)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made."""
    for uri, text in pages.made(ROOT).items():
        files.append(File.generated(config, uri, content=text))
    return files
