// The start of the app, and the page if the app does not start.
import type { Page } from "@playwright/test";
import { answers, appRuns, ask, expect, signUp, test } from "./support";

const note = (page: Page) => page.locator("#app-note");

test.describe("the start", () => {
  test("causes no layout shift and keeps typed text, focus, selection and scroll position", async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await ask(page, "Long #tokens=900 #speed=2000");
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
    let go = () => {};
    const held = new Promise<void>((done) => (go = done));
    await page.route("**/*.wasm", async (route) => {
      await held;
      await route.continue();
    });
    await page.addInitScript(() => {
      const state = Object.assign(window, { shifts: 0 });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) state.shifts += (entry as unknown as { value: number }).value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.reload();
    const box = page.locator("#message");
    await box.fill("Typed before the start");
    await box.evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(6, 12));
    const scroller = page.locator(".messages");
    const top = () => page.locator(".block").first().evaluate((block) => block.getBoundingClientRect().top);
    await scroller.evaluate((element) => element.scrollBy(0, -300));
    const before = await top();
    go();
    await appRuns(page);
    await expect(box).toHaveValue("Typed before the start");
    await expect(box).toBeFocused();
    expect(await box.evaluate((a: HTMLTextAreaElement) => [a.selectionStart, a.selectionEnd])).toEqual([6, 12]);
    await page.waitForTimeout(200);
    expect(Math.abs((await top()) - before)).toBeLessThan(2);
    expect(await page.evaluate(() => (window as unknown as { shifts: number }).shifts)).toBeLessThan(0.01);
    await page.keyboard.press("End");
    await page.keyboard.type(" #tokens=3");
    await page.keyboard.press("Enter");
    await expect(page.locator("article.message-user").last()).toContainText("Typed before the start #tokens=3");
  });

  test("begins at the latest message without fetching data", async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await ask(page, "Long #tokens=900 #speed=2000");
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.reload();
    await appRuns(page);
    await expect(answers(page).first()).toContainText("w899");
    await expect(page.locator(".block").last()).toBeInViewport();
    expect(asked.filter((path) => path.startsWith("/api"))).toEqual([]);
  });

  test("keeps opened elements open", async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await ask(page, "Short #tokens=3");
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
    let go = () => {};
    const held = new Promise<void>((done) => (go = done));
    await page.route("**/*.wasm", async (route) => {
      await held;
      await route.continue();
    });
    await page.reload();
    await page.getByRole("button", { name: "More" }).click();
    await page.getByText("Delete conversation").click();
    await page.getByLabel("Title").fill("Half a na");
    go();
    await appRuns(page);
    await expect(page.getByLabel("Title")).toHaveValue("Half a na");
    await expect(page.getByLabel("Title")).toBeFocused();
    await expect(page.getByRole("button", { name: "Delete", exact: true })).toBeVisible();
  });
});

/** Failures of the app's files, each simulated by intercepting requests. */
const FAULTS: Record<string, (page: Page) => Promise<void>> = {
  "the module never arrives": (page) => page.route("**/*.wasm", (route) => route.abort()),
  "the script never arrives": (page) => page.route("**/pkg/*.js", (route) => route.abort()),
  "the script of the live connection never arrives": (page) => page.route("**/scripts/chat.js*", (route) => route.abort()),
  "the module is gone": (page) => page.route("**/*.wasm", (route) => route.fulfill({ status: 404, body: "gone" })),
  "the module is garbage": (page) =>
    page.route("**/*.wasm", (route) => route.fulfill({ contentType: "application/wasm", body: "garbage" })),
  "the script is of another build": (page) =>
    page.route("**/pkg/*.js", (route) =>
      route.fulfill({ contentType: "text/javascript", body: "export default async () => {};" }),
    ),
  "the module traps": (page) =>
    page.route("**/pkg/*.js", (route) =>
      route.fulfill({
        contentType: "text/javascript",
        body: "export default async () => {}; export function start() { throw new WebAssembly.RuntimeError('unreachable'); }",
      }),
    ),
};

