// Several windows of one browser, and the chat page while a reply streams.
import { announced, answers, appRuns, ask, expect, signUp, test } from "./support";
import AxeBuilder from "@axe-core/playwright";
import type { BrowserContext, Page } from "@playwright/test";

const SLOW = "#tokens=5000 #speed=20";
const questions = (page: Page) => page.locator("article.message-user");

/** Asks in a new conversation and returns while the answer streams. */
async function begin(page: Page, question: string) {
  await page.goto("/chat");
  // Before the app runs, the browser itself would post the form, and Enter would insert a line break.
  await appRuns(page);
  await ask(page, question);
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
  // Waits for the stored conversation; before that, the page shows the question as pending.
  await expect(page.locator("article.message-answer[id]")).toBeVisible();
}

/** Opens the same conversation in another window of the browser. */
async function otherWindow(context: BrowserContext, page: Page) {
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(answers(other).first()).toBeVisible();
  await appRuns(other);
  return other;
}

test("eight windows with running answers all load and progress, and Stop takes effect at once", async ({
  page,
  context,
}) => {
  test.setTimeout(180_000);
  await signUp(page);
  const windows = [page];
  while (windows.length < 8) windows.push(await context.newPage());
  for (const [number, window] of windows.entries()) await begin(window, `Window ${number} ${SLOW}`);
  // Reloads all windows while all eight replies run.
  for (const window of windows) await window.reload({ timeout: 5_000 });
  for (const window of windows) {
    const body = answers(window).first().locator(".message-body");
    const words = async () => (await body.innerText()).split(/\s+/).length;
    const before = await words();
    await expect.poll(words, { timeout: 5_000 }).toBeGreaterThan(before);
  }
  const [last] = windows.slice(-1);
  await last.bringToFront();
  const began = Date.now();
  await last.getByRole("button", { name: "Stop" }).click();
  await expect(answers(last).first()).toHaveAttribute("data-status", "stopped", { timeout: 3_000 });
  expect(Date.now() - began).toBeLessThan(2_000);
});

test("without shared workers a window shows its answer by itself", async ({ page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, "SharedWorker"));
  await signUp(page);
  await begin(page, "Alone #tokens=40");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  await expect(answers(page).first()).toContainText("w39");
});

test("a question asked in one window appears in the other", async ({ page, context }) => {
  await signUp(page);
  await begin(page, "First #tokens=5");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  const other = await otherWindow(context, page);
  await other.locator("#message").fill("half a thought");
  await page.bringToFront();
  await ask(page, "Second #tokens=60 #speed=30");
  await expect(questions(other)).toHaveCount(2);
  await expect(questions(other).last()).toContainText("Second");
  await expect(answers(other).last()).toHaveAttribute("data-status", "complete");
  await expect(answers(other).last()).toContainText("w59");
  await expect(other.locator("#message")).toHaveValue("half a thought");
});

test("a conversation deleted elsewhere while it streams says so, and the next question begins a new one", async ({
  page,
  context,
}) => {
  await signUp(page);
  await begin(page, `Short-lived ${SLOW}`);
  const other = await otherWindow(context, page);
  await page.getByRole("button", { name: "More" }).click();
  await page.getByText("Delete conversation").click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page).toHaveURL(/\/chat$/);
  await expect(other.getByRole("alert")).toContainText("This conversation was deleted in another window.");
  await expect(other.getByText("You stopped this answer")).toHaveCount(0);
  for (const name of ["Continue", "Retry", "Regenerate"]) {
    await expect(other.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await expect(questions(other).first()).toContainText("Short-lived");
  const old = other.url();
  await ask(other, "Anew #tokens=3");
  await expect(other).not.toHaveURL(old);
  await expect(answers(other)).toHaveCount(1);
  await expect(answers(other).first()).toHaveAttribute("data-status", "complete");
});

test("while the model thinks, a clock runs, it is announced once, and Stop works", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await appRuns(page);
  const said = await announced(page);
  await ask(page, "Ponder #think=12000 #tokens=30");
  const wait = page.locator(".message-wait:visible");
  await expect(wait).toHaveText(/Thinking…\s*2 s/);
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
  expect(said).toEqual([expect.stringMatching(/is thinking\.$/)]);
  await page.reload();
  await expect(wait).toHaveText(/Thinking…\s*([3-9]|1\d) s/);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
  await expect(wait).toHaveCount(0);
  await expect(answers(page).first()).toContainText("w29");
  await ask(page, "Ponder on #think=60000");
  await expect(wait).toHaveText(/Thinking…\s*1 s/);
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(answers(page).last()).toHaveAttribute("data-status", "stopped", { timeout: 2_000 });
});

test("the start and the end of each answer are announced once", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await appRuns(page);
  const said = await announced(page);
  await ask(page, "First #think=2000 #tokens=30 #speed=20");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  await ask(page, "Second #think=60000");
  await expect(page.locator(".message-wait:visible")).toHaveText(/Thinking…\s*2 s/);
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(answers(page).last()).toHaveAttribute("data-status", "stopped");
  const thinking = expect.stringMatching(/is thinking\.$/);
  expect(said).toEqual([thinking, "Answer complete.", thinking, "Answer stopped."]);
});

