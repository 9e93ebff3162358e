"""A shop in Flask with sentry-sdk: an error in a request, and each item that the SDK sends beside it."""

import logging
import os
import time

import sentry_sdk
from flask import Flask, request
from sentry_sdk.crons import monitor
from sentry_sdk.integrations.argv import ArgvIntegration

# Spans by themselves take the place of transactions, and profiles of a process that of profiles of transactions.
STREAMED = "SPANS" in os.environ

sentry_sdk.init(
    os.environ["SENTRY_DSN"],
    release="shop@2.3.1",
    environment="production",
    server_name="web-1",
    send_default_pii=True,
    traces_sample_rate=1.0,
    profiles_sample_rate=0.0 if STREAMED else 1.0,
    profile_session_sample_rate=1.0 if STREAMED else 0.0,
    trace_lifecycle="stream" if STREAMED else "static",
    enable_logs=True,
    disabled_integrations=[ArgvIntegration()],
    before_send=lambda event, hint: None if "ignored" in event.get("tags", {}) else event,
)
app = Flask("shop")
log = logging.getLogger("shop.checkout")
STOCK = {"apple": 3, "pear": 0}


class OutOfStock(Exception):
    pass


def reserve(product, amount):
    left = STOCK[product]
    if left < amount:
        raise OutOfStock(f"only {left} of {product} left")
    STOCK[product] = left - amount


@app.post("/checkout")
def checkout():
    order = request.get_json()
    sentry_sdk.set_tag("payment", "invoice")
    sentry_sdk.set_user({"id": "42", "email": "ada@example.com"})
    log.info("checking out %d products", len(order["products"]))
    sentry_sdk.metrics.count("checkout.started", 1, attributes={"payment": "invoice"})
    with sentry_sdk.start_span(op="db", name="SELECT stock FROM products WHERE name = %s"):
        time.sleep(0.05)
    for product, amount in order["products"].items():
        try:
            reserve(product, amount)
        except KeyError as error:
            raise LookupError(product) from error
    return {"ordered": True}


@monitor(monitor_slug="restock", monitor_config={"schedule": {"type": "crontab", "value": "0 5 * * *"}, "timezone": "UTC"})
def restock():
    STOCK["apple"] += 10


def post(client, products):
    headers = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    address = {"REMOTE_ADDR": "203.0.113.7"}
    body = {"products": products}
    return client.post("/checkout", "https://shop.example", json=body, headers=headers, environ_base=address)


with app.test_client() as client:
    if STREAMED:
        sentry_sdk.profiler.start_profiler()
    sentry_sdk.get_global_scope().add_attachment(b"apple 3\npear 0\n", filename="stock.txt", content_type="text/plain")
    post(client, {"apple": 1, "pear": 1})
    sentry_sdk.get_global_scope().clear()
    post(client, {"apple": 1})
    restock()
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("ignored", "yes")
        sentry_sdk.capture_message("not sent")
if STREAMED:
    sentry_sdk.profiler.stop_profiler()
sentry_sdk.flush(10)