test.describe("without the app", () => {
  test.use({ expectedErrors: [/./] });

  test("a question refused because of another window keeps its text and its reason until the answer has ended", async ({
    page,
    context,
  }) => {
    await signUp(page);
    await page.route("**/*.wasm", (route) => route.abort());
    await page.goto("/chat");
    await expect(page.locator("html")).toHaveAttribute("data-app", "off");
    await ask(page, "First #tokens=3");
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
    const other = await context.newPage();
    await other.goto(page.url());
    await appRuns(other);
    await ask(other, "Slowly #tokens=5000 #speed=20");
    await expect(answers(other).last()).toContainText("w1");
    await ask(page, "Meanwhile #tokens=3");
    const reason = page.locator("#message-error");
    await expect(reason).toContainText("Wait for the end");
    // Longer than two refreshes.
    await expect(answers(page).last()).toContainText("w80", { timeout: 20_000 });
    await expect(reason).toContainText("Wait for the end");
    await expect(page.locator("#message")).toHaveValue("Meanwhile #tokens=3");
    await other.getByRole("button", { name: "Stop" }).click();
    await expect(answers(page).last()).toHaveAttribute("data-status", "stopped");
    await expect(reason).toHaveCount(0);
    await page.getByRole("button", { name: "Ask", exact: true }).click();
    await expect(answers(page)).toHaveCount(3);
  });

  for (const [name, fault] of Object.entries(FAULTS)) {
    test(`${name}: the page works as without scripts`, async ({ page }) => {
      await signUp(page);
      await fault(page);
      let loads = 0;
      page.on("domcontentloaded", () => (loads += 1));
      await page.goto("/chat");
      await expect(page.locator("html")).toHaveAttribute("data-app", "off");
      expect(loads, "one reload").toBe(2);
      await expect(note(page)).toContainText("Live updates are off");
      await expect(page.getByText("Enter sends")).toBeHidden();
      await ask(page, "Slowly #tokens=120 #speed=40");
      await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
      const answer = answers(page).first();
      await expect(answer).toContainText("w2");
      await expect(page.locator("html")).toHaveAttribute("data-app", "off");
      loads = 0;
      // Text typed meanwhile is kept.
      await page.locator("#message").pressSequentially("The next", { delay: 50 });
      await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
      await expect(answer).toContainText("w119");
      await expect(page.locator("#message")).toHaveValue("The next");
      await expect(page.locator("#message")).toBeFocused();
      expect(loads, "refreshed, not reloaded").toBe(0);
      await expect(note(page)).toHaveCount(1);
      await ask(page, "The next #tokens=3");
      await expect(answers(page)).toHaveCount(2);
      await expect(answers(page).last()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
    });
  }

  test("stop works", async ({ page }) => {
    await signUp(page);
    await FAULTS["the module is gone"](page);
    await page.goto("/chat");
    await expect(page.locator("html")).toHaveAttribute("data-app", "off");
    await ask(page, "Endless #tokens=5000 #speed=30");
    await expect(answers(page).first()).toContainText("w3");
    await page.getByRole("button", { name: "Stop" }).click();
    await expect(answers(page).first()).toHaveAttribute("data-status", "stopped");
  });

  for (const storage of [true, false]) {
    const named = storage ? "" : ", storage switched off";
    test(`a file that is gone after a deploy: one reload${named}, and what was typed stays`, async ({ page }) => {
      await signUp(page);
      if (!storage) {
        await page.addInitScript(() => {
          Object.defineProperty(window, "sessionStorage", { get: () => { throw new DOMException("off", "SecurityError"); } });
        });
      }
      let missing = 1;
      let go = () => {};
      const held = new Promise<void>((done) => (go = done));
      await page.route("**/*.wasm", async (route) => {
        await held;
        missing -= 1;
        if (missing < 0) return route.continue();
        return route.fulfill({ status: 404, body: "gone" });
      });
      await page.goto("/chat");
      await page.locator("#message").fill("Typed before");
      go();
      await appRuns(page);
      await expect(page.locator("#message")).toHaveValue("Typed before");
      await expect(note(page)).toHaveCount(0);
      await ask(page, "Now #tokens=5");
      await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
    });

    test(`a file that stays away: no more than one reload${named}`, async ({ page }) => {
      await signUp(page);
      if (!storage) {
        await page.addInitScript(() => {
          Object.defineProperty(window, "sessionStorage", { get: () => { throw new DOMException("off", "SecurityError"); } });
        });
      }
      await FAULTS["the module is gone"](page);
      let loads = 0;
      page.on("domcontentloaded", () => (loads += 1));
      await page.goto("/chat");
      await expect(page.locator("html")).toHaveAttribute("data-app", "off");
      await page.waitForTimeout(1_000);
      expect(loads).toBe(2);
    });
  }

  test("an app that starts late takes over the page", async ({ page }) => {
    await signUp(page);
    let go = () => {};
    const held = new Promise<void>((done) => (go = done));
    await page.route("**/*.wasm", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto("/chat");
    await expect(note(page)).toContainText("Live updates are off", { timeout: 20_000 });
    await page.locator("#message").fill("Typed");
    go();
    await appRuns(page);
    await expect(note(page)).toBeEmpty();
    await ask(page, "Now #tokens=5");
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  });

  test("an app that crashes leaves a page that works, with what was typed", async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await appRuns(page);
    await ask(page, "Slowly #tokens=200 #speed=40");
    await expect(answers(page).first()).toContainText("w3");
    await page.locator("#message").fill("The next");
    await page.evaluate(() => {
      setTimeout(() => {
        throw new WebAssembly.RuntimeError("unreachable");
      });
    });
    await expect(note(page)).toContainText("Live updates are off");
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
    await expect(answers(page).first()).toContainText("w199");
    await expect(page.locator("#message")).toHaveValue("The next");
    await ask(page, "The next #tokens=3");
    // The form post loads a new document, in which the app runs again.
    await appRuns(page);
    await expect(answers(page)).toHaveCount(2);
    await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
  });
});
