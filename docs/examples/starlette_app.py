"""Sentry events in a Starlette application: uvicorn starlette_app:app, DSN http://key@127.0.0.1:8000/sentry/1."""

from starlette.applications import Starlette
from starlette.routing import Mount

from store_protocol import Submission, errors
from store_protocol.asgi import StoreApp

KEYS = {"b70a31b3510c4cf793964a185cfe1fd0"}
received: list[Submission] = []


async def take(submission: Submission) -> None:
    if submission.public_key not in KEYS:
        raise errors.UnknownKey("no project has this key")
    received.append(submission)


app = Starlette(routes=[Mount("/sentry", app=StoreApp(take))])
