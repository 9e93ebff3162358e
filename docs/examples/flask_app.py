"""Sentry events in a Flask application: flask --app flask_app run, DSN http://key@127.0.0.1:5000/sentry/1."""

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from store_protocol import Submission, errors
from store_protocol.wsgi import StoreApp

KEYS = {"b70a31b3510c4cf793964a185cfe1fd0"}
app = Flask(__name__)
received: list[Submission] = []


def take(submission: Submission) -> None:
    if submission.public_key not in KEYS:
        raise errors.UnknownKey("no project has this key")
    received.append(submission)


app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/sentry": StoreApp(take)})  # type: ignore[method-assign]
