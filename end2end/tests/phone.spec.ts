// What stands above a conversation leaves a phone's screen to the conversation: head, banners and title together take a
// fifth of its height at most.
import type { Locator, Page } from "@playwright/test";
import { answers, appRuns, ask, expect, signUp, test } from "./support";

const PHONE = { width: 375, height: 667 };
const MOST = PHONE.height / 5;

test.use({ viewport: PHONE, hasTouch: true, isMobile: true, timezoneId: "Asia/Kathmandu" });

/** Returns the height of what stands above the messages of a conversation. */
async function above(page: Page) {
  await ask(page, "How was last month?");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await page.evaluate(() => document.fonts.ready);
  const box = await page.locator(".thread-head").boundingBox();
  return (box?.y ?? NaN) + (box?.height ?? NaN);
}

/** Returns the number of lines of a banner. */
const lines = (banner: Locator) =>
  banner.evaluate((element) => {
    const style = getComputedStyle(element);
    const padding = parseFloat(style.paddingBlockStart) + parseFloat(style.paddingBlockEnd);
    return Math.round((element.clientHeight - padding) / parseFloat(style.lineHeight));
  });

test("a trial's banner has two lines and leaves four fifths of the screen", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Try it with a sample business" }).first().click();
  await expect(page).toHaveURL(/\/chat$/);
  await appRuns(page);
  const banner = page.getByRole("complementary", { name: "Trial" });
  await expect(banner).toContainText("with made-up numbers and demo answers");
  await expect(banner).toContainText(/Deleted on .* UTC\+0545/);
  expect(await lines(banner)).toBeLessThanOrEqual(2);
  await expect(page.getByRole("complementary", { name: "Demo answers" })).toHaveCount(0);
  expect(await above(page)).toBeLessThanOrEqual(MOST);
});

test("the banners of demo answers and sample data have a line each", async ({ page }) => {
  await signUp(page);
  await page.goto("/dashboard");
  await page.getByRole("button", { name: "Load sample data" }).click();
  await page.goto("/chat?persona=cfo");
  await appRuns(page);
  for (const name of ["Demo answers", "Sample data"]) {
    expect(await lines(page.getByRole("complementary", { name })), name).toBe(1);
  }
  expect(await above(page)).toBeLessThanOrEqual(MOST);
});
