// What the page of the browser test loads: @sentry/browser, made one file by esbuild.
import * as Sentry from "@sentry/browser";

const options = new URLSearchParams(location.search);
Sentry.init({
  dsn: options.get("dsn"),
  tunnel: options.get("tunnel") || undefined,
  release: "app@1.2.3",
  environment: "testing",
  // A header of its own makes the browser ask the server first.
  transportOptions: options.get("preflight") ? { headers: { "X-Requested-With": "test" } } : {},
});
Sentry.setTag("colour", "grün");
Sentry.setUser({ id: "42", email: "a@example.com" });
Sentry.addBreadcrumb({ category: "auth", message: "logged in", level: "info" });

function fail(amount) {
  throw new RangeError(`no ${amount}`);
}

async function report() {
  try {
    fail(7);
  } catch (error) {
    Sentry.captureException(error);
  }
  await Sentry.flush(10000);
}

await report();
// What the server said of its limits can be read here only if its answer allows that.
Sentry.captureMessage("once more");
await Sentry.flush(10000);
// Told to the server of this page, so that the test knows when all is done.
await fetch("done");
