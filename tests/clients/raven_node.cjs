// Sends one exception with raven, @sentry/node's predecessor.
const Raven = require("raven");

Raven.config(process.argv[2], { release: "app@1.2.3", environment: "testing", autoBreadcrumbs: false }).install();
Raven.setContext({ tags: { colour: "grün" }, user: { id: "42", email: "a@example.com" } });
Raven.captureBreadcrumb({ category: "auth", message: "logged in", level: "info" });

function fail(amount) {
  throw new RangeError(`no ${amount}`);
}

try {
  fail(7);
} catch (error) {
  Raven.captureException(error, (failure, eventId) => {
    console.log(eventId);
    process.exit(failure ? 1 : 0);
  });
}
