// A shop as an HTTP server with @sentry/node: an error in a request.
const Sentry = require("@sentry/node");

Sentry.init({
  dsn: process.env.SENTRY_DSN,
  release: "shop@2.3.1",
  environment: "production",
  serverName: "web-1",
  tracesSampleRate: 1.0,
});
const http = require("node:http");

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

const server = http.createServer((request, response) => {
  Sentry.setTag("payment", "invoice");
  Sentry.setUser({ id: "42", email: "ada@example.com" });
  Sentry.addBreadcrumb({ category: "checkout", message: "2 products", level: "info", data: { products: 2 } });
  console.warn("pear is low");
  try {
    reserve("apple", 1);
    reserve("pear", 1);
    response.end("ordered");
  } catch (error) {
    Sentry.captureException(new Error("checkout failed", { cause: error }));
    response.statusCode = 409;
    response.end("out of stock");
  }
});

server.listen(8000, "127.0.0.1", () => {
  const options = { method: "POST", headers: { "Content-Type": "application/json", "User-Agent": "curl/8.5.0" } };
  http
    .request("http://127.0.0.1:8000/checkout?coupon=SPRING", options, (response) => {
      response.resume();
      response.on("end", async () => {
        server.close();
        await Sentry.close(10000);
        process.exit(0);
      });
    })
    .end('{"products":{"apple":1,"pear":1}}');
});
