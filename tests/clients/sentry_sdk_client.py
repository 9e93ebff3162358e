"""Sends one exception with sentry-sdk, of any version from 1 on."""

import sys

import sentry_sdk

sentry_sdk.init(sys.argv[1], release="app@1.2.3", environment="testing", send_default_pii=False)
sentry_sdk.set_tag("colour", "grün")
sentry_sdk.set_user({"id": "42", "email": "a@example.com"})
sentry_sdk.add_breadcrumb(category="auth", message="logged in", level="info")


def fail(amount):
    raise ValueError(f"no {amount}")


try:
    fail(7)
except ValueError:
    print(sentry_sdk.capture_exception())
sentry_sdk.flush(timeout=10)
