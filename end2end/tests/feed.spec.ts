// The chat page where its live feed, or the script that holds the feed, is out of reach. The page then asks the server
// for the state of a running answer every 5 seconds.
import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { announced, answers, appRuns, ask, expect, signUp, test as base } from "./support";
import type { Page } from "@playwright/test";

const FEED = "/chat/feed";
const HUB = "/scripts/hub.js";
const NOTE = "Live updates are off";

interface Fault {
  path: string;
  answer: (response: ServerResponse) => void;
}

const blocked = (response: ServerResponse) => response.destroy();
const silent = () => {};
const buffered = (response: ServerResponse) =>
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();

/** Puts a proxy before the server, because a page's routes do not see the requests of a shared worker. */
const test = base.extend<{ fault: Fault; hasWorkers: boolean }>({
  fault: [{ path: FEED, answer: blocked }, { option: true }],
  hasWorkers: [true, { option: true }],
  expectedErrors: async ({}, use) => use([/ERR_EMPTY_RESPONSE/]),
  baseURL: async ({ baseURL, fault }, use) => {
    const proxy = createServer((asked, response) => {
      if (asked.url?.startsWith(fault.path)) return fault.answer(response);
      const { method, headers } = asked;
      const onward = request(`${baseURL}${asked.url}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      asked.pipe(onward);
    });
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    await use(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    proxy.closeAllConnections();
    proxy.close();
  },
  page: async ({ page, hasWorkers }, use) => {
    if (!hasWorkers) await page.addInitScript(() => Reflect.deleteProperty(window, "SharedWorker"));
    await use(page);
  },
});

const CASES: Record<string, { fault: Fault; hasWorkers: boolean }> = {
  "the feed is blocked": { fault: { path: FEED, answer: blocked }, hasWorkers: true },
  "the feed is blocked, without shared workers": { fault: { path: FEED, answer: blocked }, hasWorkers: false },
  "the feed never answers": { fault: { path: FEED, answer: silent }, hasWorkers: true },
  "the feed never answers, without shared workers": { fault: { path: FEED, answer: silent }, hasWorkers: false },
  "a proxy buffers the feed": { fault: { path: FEED, answer: buffered }, hasWorkers: true },
  "the hub's script is blocked": { fault: { path: HUB, answer: blocked }, hasWorkers: true },
  "the hub's script is blocked, without shared workers": { fault: { path: HUB, answer: blocked }, hasWorkers: false },
};

async function openChat(page: Page) {
  await signUp(page);
  await page.goto("/chat");
  await appRuns(page);
}

for (const [name, { fault, hasWorkers }] of Object.entries(CASES)) {
  test.describe(name, () => {
    test.use({ fault, hasWorkers });

    test("an answer grows, Stop says so, and the next answer completes, without a reload", async ({ page }) => {
      await openChat(page);
      const said = await announced(page);
      let loads = 0;
      page.on("domcontentloaded", () => (loads += 1));
      await ask(page, "Slowly #tokens=2000 #speed=20");
      const [first, last] = [answers(page).first(), answers(page).last()];
      const words = async () => (await first.locator(".message-body").innerText()).split(/\s+/).filter(Boolean).length;
      await expect.poll(words).toBeGreaterThan(20);
      await expect.poll(words).toBeGreaterThan((await words()) + 20);
      const noted = page.getByText(fault.path === HUB ? NOTE : "Reconnecting…");
      await expect(noted).toBeVisible();
      await page.getByRole("button", { name: "Stop" }).click();
      await expect(first).toHaveAttribute("data-status", "stopped", { timeout: 8_000 });
      await expect(first).toContainText("You stopped this answer.");
      await ask(page, "The next #tokens=5");
      await expect(answers(page)).toHaveCount(2);
      await expect(last).toHaveAttribute("data-status", "complete");
      await expect(last).toContainText("w4");
      expect(loads).toBe(0);
      const begun = expect.stringMatching(/is (thinking|answering)\.$/);
      expect(said.filter((text) => !text.startsWith(NOTE))).toEqual([
        begun, "Answer stopped.", begun, "Answer complete.",
      ]);
      expect(said.filter((text) => text.startsWith(NOTE))).toHaveLength(fault.path === HUB ? 1 : 0);
    });
  });
}

test("one request at a time is sent, and none after the end of the answer", async ({ page }) => {
  await openChat(page);
  await ask(page, "First #tokens=3");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  const requests = { sent: 0, open: 0, most: 0 };
  await page.route("**/api/load_chat*", async (route) => {
    requests.sent += 1;
    requests.open += 1;
    requests.most = Math.max(requests.most, requests.open);
    // Longer than the interval.
    await page.waitForTimeout(7_000);
    requests.open -= 1;
    await route.continue();
  });
  await ask(page, "Second #tokens=150 #speed=15");
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await expect.poll(() => requests.open, { timeout: 10_000 }).toBe(0);
  const { sent, most } = requests;
  expect(most).toBe(1);
  expect(sent).toBeGreaterThan(1);
  await page.waitForTimeout(7_000);
  expect(requests.sent).toBe(sent);
});
