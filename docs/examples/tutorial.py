"""Receive Sentry events, keep them in SQLite, and show them.

python tutorial.py serve [PORT]    receives until Ctrl+C
python tutorial.py show            shows what was received
"""

import sqlite3
import sys
from wsgiref.simple_server import make_server

from store_protocol import Event, Submission, decode_event, encode_event, errors
from store_protocol.describe import errors_of, stack_trace, time_of, title
from store_protocol.wsgi import StoreApp

#: The projects that may send, by their public keys.
PROJECTS = {"b70a31b3510c4cf793964a185cfe1fd0": "1"}

database = sqlite3.connect("events.db")
database.execute("CREATE TABLE IF NOT EXISTS events (event_id TEXT PRIMARY KEY, project TEXT, event BLOB)")


def take(submission: Submission) -> None:
    """Keep the events of a request, once its key is checked."""
    project = PROJECTS.get(submission.public_key or "")
    if project is None or project != submission.project_id:
        raise errors.UnknownKey("no project has this key")
    rows = [(event.event_id, project, encode_event(event)) for event in submission.events]
    with database:
        database.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?)", rows)


def show(event: Event) -> None:
    """Print when and what happened, where, and what of the event could not be taken."""
    print(f"{time_of(event):%Y-%m-%d %H:%M:%S} {event.level}: {title(event)}")
    if trace := stack_trace(event):
        print(trace)
    for error in errors_of(event):
        print(f"  not taken: {error.name}: {error.reason}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["show"]:
        for (row,) in database.execute("SELECT event FROM events"):
            show(decode_event(row))
    else:
        port = int(sys.argv[2]) if sys.argv[2:] else 8000
        (key, project), *_ = PROJECTS.items()
        with make_server("127.0.0.1", port, StoreApp(take)) as server:
            print(f"DSN: http://{key}@127.0.0.1:{server.server_port}/{project}", flush=True)
            server.serve_forever()
