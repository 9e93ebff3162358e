"""Shows the page of the shop to headless Chromium until it says that it is done; esbuild has made page/shop.js."""

import functools
import http.server
import os
import re
import subprocess
import tempfile
import threading
from pathlib import Path

PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Shop</title>
    <script src="dsn.js"></script>
    <script type="module" src="shop.js"></script>
  </head>
  <body>
    <h1>Checkout</h1>
    <img src="https://tracker.example/pixel.gif?page=checkout" alt="" />
    <button id="order" class="primary">Order 1 pear</button>
  </body>
</html>
"""
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
done = threading.Event()


DSN = os.environ["SENTRY_DSN"]
KEY, HOST, PROJECT = re.fullmatch("http://(.+)@(.+)/(.+)", DSN).groups()
POLICY = f"default-src 'self' 'unsafe-inline' http://{HOST} blob:; report-uri http://{HOST}/api/{PROJECT}/security/?sentry_key={KEY}"


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_):
        if self.path == "/done":
            done.set()


Path("page/checkout.html").write_text(PAGE)
Path("page/dsn.js").write_text(f'window.dsn = "{DSN}";')
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory="page")) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                f"--host-resolver-rules=MAP shop.example 127.0.0.1:{server.server_port}",
                f"--user-agent={AGENT}",
                f"--user-data-dir={profile}",
                "http://shop.example/checkout.html",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        done.wait(90)
        browser.terminate()
        browser.wait(10)
    server.shutdown()
