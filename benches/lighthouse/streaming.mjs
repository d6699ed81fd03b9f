// Measures the chat page while a long reply streams: node streaming.mjs http://127.0.0.1:PORT
// Chromium runs at a quarter of this machine's speed. Prints one JSON line per figure for benches/load.
import { launch, print, signedIn, signUp } from "./shared.mjs";

const [, , url] = process.argv;
const SLOWDOWN = 4;
const SPEED = 200; // tokens per second
const [SHORT, LONG] = [1_000, 10_000]; // tokens

const cookie = await signUp(url);
const browser = await launch({ protocolTimeout: 600_000 });
try {
  const [short, long] = [await stream(SHORT), await stream(LONG)];
  const slope = (of) => Math.log(of(long) / of(short)) / Math.log(LONG / SHORT);
  print({
    name: "main thread, reply of 10,000 tokens of Markdown", unit: "s", value: long.busy, atMost: 12,
    note: `of ${long.lasted.toFixed(1)} s, at a ${SLOWDOWN}th of the speed; ${short.busy.toFixed(2)} s for 1,000 tokens`,
  });
  print({
    name: "longest task, the same", unit: "ms", value: long.longest, atMost: 100,
    note: `${long.recalcs} style recalculations, ${long.layouts} layouts`,
  });
  print({ name: "its bytes over the wire", unit: "KB", value: long.bytes / 1e3, atMost: 500 });
  print({ name: "growth of main-thread time, exponent", value: slope(({ busy }) => busy), atMost: 1.05 });
  print({ name: "growth of bytes, exponent", value: slope(({ bytes }) => bytes), atMost: 1.05 });
} finally {
  await browser.close();
}

/** Asks in a new conversation and measures from the question to the end of its reply. */
async function stream(tokens) {
  const page = await signedIn(browser, url, cookie);
  await page.setViewport({ width: 1280, height: 800 });
  await page.evaluateOnNewDocument(() => {
    window.tasks = [];
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) window.tasks.push({ startTime, duration });
    }).observe({ type: "longtask", buffered: true });
  });
  await page.goto(`${url}/chat`, { waitUntil: "networkidle0" });
  await page.waitForSelector("html[data-app=on]");
  const bytes = await feedBytes(page);
  await page.type("#message", `What should we focus on? #markdown=${tokens} #speed=${SPEED} #first=0`);
  const session = await page.createCDPSession();
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  await page.evaluate(() => {
    // Cheaper than Puppeteer's own waiting, which searches the document after each change.
    window.ended = new Promise((ended) => {
      const look = (changes) => changes.some(({ target }) => target.dataset.status === "complete") && ended();
      new MutationObserver(look).observe(document, { subtree: true, attributeFilter: ["data-status"] });
    });
  });
  const [before, asked] = [await page.metrics(), await page.evaluate(() => performance.now())];
  const began = performance.now();
  await page.keyboard.press("Enter");
  await page.evaluate(() => window.ended);
  const lasted = (performance.now() - began) / 1e3;
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  const after = await page.metrics();
  const tasks = await page.evaluate(() => window.tasks);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await checkStored(page);
  await page.browserContext().close();
  const durations = tasks.filter(({ startTime }) => startTime >= asked).map(({ duration }) => duration);
  return {
    lasted,
    busy: after.TaskDuration - before.TaskDuration,
    recalcs: after.RecalcStyleCount - before.RecalcStyleCount,
    layouts: after.LayoutCount - before.LayoutCount,
    longest: Math.max(0, ...durations),
    bytes: bytes(),
  };
}

/** Returns a function that returns the bytes that the shared worker has received since. */
async function feedBytes(page) {
  const target = await browser.waitForTarget(
    (target) => target.type() === "shared_worker" && target.browserContext() === page.browserContext(),
  );
  const session = await target.createCDPSession();
  let total = 0;
  session.on("Network.dataReceived", ({ dataLength }) => (total += dataLength));
  await session.send("Network.enable");
  return () => total;
}

/** Throws if the streamed reply differs from the stored one. */
async function checkStored(page) {
  const shown = () => page.$$eval(".message-answer .block", (blocks) => blocks.map((block) => block.innerHTML));
  const streamed = await shown();
  const stored = await page.evaluate(async () => {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    return [...page.querySelectorAll(".message-answer .block")].map((block) => block.innerHTML);
  });
  const at = stored.findIndex((html, index) => html !== streamed[index]);
  if (at >= 0 || streamed.length !== stored.length) {
    throw new Error(`block ${at} was streamed as ${streamed[at]} and stored as ${stored[at]}`);
  }
}
