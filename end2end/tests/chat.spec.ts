// The chat page: failures, limits, keyboard control, and navigation between conversations.
import { answers, appRuns, ask, expect, signUp, test, version } from "./support";
import type { Page } from "@playwright/test";

test("an answer that breaks off says what happened and Retry works", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "Try me #tokens=30 #fault=cut*1");
  const first = answers(page).first();
  await expect(first).toHaveAttribute("data-status", "failed");
  await expect(page.locator("article.message-user")).toContainText("Try me");
  await first.getByRole("button", { name: "Retry" }).click();
  await expect(version(page, 2, 2)).toBeAttached();
  await expect(first).toHaveAttribute("data-status", "complete");
  await expect(first).toContainText("w29");
  await page.getByRole("button", { name: "Previous version" }).click();
  await expect(first).toHaveAttribute("data-status", "failed");
  await expect(first).toContainText("w1");
});

test("a hostile answer is shown as text and runs nothing", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  await ask(
    page,
    "</textarea><script>alert(1)</script> [go](javascript:alert(2)) ![i](http://evil.example/i.png) <img src=x onerror=alert(3)> #echo",
  );
  const answer = answers(page).first();
  await expect(answer).toHaveAttribute("data-status", "complete");
  await expect(answer.locator(".message-body")).toContainText("<script>alert(1)</script>");
  expect(await answer.locator("img, script, a[href^=javascript]").count()).toBe(0);
  await page.reload();
  await expect(answer.locator(".message-body")).toContainText("<script>alert(1)</script>");
  expect(dialogs).toBe(0);
});

test("two tabs follow one answer and end with the same text", async ({ page, context }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "Both of us #tokens=160 #speed=40");
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
  const other = await context.newPage();
  await other.goto(page.url());
  for (const tab of [page, other]) {
    await expect(answers(tab).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
  }
  const texts = await Promise.all(
    [page, other].map((tab) => answers(tab).first().locator(".message-body").innerText()),
  );
  expect(texts[0]).toBe(texts[1]);
  expect(texts[0]).toContain("w159");
});

test("switching conversations and back shows the answer at its current state", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "Running on #tokens=200 #speed=40");
  await expect(answers(page).first()).toContainText("w5");
  const address = page.url();
  await page.getByRole("link", { name: "New conversation" }).click();
  await expect(page).toHaveURL(/\/chat$/);
  await page.goto(address);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
  await expect(answers(page).first()).toContainText("w199");
});

