// Sends an item of each kind that @sentry/node makes.
const Sentry = require("@sentry/node");

Sentry.init({
  dsn: process.argv[2],
  release: "app@1.2.3",
  environment: "testing",
  tracesSampleRate: 1,
  enableLogs: true,
  beforeSend: (event) => (event.message === "dropped" ? null : event),
});

async function main() {
  Sentry.getIsolationScope().addAttachment({ filename: "notes.txt", data: "grün\n", contentType: "text/plain" });
  const monitor = { schedule: { type: "interval", value: 5, unit: "minute" }, maxRuntime: 10, timezone: "Europe/Vienna" };
  const checkInId = Sentry.captureCheckIn({ monitorSlug: "nightly-job", status: "in_progress" }, monitor);
  Sentry.captureCheckIn({ checkInId, monitorSlug: "nightly-job", status: "error", duration: 1.5 });
  await Sentry.startSpan({ name: "outer", op: "task" }, () => Sentry.startSpan({ name: "inner" }, () => {}));
  Sentry.captureFeedback({ message: "it broke", name: "Zoë", email: "a@example.com" });
  Sentry.logger.warn("sent 7 of them", { colour: "grün", ready: true, share: 0.5, count: 7 });
  Sentry.metrics.count("jobs.done", 3, { attributes: { queue: "slow" } });
  Sentry.metrics.distribution("jobs.time", 1.5, { unit: "second" });
  Sentry.startSession();
  Sentry.captureException(new RangeError("no 7"));
  Sentry.endSession();
  Sentry.captureMessage("dropped");
  await Sentry.flush(10000);
  Sentry.getClient()._flushOutcomes();
  await Sentry.close(10000);
  console.log("done");
}

main().then(() => process.exit(0));
