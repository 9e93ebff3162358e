"""The site of the docs: pages that are made of the code, and the sentences that they are made of."""

import doctest
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import pytest

from docs.generate import fields, markdown, pages, reference
from docs.generate.markdown import fenced
from store_protocol import Limits, NormalizeOptions
from store_protocol.comments import of_class
from store_protocol.convert.readers import fields_of
from store_protocol.convert.rules import MEDIUM, NO_RULE, FreeFormLimit, rule, text, unwrap

ROOT = Path(__file__).parents[2]
MODULES = fields.modules()
FIELDS, REFERENCE = fields.pages(), reference.pages()
INTERFACES = [interface for found in MODULES.values() for interface in found]


def test_every_page_of_docs_is_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[2]
    made = [uri for uri in pages.made(ROOT) if not uri.startswith("reference/fields/")]
    assert [page for page in [*made, *(path.name for path in (ROOT / "docs").glob("*.md"))] if f": {page}" not in nav] == []


def test_navigation_has_a_page_for_each_file_of_interfaces() -> None:
    nav: list[Any] = [{"Home": "index.md"}, {"Reference": [{"Fields": "reference/fields.md"}]}]
    pages.expand(nav)
    assert nav[0] == {"Home": "index.md"}
    overview, event, *others = nav[1]["Reference"][0]["Fields"]
    assert (overview, event) == ("reference/fields.md", {"The event": "reference/fields/schema_event.md"})
    assert {"Threads": "reference/fields/schema_thread.md"} in others


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda each: each.__name__)
def test_page_of_fields_has_every_field(interface: Any) -> None:
    lines = FIELDS[fields.uri_of(interface.__module__)].splitlines()
    section = lines[lines.index(f"## {interface.__name__} {{#{interface.__name__.lower()}}}") :]
    for field in fields_of(interface):
        assert any(line.startswith((f"| `{field.encode_name}` |", f"| `{field.encode_name}`<br>")) for line in section)


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda each: each.__name__)
def test_every_field_has_a_sentence(interface: Any) -> None:
    told = of_class(interface)
    assert [field.name for field in fields_of(interface) if not is_sentence(told.get(field.name, ""))] == []


@pytest.mark.parametrize("of", [Limits, NormalizeOptions])
def test_every_limit_and_option_has_a_sentence(of: Any) -> None:
    assert [name for name, _, told in reference.settings(of) if not is_sentence(told)] == []


def test_every_type_that_is_read_has_a_sentence() -> None:
    assert fields.conversions() and [name for name, told in fields.conversions().items() if not is_sentence(told)] == []


def test_every_error_and_kind_has_a_sentence() -> None:
    assert [each for each in reference.error_classes() if not has_sentence(each)] == []
    kinds = reference.kinds("store_protocol.meta.kinds", "ErrorKind")
    kinds += reference.kinds("store_protocol.payload.repairs", "RepairKind")
    assert kinds and [kind for kind, told in kinds if not is_sentence(told)] == []


@pytest.mark.parametrize("name", reference.public_names())
def test_every_public_name_has_a_sentence(name: str) -> None:
    assert has_sentence(reference.public_names()[name])


def has_sentence(thing: Any) -> bool:
    """Return whether a class or a function has one of its own."""
    return bool(thing.__doc__ if not isinstance(thing, type) else vars(thing).get("__doc__")) and is_sentence(
        markdown.first_sentence(thing)
    )


def is_sentence(text: str) -> bool:
    """Return whether a text begins as a sentence does, or with code or a digit, and ends as one."""
    first = text.strip()[:1]
    return (first.isupper() or first.isdigit() or first in "`'") and text.rstrip().endswith((".", ".)"))


