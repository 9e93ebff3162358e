"""Sends one exception with raven, sentry-sdk's predecessor."""

import sys

import raven

client = raven.Client(
    sys.argv[1] + "?timeout=10", release="app@1.2.3", environment="testing", transport=raven.transport.HTTPTransport
)
client.tags_context({"colour": "grün"})
client.user_context({"id": "42", "email": "a@example.com"})
raven.breadcrumbs.record(category="auth", message="logged in", level="info")


def fail(amount):
    raise ValueError(f"no {amount}")


try:
    fail(7)
except ValueError:
    print(client.captureException())
