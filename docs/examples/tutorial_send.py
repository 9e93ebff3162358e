"""Fail, and send the error to a DSN: python tutorial_send.py DSN."""

import sys

import sentry_sdk

sentry_sdk.init(sys.argv[1])


def average(prices: list[float]) -> float:
    return sum(prices) / len(prices)


try:
    average([])
except ZeroDivisionError:
    sentry_sdk.capture_exception()
sentry_sdk.flush()
