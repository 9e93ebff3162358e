// The page of a shop with @sentry/browser: an error of a click, feedback, and the recording of the page.
import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: window.dsn,
  release: "shop@2.3.1",
  environment: "production",
  integrations: [Sentry.browserTracingIntegration(), Sentry.replayIntegration({ minReplayDuration: 0 })],
  tracesSampleRate: 1.0,
  replaysSessionSampleRate: 1.0,
});
Sentry.setTag("payment", "invoice");
Sentry.setUser({ id: "42", email: "ada@example.com" });

const stock = { apple: 3, pear: 0 };

class OutOfStock extends Error {
  name = "OutOfStock";
}

function reserve(product, amount) {
  if (stock[product] < amount) {
    throw new OutOfStock(`only ${stock[product]} of ${product} left`);
  }
  stock[product] -= amount;
}

const button = document.querySelector("button");
button.addEventListener("click", () => {
  console.warn("pear is low");
  reserve("pear", 1);
});
button.click();
Sentry.captureFeedback({ name: "Ada", email: "ada@example.com", message: "I can't order pears." });
await new Promise((resolve) => setTimeout(resolve, 6000));
await Sentry.flush(10000);
await fetch("done");
