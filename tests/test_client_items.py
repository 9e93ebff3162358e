"""Real SDKs send what they have beside events: each item is decoded without an error, and holds what the program put in.

As in `test_clients`, an SDK that isn't installed is skipped.
"""

import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from store_protocol import NormalizeOptions, Submission, encode_item
from store_protocol.items import (
    CheckIn,
    ClientReport,
    Item,
    LogContainer,
    Profile,
    ProfileChunk,
    ReplayEvent,
    ReplayRecording,
    SessionAggregates,
    SessionUpdate,
    SpanV2Container,
    TraceMetricContainer,
)
from store_protocol.testing import StoreServer
from tests.servers import wait_until
from tests.test_clients import CLIENTS, NODE, run

pytestmark = pytest.mark.client

StartServer = Callable[..., AbstractContextManager[StoreServer]]


def sent_by(command: list[str], store_server: StartServer, last: str) -> tuple[list[Submission], dict[str, list[Any]]]:
    """Run a program; return what it submitted, and its items by their types, once one of the last type has come."""
    folder = CLIENTS / "sentry-sdk-2" if command[0] == sys.executable else NODE / "node_modules/@sentry/node"
    needs = NODE / "node_modules/jsdom" if "replay" in command[1] else folder
    if not (folder.exists() and needs.exists()) or shutil.which(command[0]) is None:
        pytest.skip(f"{needs.name} is not installed")
    with store_server() as server:
        assert run(command, folder, server.dsn) == "done"
        wait_until(lambda: any(item.type == last for each in server.submissions for item in each.items), timeout=10)
        submissions = [*server.submissions]
    found: dict[str, list[Any]] = {}
    for submission in submissions:
        assert submission.refused == ()
        sent_at = submission.envelope_headers.get("sent_at")
        for item in submission.items:
            decoded = item.decode(NormalizeOptions(received_at=sent_at, sent_at=sent_at))
            assert isinstance(decoded, Item)
            assert decoded.field_errors == ()
            assert encode_item(decoded).decode() == decoded
            found.setdefault(item.type, []).append(decoded)
    return submissions, found


def only(found: dict[str, list[Any]], kind: str) -> Any:
    [item] = found[kind]
    return item


def check_check_ins(found: dict[str, list[Any]], status: str, schedule: tuple[Any, ...], margin: tuple[Any, ...]) -> None:
    begun, ended = sorted(found["check_in"], key=lambda each: each.duration is not None)
    assert isinstance(begun, CheckIn)
    assert begun.monitor_slug == ended.monitor_slug == begun.slug == "nightly-job"
    assert begun.check_in_id == ended.check_in_id
    assert (begun.status, ended.status, ended.duration) == ("in_progress", status, 1.5)
    assert begun.environment == ended.environment == "testing"
    config = begun.monitor_config
    assert config is not None and config.schedule is not None and ended.monitor_config is None
    assert (config.schedule.type, config.schedule.value, config.schedule.unit) == schedule
    assert (config.checkin_margin, config.max_runtime, config.timezone) == (*margin, "Europe/Vienna")
    assert begun.contexts is not None and begun.contexts.trace is not None and begun.contexts.trace.trace_id


def check_logs(found: dict[str, list[Any]], level: str) -> None:
    container = only(found, "log")
    assert isinstance(container, LogContainer)
    assert container.items is not None
    [log] = container.items
    assert log is not None and log.attributes is not None
    assert (log.level, log.body) == (level, "sent 7 of them")
    told = {name: log.attributes[name] for name in ("colour", "ready", "share", "sentry.release", "sentry.environment")}
    assert [(each.type, each.value) for each in told.values() if each is not None] == [
        ("string", "grün"),
        ("boolean", True),
        ("double", 0.5),
        ("string", "app@1.2.3"),
        ("string", "testing"),
    ]


def check_metrics(found: dict[str, list[Any]]) -> None:
    container = only(found, "trace_metric")
    assert isinstance(container, TraceMetricContainer)
    count, time = sorted((each for each in container.items or () if each is not None), key=lambda each: str(each.name))
    assert (count.name, count.type, count.value, count.unit) == ("jobs.done", "counter", 3, None)
    assert (time.name, time.type, time.value, time.unit) == ("jobs.time", "distribution", 1.5, "second")
    assert count.attributes is not None and (queue := count.attributes["queue"]) is not None
    assert (queue.type, queue.value) == ("string", "slow")


def check_client_report(found: dict[str, list[Any]]) -> None:
    reports = found["client_report"]
    assert all(isinstance(report, ClientReport) and report.timestamp for report in reports)
    discarded = [each for report in reports for each in report.discarded_events]
    assert ("before_send", "error", 1) in [(each.reason, each.category, each.quantity) for each in discarded]


def check_session(session: Any) -> None:
    assert isinstance(session, SessionUpdate)
    assert session.attrs is not None and session.started is not None and session.timestamp is not None
    assert (session.attrs.release, session.attrs.environment) == ("app@1.2.3", "testing")
    assert session.sid is not None and session.started <= session.timestamp


