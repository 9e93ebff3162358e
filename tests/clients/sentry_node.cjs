// Sends one exception with @sentry/node.
const Sentry = require("@sentry/node");

Sentry.init({ dsn: process.argv[2], release: "app@1.2.3", environment: "testing", tracesSampleRate: 0 });
Sentry.setTag("colour", "grün");
Sentry.setUser({ id: "42", email: "a@example.com" });
Sentry.addBreadcrumb({ category: "auth", message: "logged in", level: "info" });

function fail(amount) {
  throw new RangeError(`no ${amount}`);
}

try {
  fail(7);
} catch (error) {
  console.log(Sentry.captureException(error));
}
Sentry.close(10000).then((sent) => process.exit(sent ? 0 : 1));
