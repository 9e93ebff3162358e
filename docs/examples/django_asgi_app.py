"""Sentry events beside Django under ASGI: uvicorn django_asgi_app:application, DSN http://key@127.0.0.1:8000/sentry/1."""

from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

from store_protocol import RequestHead, Submission, errors
from store_protocol.asgi import StoreApp

# A project has its settings in a module of its own.
if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="for-the-example-only")

KEYS = {"b70a31b3510c4cf793964a185cfe1fd0"}
received: list[Submission] = []


async def check(head: RequestHead) -> None:
    if head.public_key not in KEYS:
        raise errors.UnknownKey("no project has this key")


async def take(submission: Submission) -> None:
    received.append(submission)


urlpatterns: list[Any] = []
django: Any = get_asgi_application()
store = StoreApp(take, on_head=check)


async def application(scope: Any, receive: Any, send: Any) -> None:
    # Django takes nothing but requests: the start and the stop of the server are told to the other application.
    if scope["type"] != "http" or scope["path"].startswith("/sentry/"):
        await store(scope, receive, send)
    else:
        await django(scope, receive, send)
