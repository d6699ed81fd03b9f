// The card of a source: opened in place by a citation or a marked number, at its citation or as a sheet.
import type { Locator, Page } from "@playwright/test";
import { HEAD, day, previewFile } from "./days";
import { answers, appRuns, ask, expect, signUp, test } from "./support";

const LINES = Array.from({ length: 60 }, (_, ago) => `${day(ago + 1)},${100 + ago},90,9,${400 + ago}`);
const card = (page: Page) => page.getByRole("dialog");

/** Signs up a business with numbers and asks the CFO. Returns the complete answer. */
async function converse(page: Page) {
  await signUp(page);
  await previewFile(page, [HEAD, ...LINES]);
  await page.getByRole("button", { name: /^Import [\d,]+ days?$/ }).click();
  await expect(page.getByRole("status").first()).toContainText("60 days added");
  await page.goto("/chat?persona=cfo");
  await appRuns(page);
  await ask(page, "How was last month?");
  const answer = answers(page).first();
  await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  return answer;
}

const revenue = (answer: Locator) => answer.getByRole("link", { name: /^\d+: Revenue, 30 days to .*, total/ }).first();

async function showsRevenue(page: Page) {
  await expect(card(page)).toBeVisible();
  await expect(card(page)).toHaveAccessibleName(/^Revenue, 30 days to .*, total$/);
  await expect(card(page)).toContainText("12,435");
  await expect(card(page)).toContainText("Sum of all 30 days: 12,435");
}

test("a citation opens a card with value, days and calculation, and leads to the fact and back", async ({ page }) => {
  const answer = await converse(page);
  await revenue(answer).click();
  await showsRevenue(page);
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]+$/);
  await page.keyboard.press("Escape");
  await expect(card(page)).toBeHidden();
  await expect(revenue(answer)).toBeFocused();
  await page.keyboard.press("Enter");
  await showsRevenue(page);
  await page.locator(".thread-head").click({ position: { x: 5, y: 5 } });
  await expect(card(page)).toBeHidden();
  await expect(revenue(answer)).toBeFocused();
  // The same citation closes its card again.
  await revenue(answer).click();
  await showsRevenue(page);
  await revenue(answer).click();
  await expect(card(page)).toBeHidden();
  await revenue(answer).click();
  await card(page).getByRole("link", { name: "Show the numbers" }).click();
  await expect(page).toHaveURL(/\/knowledge\/K\.revenue\.30d\?to=/);
  await expect(page.locator("main mark").first()).toContainText("12,435");
});

test("a card stays open and finds its citation again while the answer is being written", async ({ page }) => {
  await converse(page);
  await ask(page, "And again, slowly #prose #tokens=400 #speed=40");
  const running = answers(page).last();
  await expect(running).toHaveAttribute("data-status", "streaming");
  const first = running.locator(".cite a").first();
  await first.click();
  await expect(card(page)).toBeVisible();
  const title = await card(page).locator(".source-card-title").textContent();
  await expect(running).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await expect(card(page)).toBeVisible();
  await expect(card(page)).toContainText(title ?? "-");
  await page.keyboard.press("Escape");
  await expect(first).toBeFocused();
  // A stored reply works the same.
  await page.reload();
  await appRuns(page);
  await answers(page).last().locator(".cite a").first().click();
  await expect(card(page)).toContainText(title ?? "-");
});

test("a marked number opens the same card by pointer and by keyboard", async ({ page }) => {
  const answer = await converse(page);
  const mark = answer.locator("mark[data-says]").first();
  await mark.scrollIntoViewIfNeeded();
  await expect(mark).toHaveRole("button");
  await mark.click();
  await expect(card(page)).toContainText((await mark.getAttribute("data-says")) ?? "-");
  await page.keyboard.press("Escape");
  await expect(mark).toBeFocused();
  await page.keyboard.press(" ");
  await expect(card(page)).toBeVisible();
  await card(page).getByRole("button", { name: "Close" }).click();
  await expect(card(page)).toBeHidden();
  await expect(mark).toBeFocused();
});

test("Back from a fact returns to the same place of the same branch", async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 600 });
  const first = await converse(page);
  await first.getByRole("button", { name: "Regenerate" }).click();
  await expect(page.locator(".versions-place")).toContainText("2/2");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await ask(page, "More #tokens=600 #speed=0");
  await expect(answers(page)).toHaveCount(2);
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  const link = revenue(answers(page).first());
  await link.scrollIntoViewIfNeeded();
  await link.click();
  const before = (await link.boundingBox())?.y ?? NaN;
  await card(page).getByRole("link", { name: "Show the numbers" }).click();
  await expect(page).toHaveURL(/\/knowledge\//);
  await page.goBack();
  await appRuns(page);
  await expect(page.locator(".versions-place").first()).toContainText("2/2");
  await expect.poll(async () => Math.abs(((await link.boundingBox())?.y ?? NaN) - before)).toBeLessThanOrEqual(3);
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true });

  test("the card is a sheet at the bottom, opened and closed by touch", async ({ page }) => {
    const answer = await converse(page);
    await revenue(answer).scrollIntoViewIfNeeded();
    await revenue(answer).tap();
    await showsRevenue(page);
    const box = await card(page).boundingBox();
    expect(box?.x).toBe(0);
    expect(box?.width).toBe(375);
    expect(Math.round((box?.y ?? 0) + (box?.height ?? 0))).toBe(740);
    for (const control of await card(page).locator("a, button").all()) {
      expect(Math.round((await control.boundingBox())?.height ?? 0)).toBeGreaterThanOrEqual(44);
    }
    await page.touchscreen.tap(180, 120);
    await expect(card(page)).toBeHidden();
    await expect(revenue(answer)).toBeFocused();
  });

  test("a wide table scrolls below its first column, which stays", async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await appRuns(page);
    const columns = ["Product", "January", "February", "March", "April", "May"];
    const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
    const lines = [columns, columns.map(() => "---"), ["Sourdough bread and rolls", "1,200", "1,300", "1,250", "1,400", "1,380"]];
    await ask(page, `#fault=echo ${lines.map(row).join("\n")}`);
    const answer = answers(page).first();
    await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
    const table = answer.locator(".table-scroll").first();
    await table.scrollIntoViewIfNeeded();
    expect(await table.evaluate((it) => it.scrollWidth - it.clientWidth), "wider than the phone").toBeGreaterThan(60);
    const cell = table.locator("tbody tr").first().locator("td").first();
    const before = (await cell.boundingBox())?.x;
    await table.evaluate((it) => it.scrollTo({ left: 60 }));
    expect((await cell.boundingBox())?.x).toBe(before);
    expect((await cell.boundingBox())?.width ?? 999).toBeLessThan(190);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});