test("moves between conversations keep the document, links to other pages load one", async ({ page }) => {
  await signUp(page);
  await page.getByRole("link", { name: "Ask", exact: true }).click();
  await ask(page, "One #tokens=3");
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  const mark = () => page.evaluate(() => (window as { mark?: boolean }).mark ?? false);
  await page.evaluate(() => Object.assign(window, { mark: true }));
  await page.getByRole("link", { name: "New conversation" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("New conversation");
  await page.goBack();
  await expect(answers(page)).toHaveCount(1);
  expect(await mark(), "the same document").toBe(true);
  await page.getByRole("button", { name: "Account menu" }).click();
  await page.getByRole("link", { name: "Account" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your account");
  await expect(page.locator("#account-menu a[href='/account']")).toHaveAttribute("aria-current", "page");
  expect(await mark(), "another document").toBe(false);
  await page.goBack();
  await expect(answers(page)).toHaveCount(1);
  await ask(page, "Two #tokens=3");
  await expect(answers(page)).toHaveCount(2);
});

test("an empty question is refused at its field", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await page.waitForLoadState("networkidle");
  await page.locator("#message").fill("   ");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText(/question/i);
});

test("the page warns before the limit is reached and keeps what was typed when it is", async ({
  browser,
  baseURL,
}) => {
  // The test provokes refusals, so it does not use the page fixture, which fails on console errors.
  const page = await (await browser.newContext({ baseURL })).newPage();
  await signUp(page);
  await page.goto("/chat");
  let wasTold = false;
  for (let sent = 0; sent < 30; sent += 1) {
    await ask(page, `Number ${sent} #tokens=1`);
    const refused = page.getByRole("alert");
    const answered = page.locator(`article.message-answer[data-status=complete] >> nth=${sent}`);
    await expect(refused.or(answered)).toBeVisible();
    if (await refused.isVisible()) {
      expect(wasTold, "told before the limit was hit").toBe(true);
      await expect(refused).toContainText(/wait/i);
      await expect(page.locator("#message")).toHaveValue(`Number ${sent} #tokens=1`);
      return;
    }
    wasTold ||= await page.locator(".limit-note").isVisible();
  }
  throw new Error("the limit was never hit");
});

test("the keyboard alone is enough", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await page.waitForLoadState("networkidle");
  await page.locator("#message").focus();
  await page.keyboard.type("Line one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("line two #tokens=3");
  await page.keyboard.press("Enter");
  await expect(page.locator("article.message-user")).toContainText("line two");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
});

test("the streamed and the stored answer are the same", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "What next, with 500 EUR?");
  const body = answers(page).first().locator(".message-body");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  // Ignores the comments that Leptos uses as markers.
  const html = async () => (await body.innerHTML()).replace(/<!--.*?-->/g, "");
  const streamed = await html();
  await page.reload();
  expect(await html()).toBe(streamed);
});

test("a long answer of lists, tables and code is the same streamed, joined half-way and stored", async ({
  page,
  context,
}) => {
  await signUp(page);
  await page.goto("/chat");
  await appRuns(page);
  await ask(page, "Everything #markdown=900 #speed=250");
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(answers(page).first().locator("table")).toBeVisible({ timeout: 10_000 });
  const other = await context.newPage();
  await other.goto(page.url());
  const blocks = (window: Page) =>
    window.$$eval(".message-answer .block", (blocks) => blocks.map((block) => block.innerHTML));
  for (const window of [page, other]) {
    await expect(answers(window).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
  }
  const [streamed, joined] = [await blocks(page), await blocks(other)];
  await page.reload();
  const stored = await blocks(page);
  expect(stored.length).toBeGreaterThan(10);
  expect(streamed).toEqual(stored);
  expect(joined).toEqual(stored);
});

test("selected text stays selected while its paragraph grows", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await appRuns(page);
  await ask(page, "One paragraph #tokens=200 #speed=50");
  const paragraph = answers(page).first().locator("p").first();
  await expect(paragraph).toContainText("w9 ");
  await paragraph.evaluate((paragraph) => getSelection()?.setBaseAndExtent(paragraph.firstChild!, 0, paragraph.firstChild!, 8));
  await expect(paragraph).toContainText("w90 ");
  expect(await page.evaluate(() => String(getSelection()))).toBe("w0 w1 w2");
});

test("Escape closes what is open and returns the focus", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "Kept as it is #tokens=3");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  const more = page.getByRole("button", { name: "More" });
  await more.press("Enter");
  await expect(page.getByLabel("Title")).toBeVisible();
  await page.getByLabel("Title").press("Escape");
  await expect(page.getByLabel("Title")).toBeHidden();
  await expect(more).toBeFocused();
  const edit = page.getByRole("link", { name: "Edit this question" });
  await edit.press("Enter");
  await expect(page.getByLabel("Edited question")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByLabel("Edited question")).toHaveCount(0);
  await expect(edit).toBeFocused();
});

test("a conversation is renamed and deleted from its menu", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "First words #tokens=3");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByLabel("Title").fill("Flour");
  await page.getByRole("button", { name: "Rename" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Flour");
  await page.getByText("Delete conversation").click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page).toHaveURL(/\/chat$/);
  await expect(page.getByRole("link", { name: "Flour" })).toHaveCount(0);
});
