"""Sentry events in a Django project: python django_app.py runserver 8000, DSN http://key@127.0.0.1:8000/sentry/1."""

import sys

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt

from store_protocol import Submission, errors
from store_protocol.wsgi import StoreApp

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="for-the-example-only", APPEND_SLASH=False)

KEYS = {"b70a31b3510c4cf793964a185cfe1fd0"}
received: list[Submission] = []


def take(submission: Submission) -> None:
    if submission.public_key not in KEYS:
        raise errors.UnknownKey("no project has this key")
    received.append(submission)


store = StoreApp(take)


@csrf_exempt  # type: ignore[untyped-decorator, unused-ignore]
def sentry(request: WSGIRequest) -> HttpResponse:
    # The body is left to StoreApp: Django would read no chunked one, and hold each to a limit of its own.
    answer = HttpResponse()

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        answer.status_code = int(status.split(maxsplit=1)[0])
        for name, value in headers:
            answer[name] = value

    answer.content = b"".join(store(request.environ, start_response))
    return answer


urlpatterns = [re_path(r"^sentry/", sentry)]
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
