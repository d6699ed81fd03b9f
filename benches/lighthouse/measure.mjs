// Measures pages in a browser: node measure.mjs http://127.0.0.1:PORT
// Prints one JSON line per figure for benches/load. Failed audits go to stderr.
import lighthouse from "lighthouse";
import { launch, print, signedIn, signUp } from "./shared.mjs";

const [, , url] = process.argv;
const RUNS = 3; // the median is reported
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const SIZES = [
  { name: "phone", width: 390, height: 844, isMobile: true, hasTouch: true },
  { name: "desktop", width: 1280, height: 800 },
];

const cookie = await signUp(url);
const browser = await launch();
try {
  for (const [path, cookies] of [["/", null], ["/chat", cookie], ["/profile", cookie]]) {
    await lighthousePage(path, cookies);
  }
  for (const size of SIZES) await layoutWhileStreaming(size);
} finally {
  await browser.close();
}

// Runs Lighthouse with its defaults: a phone on a slow network with an empty cache.
async function lighthousePage(path, cookies) {
  const scores = Object.fromEntries(CATEGORIES.map((category) => [category, []]));
  const wanting = new Map();
  for (let run = 0; run < RUNS; run++) {
    const page = await browser.newPage();
    const flags = {
      output: "json", logLevel: "error", onlyCategories: CATEGORIES,
      extraHeaders: cookies ? { Cookie: cookies } : undefined,
    };
    const { lhr } = await lighthouse(url + path, flags, undefined, page);
    await page.close();
    if (lhr.runtimeError) throw new Error(`Lighthouse on ${path}: ${lhr.runtimeError.message}`);
    if (new URL(lhr.finalDisplayedUrl).pathname !== path) {
      throw new Error(`${path} led to ${lhr.finalDisplayedUrl}`);
    }
    for (const category of CATEGORIES) {
      const { score, auditRefs } = lhr.categories[category];
      scores[category].push(Math.round(score * 100));
      for (const { id, weight } of auditRefs) {
        const audit = lhr.audits[id];
        if (weight > 0 && audit.score !== null && audit.score < 0.9) {
          wanting.set(id, `${category}: ${audit.title} ${audit.displayValue ?? ""}`);
        }
      }
    }
  }
  for (const text of wanting.values()) console.error(`bench:   Lighthouse on ${path}: ${text}`);
  const medians = CATEGORIES.map((category) => scores[category].sort((a, b) => a - b)[RUNS >> 1]);
  print({
    name: `Lighthouse on ${path}, lowest category`,
    value: Math.min(...medians),
    atLeast: 95,
    note: CATEGORIES.map((category, i) => `${category} ${medians[i]}`).join(", "),
  });
}

// Sums the layout shifts without recent input, from the question to the end of its reply.
async function layoutWhileStreaming({ name, ...viewport }) {
  const page = await signedIn(browser, url, cookie);
  await page.setViewport(viewport);
  await page.evaluateOnNewDocument(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        const what = (source) => source.node?.className || source.node?.nodeName || "?";
        window.shifts.push({ value, what: sources.map(what).join(", ") });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(`${url}/chat`, { waitUntil: "networkidle0" });
  await page.type("#message", "What should we focus on this quarter? #speed=40 #first=300");
  await page.keyboard.press("Enter");
  await page.waitForSelector('.message-answer[data-status="complete"]', { timeout: 60_000 });
  const shifts = await page.evaluate(() => window.shifts);
  const words = await page.$eval(".message-answer", (answer) => answer.innerText.split(/\s+/).length);
  await page.browserContext().close();
  for (const { value, what } of shifts) console.error(`bench:   shift of ${value} (${name}): ${what}`);
  print({
    name: `layout shift while an answer streams, ${name}`,
    value: shifts.reduce((sum, { value }) => sum + value, 0),
    atMost: 0,
    note: `${words} words`,
  });
}