ROWS = [
    ("stacktrace", "Frame", "function", "| string | ", "512 characters (+20)"),
    ("stacktrace", "Frame", "vars", "object", "2,048 bytes and depth 5"),
    ("stacktrace", "Frame", "lineno", "integer", "0 or more"),
    ("stacktrace", "LockReason", "type", "one of `1`, `2`, `4`, `8`", "required"),
    ("stacktrace", "Stacktrace", "frames", "array of [Frame](#frame)", "required; not empty"),
    (
        "event",
        "Event",
        "logentry",
        "[LogEntry](schema_logentry.md#logentry)",
        "formerly `sentry.interfaces.Message`, `message` |",
    ),
    ("event", "Event", "dist", "string", "64 characters (never cut); only `a-z`, `A-Z`, `0-9`, `-`, `.`, `_`"),
    ("event", "Event", "_metrics", "[Metrics]", "`_metrics`<br>in Python `metrics_` |"),
    ("event", "Event", "tags", "array of pair of string and string ([tags](../fields.md#types))", "200 characters each"),
    ("event", "Event", "logger", "string", "64 characters; no line feeds, carriage returns"),
    ("event", "Event", "extra", "object", "262,144 bytes and depth 7; each part 16,384 bytes and depth 7"),
    ("breadcrumb", "Breadcrumb", "type", "string", "`type`<br>formerly `ty` |"),
    ("thread", "Thread", "id", "integer or string ([thread id](../fields.md#types))", ""),
    ("transaction_info", "TransactionInfo", "original", "string", "no blanks around it"),
]


@pytest.mark.parametrize(("module", "interface", "name", "of_type", "more"), ROWS)
def test_row_of_a_field_tells_its_rule(module: str, interface: str, name: str, of_type: str, more: str) -> None:
    page = FIELDS[f"reference/fields/schema_{module}.md"].partition(f"## {interface} ")[2]
    line = next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))
    assert of_type in line and more in line


def test_range_of_a_number_is_told() -> None:
    from store_protocol.convert.rules import scalar
    from store_protocol.convert.scalars import f64

    hint = Annotated[float, scalar(f64, ge=0, le=1)] | None
    assert [*fields.limits_of(hint, unwrap(hint)[1])] == ["0 to 1"]
    assert [*fields.limits_of(Annotated[Any, rule(limit=MEDIUM)], NO_RULE)] == []
    assert fields.free_form(FreeFormLimit(1000, 2)) == "1,000 bytes and depth 2"
    assert text(1) is not None


@pytest.mark.parametrize("name", reference.public_names())
def test_page_of_names_has_every_public_name(name: str) -> None:
    assert f"\n::: {name}\n" in REFERENCE["reference/names.md"]


def test_page_of_names_has_the_attributes_of_structs() -> None:
    section = REFERENCE["reference/names.md"].partition("\n::: store_protocol.RateLimit\n")[2].partition("\n::: ")[0]
    assert "| `seconds` | `int` |  |" in section and "| `scope` | `str` | `'organization'` |" in section


@pytest.mark.parametrize(("page", "of"), [("limits", Limits), ("options", NormalizeOptions)])
def test_page_of_settings_has_every_one(page: str, of: Any) -> None:
    text = REFERENCE[f"reference/{page}.md"]
    assert of.__struct_fields__ and [name for name in of.__struct_fields__ if f"\n| `{name}` | " not in text] == []


def test_page_of_errors_has_every_error_and_kind() -> None:
    text = REFERENCE["reference/errors.md"]
    assert [
        each for each in reference.error_classes() if f"| `{each.code}` | `{each.__name__}` | {each.status} |" not in text
    ] == []
    assert "| `clock_drift` | The clock" in text and "| `big_integer` | An integer" in text


def test_examples_of_docstrings_are_code() -> None:
    assert fenced("One.\n\n>>> 1\n1\n>>> 2\n2\n\nMore.") == "One.\n\n```pycon\n>>> 1\n1\n>>> 2\n2\n```\n\nMore."


def test_links_lead_from_the_top_of_the_site() -> None:
    assert pages.relocated("[a](docs/b.md#c) [d](#e) [f](LICENSE)") == "[a](b.md#c) [d](#e) [f](LICENSE)"
    assert pages.relocated("[a](../CHANGELOG.md)") == "[a](changelog.md)"


@pytest.mark.parametrize("module", [fields, markdown, pages], ids=lambda module: module.__name__)
def test_examples_of_the_generator_run(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried and not failed


def test_empty_columns_of_a_table_are_left_out() -> None:
    assert markdown.table(("a", "b"), [("1", ""), ("2", "")]) == ["| a |", "|---|", "| 1 |", "| 2 |"]
