"""Sends one exception with sentry-sdk, of any version from 1 on."""

import sys

import sentry_sdk

# Version 1 copies the variables of frames, which Python 3.13 (PEP 667) does not allow.
with_variables = sentry_sdk.VERSION.split(".")[0] != "1" or sys.version_info < (3, 13)
sentry_sdk.init(
    sys.argv[1],
    release="app@1.2.3",
    environment="testing",
    send_default_pii=False,
    include_local_variables=with_variables,
)
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
