"""Sends an item of each kind that sentry-sdk makes. The second argument says how traces and profiles are sent."""

import sys
import time

import sentry_sdk
from sentry_sdk.crons import capture_checkin
from sentry_sdk.sessions import track_session

mode = sys.argv[2]
options = {
    # Transactions, each with its profile; spans on their own, and a profile that goes on.
    "static": {"profiles_sample_rate": 1.0, "profiler_mode": "thread"},
    "stream": {"trace_lifecycle": "stream", "profile_session_sample_rate": 1.0},
}[mode]
sentry_sdk.init(
    sys.argv[1],
    release="app@1.2.3",
    environment="testing",
    traces_sample_rate=1.0,
    enable_logs=True,
    before_send=lambda event, hint: None if event.get("message") == "dropped" else event,
    **options,
)


def work(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(1000))


scope = sentry_sdk.get_isolation_scope()
scope.add_attachment(bytes="grün\n".encode(), filename="notes.txt", content_type="text/plain")
config = {"schedule": {"type": "crontab", "value": "*/5 * * * *"}, "checkin_margin": 5, "timezone": "Europe/Vienna"}
check_in = capture_checkin(monitor_slug="nightly-job", status="in_progress", monitor_config=config)
capture_checkin(monitor_slug="nightly-job", check_in_id=check_in, status="ok", duration=1.5)

if mode == "stream":
    sentry_sdk.profiler.start_profiler()
    start_span = sentry_sdk.traces.start_span
    with start_span(name="outer", attributes={"kind": "test"}), start_span(name="inner"):
        work(0.3)
    sentry_sdk.profiler.stop_profiler()
else:
    with sentry_sdk.start_transaction(op="task", name="outer"), sentry_sdk.start_span(op="function", name="inner"):
        work(0.3)

with track_session(scope, session_mode="application"):
    sentry_sdk.capture_message("within a session")
with track_session(scope, session_mode="request"):
    pass
sentry_sdk.logger.info("sent {count} of them", count=7, attributes={"colour": "grün", "ready": True, "share": 0.5})
sentry_sdk.metrics.count("jobs.done", 3, attributes={"queue": "slow"})
sentry_sdk.metrics.distribution("jobs.time", 1.5, unit="second")
sentry_sdk.capture_message("dropped")
# Client reports go with what is sent next, after a while.
sentry_sdk.flush(timeout=10)
client = sentry_sdk.get_client()
client.transport._flush_client_reports(force=True)
sentry_sdk.flush(timeout=10)
client.close(timeout=10)
print("done")
