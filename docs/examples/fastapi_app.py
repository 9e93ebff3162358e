"""Sentry events in a FastAPI application: uvicorn fastapi_app:app, DSN http://key@127.0.0.1:8000/sentry/1."""

from fastapi import FastAPI

from store_protocol import Submission, errors
from store_protocol.asgi import StoreApp

KEYS = {"b70a31b3510c4cf793964a185cfe1fd0"}
app = FastAPI()
received: list[Submission] = []


async def take(submission: Submission) -> None:
    if submission.public_key not in KEYS:
        raise errors.UnknownKey("no project has this key")
    received.append(submission)


app.mount("/sentry", StoreApp(take))
