"""Samples: each is valid, comes out as Relay has it, tells nothing of a machine, and is in the docs."""

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

import pytest

from store_protocol import Event, HttpRequest, check_event, decode_request, parse_event, samples
from store_protocol.endpoints.csp import csp_event
from store_protocol.items import Item
from store_protocol.strategies.items import TYPES

DATA = Path(samples.__file__).parent / "data"
PAGE = Path(__file__).parents[2] / "docs/samples.md"
EVENTS = [name for name in samples.names() if samples.get(name).type in {"event", "transaction", "feedback"}]
PLATFORMS = {
    **{name: name for name in ("python", "native", "javascript", "node", "go", "ruby", "php", "csharp", "cocoa", "java")},
    "android": "java",
    "react-native": "javascript",
}


def test_every_file_is_a_sample() -> None:
    named = {entry["file"] for entry in json.loads((DATA / "index.json").read_text("utf-8")).values()}
    assert named == {path.name for path in DATA.iterdir()} - {"index.json"}


def test_there_is_an_event_of_each_platform() -> None:
    found = {name: parse_event(samples.load(name)).platform for name in samples.names("event")}
    assert found == PLATFORMS


def test_there_is_an_item_of_each_type() -> None:
    types = {samples.get(name).type for name in samples.names() if samples.get(name).kind != "report"}
    assert types == {*TYPES}


def test_names_of_a_kind_are_among_all() -> None:
    kinds = [samples.names("event"), samples.names("item"), samples.names("report")]
    assert sorted(name for kind in kinds for name in kind) == [*samples.names()]


@pytest.mark.parametrize("name", EVENTS)
def test_event_has_no_fault(name: str) -> None:
    assert check_event(samples.load(name)) == []


@pytest.mark.parametrize("name", samples.names("event") + samples.names("item"))
def test_item_has_no_fault(name: str) -> None:
    found = samples.get(name).item().decode()
    assert not isinstance(found, Item) or found.field_errors == ()
    assert not isinstance(found, Event) or found.errors is None


@pytest.mark.parametrize("name", samples.names("report"))
def test_report_is_taken(name: str) -> None:
    sample = samples.get(name)
    headers = [("Content-Type", sample.headers["content_type"])]
    submission = decode_request(HttpRequest("POST", "/api/1/security/?sentry_key=a", headers, sample.data))
    assert (submission.refused, submission.repairs) == ((), ())
    assert len(submission.events) == (sample.type == "csp-violation")
    assert [item.type for item in submission.items] == ([] if submission.events else [sample.type])


def event_of(name: str) -> dict[str, Any]:
    """Return the objects of the event that a sample is, or becomes."""
    payload: Any = json.loads(samples.load(name))
    if samples.get(name).kind != "report":
        return dict(payload)
    report = payload[0] if isinstance(payload, list) else payload
    return csp_event(report.get("csp-report") or report["body"])


@pytest.mark.parametrize("name", [*EVENTS, "csp", "csp_report_to"])
def test_event_comes_out_as_of_relay(name: str) -> None:
    from tests.oracle import differs

    event = event_of(name)
    times = {"received_at": "2026-11-27T19:00:00Z"}
    assert differs(event, **times) is None
    assert differs(event, **times, is_renormalize=True) is None


#: Folders of people and of machines, and names that only those have.
MACHINE = re.compile(r"/(?:root|home|Users|tmp|work|opt|private/tmp)/|\\\\Users\\\\")
ADDRESS = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])")
#: Versions that look like addresses.
VERSIONS = re.compile(r"(?:Chrome/|Version=|\": \")\d+\.\d+\.\d+\.\d+")


@pytest.mark.parametrize("name", samples.names())
def test_sample_tells_nothing_of_a_machine(name: str) -> None:
    text = samples.load(name).decode("utf-8", "replace")
    assert MACHINE.findall(text) == []
    addresses = {ipaddress.ip_address(found) for found in ADDRESS.findall(VERSIONS.sub("", text))}
    # Those that RFC 5737 sets aside for examples.
    assert all(address in ipaddress.ip_network("203.0.113.0/24") or address.is_loopback for address in addresses)
    hosts = set(re.findall(r"https?://([^ /\"\\:]+)", text))
    assert {host for host in hosts if not host.endswith(".example")} == set()


def test_sample_of_another_time_keeps_what_lies_between() -> None:
    now = 1795392000.0
    then, moved = parse_event(samples.load("transaction")), parse_event(samples.load("transaction", now=now))
    assert moved.timestamp == now and then.timestamp and then.start_timestamp and moved.start_timestamp
    assert moved.start_timestamp == pytest.approx(now - (then.timestamp - then.start_timestamp))
    assert moved.event_id == then.event_id


@pytest.mark.parametrize("name", samples.names())
def test_sample_of_another_time_and_id_is_the_same_but_for_these(name: str) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(part) for key, part in value.items()}
        return [shape(part) for part in value] if isinstance(value, list) else type(value) in {int, float} or type(value)

    given, moved = samples.get(name), samples.get(name, now=1795392000.0, event_id="a" * 32)
    if not (DATA / f"{name}.json").exists():
        assert moved == given
        return
    was, found = json.loads(given.data), json.loads(moved.data)
    assert shape(found) == shape(was)
    assert isinstance(was, list) or found.get("event_id") == ("a" * 32 if "event_id" in was else None)


def test_unknown_name_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"no sample is named 'pascal': there are android, attachment, .*view_hierarchy"):
        samples.load("pascal")


def test_docs_tell_how_each_was_made() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    found = map(samples.get, samples.names())
    assert sorted(rows) == [(each.name, each.description, each.made_by) for each in found]
