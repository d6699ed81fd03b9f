// Printing: whole conversations, and no controls.
import type { Page } from "@playwright/test";
import { answers, ask, expect, signUp, test } from "./support";

/** Prints the page to PDF and returns the number of sheets. */
async function pages(page: Page, format: "A4" | "Letter") {
  const pdf = await page.pdf({ format, preferCSSPageSize: false });
  return (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
}

/** Has a conversation with sources and of several sheets. */
async function converse(page: Page) {
  await signUp(page);
  await page.goto("/profile");
  await page.getByLabel("Industry").fill("Ceramics");
  await page.getByRole("button", { name: "Save" }).first().click();
  await page.waitForURL(/saved/);
  await page.goto("/chat?persona=cfo");
  await ask(page, "How was last month?");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  for (const [count, question] of ["First a long one #tokens=900 #speed=3000", "Then the last one #tokens=400 #speed=3000"].entries()) {
    await ask(page, question);
    await expect(answers(page)).toHaveCount(count + 2);
    await expect(answers(page).last()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  }
}

test("a printed conversation is whole: questions, adviser, dates, sources; no controls", async ({ page }) => {
  await converse(page);
  for (const format of ["A4", "Letter"] as const) {
    const count = await pages(page, format);
    expect(count, `pages in ${format}`).toBeGreaterThan(1);
    expect(count, `pages in ${format}`).toBeLessThan(8);
  }
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  // No element within the page scrolls, so nothing is cut off: the document is as high as its content.
  const layout = await page.evaluate(() => {
    const cut = [...document.querySelectorAll(".frame, .frame-content, .chat, .chat-thread, .messages, .messages-inner, .message")]
      .filter((element) => element.scrollHeight > element.clientHeight + 1 && getComputedStyle(element).overflowY !== "visible");
    const last = [...document.querySelectorAll(".message-answer")].pop()!;
    return {
      cut: cut.map((element) => element.className),
      last: last.getBoundingClientRect().bottom + scrollY,
      height: document.documentElement.scrollHeight,
      ground: getComputedStyle(document.body).color,
    };
  });
  expect(layout.cut).toEqual([]);
  expect(layout.last).toBeLessThanOrEqual(layout.height);
  const [red] = layout.ground.match(/\d+/g)!.map(Number);
  expect(red, "dark text on white paper, in the dark theme too").toBeLessThan(80);
  await expect(page.locator(".message-user").first()).toContainText("How was last month?");
  await expect(page.locator(".message-user time").first()).toBeVisible();
  await expect(answers(page).first().locator(".message-author")).toBeVisible();
  await expect(answers(page).first().locator("time").first()).toBeVisible();
  await expect(answers(page).last()).toContainText("w399");
  await expect(page.locator(".thread-title h1")).toBeVisible();
  for (const hidden of [".frame-nav", ".chat-list", ".composer", ".jump", ".skip-link"]) {
    for (const element of await page.locator(hidden).all()) await expect(element).toBeHidden();
  }
  expect(await page.locator("button:visible, select:visible, input:visible").count(), "controls").toBe(0);
  // The reply's sources are printed below it, although they are collapsed on the screen.
  const source = answers(page).first().locator(".sources li", { hasText: "Ceramics" });
  expect((await source.boundingBox())?.height ?? 0).toBeGreaterThan(5);
  await page.emulateMedia({ media: "screen" });
  await expect(source).toBeHidden();
});

test("every page prints on a few sheets, as wide as the paper", async ({ page }) => {
  await signUp(page);
  // The width of A4 between its margins.
  await page.setViewportSize({ width: 687, height: 1000 });
  for (const path of ["/profile", "/dashboard", "/analytics", "/analytics/metrics", "/knowledge", "/account", "/advisers", "/advisers/ceo", "/admin/usage"]) {
    await page.goto(path);
    await page.emulateMedia({ media: "print" });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide, `${path} is no wider than its paper`).toBeLessThanOrEqual(1);
    await expect(page.locator(".frame-nav")).toBeHidden();
    expect(await page.locator("button:visible").count(), `buttons on ${path}`).toBe(0);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.emulateMedia({ media: null });
    for (const format of ["A4", "Letter"] as const) {
      const count = await pages(page, format);
      expect(count, `${path} in ${format}`).toBeGreaterThan(0);
      expect(count, `${path} in ${format}`).toBeLessThan(12);
    }
  }
});

test("a short conversation is one sheet", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "A few words #tokens=12");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  for (const format of ["A4", "Letter"] as const) expect(await pages(page, format), format).toBe(1);
});