def attached(submissions: list[Submission]) -> set[tuple[Any, ...]]:
    return {(each.filename, each.content_type, each.data) for submission in submissions for each in submission.attachments}


@pytest.mark.parametrize("mode", ["static", "stream"])
def test_items_of_sentry_sdk_are_decoded(mode: str, store_server: StartServer) -> None:
    submissions, found = sent_by([sys.executable, "sentry_sdk_items.py", mode], store_server, "client_report")
    check_check_ins(found, "ok", ("crontab", "*/5 * * * *", None), (5, None))
    check_logs(found, "info")
    check_metrics(found)
    check_client_report(found)
    session = only(found, "session")
    check_session(session)
    assert (session.init, session.status, session.is_terminal, session.is_error) == (True, "exited", True, False)
    aggregates = only(found, "sessions")
    assert isinstance(aggregates, SessionAggregates)
    assert [each.total_count for each in aggregates.aggregates or () if each is not None] == [1]
    assert attached(submissions) == {("notes.txt", "text/plain", "grün\n".encode())}
    if mode == "static":
        check_profile(submissions, only(found, "profile"))
    else:
        check_spans(only(found, "span"))
        for chunk in found["profile_chunk"]:
            check_chunk(chunk)


def check_profile(submissions: list[Submission], profile: Any) -> None:
    assert isinstance(profile, Profile)
    transaction = next(event for each in submissions for event in each.events if event.type == "transaction")
    assert profile.transaction is not None and profile.profile is not None
    assert (profile.transaction.id, profile.transaction.name) == (transaction.event_id, "outer")
    assert (profile.platform, profile.release, profile.environment) == ("python", "app@1.2.3", "testing")
    assert profile.runtime is not None and profile.runtime.name == "CPython"
    functions = {frame.function for frame in profile.profile.frames or () if frame is not None}
    assert "work" in functions
    assert len(profile.profile.samples or ()) > 5
    assert {type(each.thread_id) for each in profile.profile.samples or () if each is not None} == {int}


def check_spans(container: Any) -> None:
    assert isinstance(container, SpanV2Container)
    inner, outer = sorted((each for each in container.items or () if each is not None), key=lambda each: str(each.name))
    assert (inner.name, outer.name, inner.status, outer.status) == ("inner", "outer", "ok", "ok")
    assert (inner.parent_span_id, inner.trace_id) == (outer.span_id, outer.trace_id)
    assert (outer.is_segment, inner.is_segment) == (True, False)
    assert inner.end_timestamp - inner.start_timestamp > 0.2  # type: ignore[operator]
    assert outer.attributes is not None and (kind := outer.attributes["kind"]) is not None
    assert (kind.type, kind.value) == ("string", "test")


def check_chunk(chunk: Any) -> None:
    assert isinstance(chunk, ProfileChunk)
    assert (chunk.version, chunk.platform, chunk.is_ui) == ("2", "python", False)
    assert chunk.client_sdk is not None and chunk.profile is not None
    assert (chunk.client_sdk.name or "").startswith("sentry.python")
    assert "work" in {frame.function for frame in chunk.profile.frames or () if frame is not None}
    assert len(chunk.profile.samples or ()) > 5


def test_items_of_sentry_node_are_decoded(store_server: StartServer) -> None:
    submissions, found = sent_by(["node", "sentry_node_items.cjs"], store_server, "client_report")
    check_check_ins(found, "error", ("interval", 5, "minute"), (None, 10))
    check_logs(found, "warn")
    check_metrics(found)
    check_client_report(found)
    for session in found["session"]:
        check_session(session)
    assert "exited" in {session.status for session in found["session"]}
    assert attached(submissions) == {("notes.txt", "text/plain", "grün\n".encode())}
    events = {event.type: event for submission in submissions for event in submission.events}
    assert {"transaction", "feedback", "error"} <= events.keys()
    contexts = events["feedback"].contexts
    assert contexts is not None
    feedback = contexts["feedback"]
    assert (feedback.message, feedback.other["name"], feedback.contact_email) == ("it broke", "Zoë", "a@example.com")


def test_replay_of_sentry_browser_is_decoded(store_server: StartServer) -> None:
    _, found = sent_by(["node", "sentry_replay.cjs"], store_server, "replay_recording")
    for session in found["session"]:
        check_session(session)
        assert "jsdom" in (session.attrs.user_agent or "")
    replay, recording = found["replay_event"][0], found["replay_recording"][0]
    assert isinstance(replay, ReplayEvent) and isinstance(recording, ReplayRecording)
    assert (replay.type, replay.replay_type, replay.segment_id, recording.segment_id) == ("replay_event", "session", 0, 0)
    assert (replay.release, replay.environment, replay.platform) == ("app@1.2.3", "testing", "javascript")
    assert replay.urls == ["http://localhost/page?a=b"]
    assert replay.sdk is not None and replay.sdk.name == "sentry.javascript.browser"
    assert replay.replay_start_timestamp is not None and replay.timestamp is not None
    assert replay.replay_start_timestamp <= replay.timestamp
    kinds = {event["type"] for event in recording.events()}
    # rrweb's metadata, a full snapshot, and what Sentry adds.
    assert {2, 4, 5} <= kinds