test.describe("a queued question", () => {
  const queued = (page: Page) => page.getByRole("list", { name: "Queued questions" }).getByRole("listitem");

  test("is sent when the answer has ended, and survives a reload", async ({ page }) => {
    await signUp(page);
    await begin(page, "First #tokens=300 #speed=20");
    await page.locator("#message").fill("Second #tokens=5");
    await page.keyboard.press("Enter");
    await expect(queued(page)).toContainText("Second");
    await expect(page.locator("#message")).toHaveValue("");
    await page.reload();
    await expect(queued(page)).toContainText("Second");
    await expect(questions(page)).toHaveCount(2, { timeout: 30_000 });
    await expect(queued(page)).toHaveCount(0);
    await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
    await page.reload();
    await expect(questions(page)).toHaveCount(2);
  });

  test("can be edited and removed", async ({ page }) => {
    await signUp(page);
    await begin(page, `First ${SLOW}`);
    await page.locator("#message").fill("Secnd");
    await page.getByRole("button", { name: "Queue" }).click();
    await page.locator("#message").fill("Third");
    await page.keyboard.press("Enter");
    await expect(queued(page)).toHaveCount(2);
    await queued(page).first().getByRole("button", { name: /^Edit/ }).click();
    await expect(page.locator("#message")).toBeFocused();
    await expect(page.locator("#message")).toHaveValue("Secnd");
    await page.locator("#message").fill("Second");
    await page.keyboard.press("Enter");
    await expect(queued(page).last()).toContainText("Second");
    await queued(page).first().getByRole("button", { name: /^Remove/ }).click();
    await expect(queued(page)).toHaveCount(1);
    await expect(questions(page)).toHaveCount(1);
  });

  test("is not sent by itself when the answer before it was stopped", async ({ page }) => {
    await signUp(page);
    await begin(page, `First ${SLOW}`);
    await page.locator("#message").fill("Second #tokens=5");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Stop" }).click();
    await expect(queued(page)).toContainText("Not sent");
    await page.reload();
    await expect(queued(page)).toContainText("Not sent");
    await queued(page).getByRole("button", { name: /^Send now/ }).click();
    await expect(questions(page)).toHaveCount(2);
    await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
    await expect(queued(page)).toHaveCount(0);
  });

  test("is sent once even if two windows show it", async ({ page, context }) => {
    await signUp(page);
    await begin(page, "First #tokens=300 #speed=20");
    const other = await otherWindow(context, page);
    await page.locator("#message").fill("Second #tokens=5");
    await page.locator("#message").press("Enter");
    await expect(queued(other)).toContainText("Second");
    for (const window of [page, other]) {
      await expect(questions(window)).toHaveCount(2, { timeout: 30_000 });
      await expect(answers(window).last()).toHaveAttribute("data-status", "complete");
      await expect(queued(window)).toHaveCount(0);
    }
  });
});

for (const [width, colorScheme] of [[375, "dark"], [1440, "light"]] as const) {
  test(`clock, queue and notice are in order at ${width} px, ${colorScheme}`, async ({ page, context }) => {
    await page.setViewportSize({ width, height: 740 });
    await page.emulateMedia({ colorScheme });
    await signUp(page);
    await begin(page, "Ponder #think=60000");
    for (const text of ["And then, in a line that is longer than a narrow screen is wide, so that it has to wrap?", "Third"]) {
      await page.locator("#message").fill(text);
      await page.locator("#message").press("Enter");
    }
    const queue = page.getByRole("list", { name: "Queued questions" });
    await expect(queue.getByRole("listitem")).toHaveCount(2);
    await expect(page.locator(".message-wait:visible")).toHaveText(/Thinking…\s*\d+ s/);
    const check = async (what: string) => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target)}`), what).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, what).toBeLessThanOrEqual(0);
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${what}-${width}.png` });
    };
    await check("queued");
    for (const button of await queue.getByRole("button").all()) {
      const box = await button.boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(24);
    }
    const other = await otherWindow(context, page);
    await other.getByRole("button", { name: "Stop" }).click();
    await expect(queue.getByRole("button", { name: /^Send now/ })).toHaveCount(2);
    await check("held");
    await other.getByRole("button", { name: "More" }).last().click();
    await other.getByText("Delete conversation").click();
    await other.getByRole("button", { name: "Delete", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("deleted in another window");
    await check("deleted");
  });
}

test.describe("a Stop that never reaches the server", () => {
  test.use({ expectedErrors: [/ERR_FAILED|Failed to fetch/] });

  test("shows an error until the answer has ended", async ({ page }) => {
    await signUp(page);
    await begin(page, "Slowly #tokens=150 #speed=20");
    await page.route("**/api/stop_reply*", (route) => route.abort());
    await page.getByRole("button", { name: "Stop" }).click();
    const reason = page.locator("#message-error");
    await expect(reason).toContainText("could not be reached");
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
    await expect(reason).toHaveCount(0);
  });
});
