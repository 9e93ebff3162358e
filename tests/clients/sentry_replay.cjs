// Sends a replay with @sentry/browser, of a page in jsdom.
const path = require("path");
const { buildSync } = require("esbuild");
const { JSDOM } = require("jsdom");

const SOURCE = `
  import * as Sentry from "@sentry/browser";
  Sentry.init({
    dsn: window.dsn,
    release: "app@1.2.3",
    environment: "testing",
    replaysSessionSampleRate: 1,
    integrations: [Sentry.replayIntegration({ useCompression: false, minReplayDuration: 0 })],
  });
  document.getElementById("b").addEventListener("click", () => document.body.append("more"));
  setTimeout(async () => {
    document.getElementById("b").click();
    Sentry.captureException(new RangeError("no 7"));
    await Sentry.getReplay().flush();
    await Sentry.close(10000);
    window.done();
  }, 500);
`;

const modules = path.dirname(path.dirname(path.dirname(require.resolve("esbuild"))));
const stdin = { contents: SOURCE, resolveDir: path.dirname(modules) };
const built = buildSync({ stdin, bundle: true, format: "iife", write: false, charset: "utf8", logLevel: "error" });

const page = new JSDOM("<!doctype html><title>page</title><button id=b>send</button>", {
  url: "http://localhost/page?a=b",
  pretendToBeVisual: true,
  runScripts: "outside-only",
});
page.window.dsn = process.argv[2];
page.window.done = () => {
  console.log("done");
  process.exit(0);
};
// What browsers have and jsdom lacks.
Object.assign(page.window, { fetch, TextEncoder, Response });
page.window.performance.getEntriesByType = () => [];
page.window.eval(built.outputFiles[0].text);
