"""The examples of the README and the docs run as they are printed."""

import ast
import doctest
import json
import re
from pathlib import Path
from typing import Any

import pytest

import store_protocol
from docs.generate import pages
from store_protocol import NormalizeOptions, StoreError, encode_event, normalize_event
from tests.normalize.test_tables import TABLES, cases

ROOT = Path(__file__).parents[2]


PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", [page for page in PAGES if "\n>>> " in (ROOT / page).read_text("utf-8")])
def test_examples_of_a_page_run(page: str) -> None:
    failed, tried = doctest.testfile(str(ROOT / page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert tried and not failed


def test_public_names_are_exported_and_documented() -> None:
    for name in store_protocol.__all__:
        assert getattr(store_protocol, name) is not None
        assert name == "errors" or getattr(store_protocol, name).__doc__


DEVIATIONS = re.findall(
    r"```\ninput  (.+)\nrelay  (.+)\nours   (.+)\n```", (ROOT / "docs/deviations.md").read_text(encoding="utf-8")
)


def literal(text: str) -> bytes:
    if (match := re.fullmatch(r"(.*)\.encode\((.*)\)", text)) is not None:
        decoded: str = ast.literal_eval(match[1])
        return decoded.encode(ast.literal_eval(match[2]))
    encoded: bytes = ast.literal_eval(text)
    return encoded


RECEIVED = "2026-11-23T00:00:00Z"


def beyond_the_empty_event(event: dict[str, Any]) -> dict[str, Any]:
    """What the deviations tell of an event: all but ids, `_meta`, and what stands in an empty one too."""
    empty = json.loads(encode_event(normalize_event({}, NormalizeOptions(received_at=RECEIVED))))
    event["contexts"].pop("trace")
    # Relay writes every attribute of an error.
    errors = [{key: error[key] for key in error if error[key] is not None} for error in event.get("errors") or ()]
    told = {**event, "errors": errors, "_meta": None, "event_id": None}
    return {key: value for key, value in told.items() if value and value != empty.get(key)}


def test_deviations_are_as_many_as_the_page_has_blocks() -> None:
    assert len(DEVIATIONS) == (ROOT / "docs/deviations.md").read_text(encoding="utf-8").count("```") // 2


def test_deviations_of_the_tables_have_their_sections() -> None:
    sections = re.findall("^## (.+)$", (ROOT / "docs/deviations.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {case["deviation"] for table in TABLES for case in cases(table) if "deviation" in case} <= {*sections}


@pytest.mark.parametrize(("given", "theirs", "ours"), DEVIATIONS)
def test_deviation_is_what_the_page_says(given: str, theirs: str, ours: str) -> None:
    del theirs
    if ours.startswith("refused: "):
        with pytest.raises(StoreError, match=ours.removeprefix("refused: ")):
            normalize_event(literal(given))
    else:
        event = json.loads(encode_event(normalize_event(literal(given), NormalizeOptions(received_at=RECEIVED))))
        assert beyond_the_empty_event(event) == json.loads(ours)


@pytest.mark.parametrize(("given", "theirs", "ours"), DEVIATIONS)
def test_deviation_from_relay_is_what_the_page_says(given: str, theirs: str, ours: str) -> None:
    del ours
    from tests.oracle import exceptions, processing

    normalizer = processing.StoreNormalizer(received_at=RECEIVED)
    if theirs.startswith("refused: "):
        with pytest.raises(exceptions.RelayError, match=theirs.removeprefix("refused: ")):
            normalizer.normalize_event(raw_event=literal(given))
    else:
        assert beyond_the_empty_event(normalizer.normalize_event(raw_event=literal(given))) == json.loads(theirs)


def heading_id(line: str) -> str:
    """Return the anchor of a heading, as MkDocs makes it."""
    text = line.lstrip("#").strip()
    if (given := re.search(r"\{#([^}]+)\}$", text)) is not None:
        return given[1]
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())


MADE = pages.made(ROOT)
TEXTS = {page: (ROOT / page).read_text("utf-8") for page in PAGES}
#: What `make demo` runs stands on no page.
EXAMPLES = [path for path in sorted((ROOT / "docs/examples").glob("*.py")) if path.stem != "demo"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_on_the_pages_are_those_that_run(path: Path) -> None:
    assert any(f"```python\n{path.read_text()}```\n" in text for text in TEXTS.values())


def test_figure_of_the_readme_is_that_of_the_page() -> None:
    (row,) = re.findall(r"^\| clean \|(.*)\|$", TEXTS["docs/performance.md"], re.MULTILINE)
    _, ours, *_, times, _ = map(str.strip, row.split("|"))
    assert f"takes {ours} from JSON" in TEXTS["README.md"] and f"takes {times} times as long" in TEXTS["README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_files_and_targets_that_a_page_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    files = re.findall(r"(?:store_protocol|tests|docs|benchmarks)/[\w./-]*[\w/]", text)
    assert [name for name in files if not (ROOT / name).exists()] == []
    links = [link for link in re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", text) if not link.startswith("http")]
    # The site alone has a reference.
    links = [link for link in links if not (page.startswith("docs/") and link in MADE)]
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []
    assert {*re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)} <= targets()


#: The anchors of the headings of each page.
ANCHORS = {
    name: {heading_id(line) for line in text.splitlines() if line.startswith("#")}
    for name, text in {**MADE, **{page.removeprefix("docs/"): TEXTS[page] for page in PAGES}}.items()
}


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/")])
def test_anchors_that_a_page_links_to_are_there(page: str) -> None:
    links = re.findall(r"\]\((?!http)([^)#]*)#([^)]+)\)", TEXTS[page])
    here = page.removeprefix("docs/")
    missing = [(to, anchor) for to, anchor in links if anchor not in ANCHORS[to.removeprefix("../") or here]]
    assert [link for link in missing if f"\n::: {link[1]}\n" not in MADE.get(link[0], "")] == []


def targets() -> set[str]:
    return {*re.findall(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[0].split()}


def test_make_help_lists_every_target() -> None:
    lines = re.findall(r"^([a-z][a-z -]*):[^#=\n]*  ## \S", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {name for line in lines for name in line.split()} == targets()
