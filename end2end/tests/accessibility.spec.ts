// axe finds no violations on any page, and no page is wider than the window: wide in the light theme and narrow in the
// dark one, see playwright.config.ts.
import AxeBuilder from "@axe-core/playwright";
import { answers, ask, expect, signUp, test, version } from "./support";

// One of the checked pages does not exist, so it returns 404.
test.use({ expectedErrors: [/404/] });

/** Fails if axe finds a violation, or if the page is wider than the window, also with larger text or on a narrow screen. */
async function check(page: import("@playwright/test").Page, what: string) {
  const result = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  const found = result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(", ")}`);
  expect(found, what).toEqual([]);
  const tooWide = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await tooWide(), `${what} is wider than its window`).toBeLessThanOrEqual(0);
  // Text at 200 %, and a page at 400 % of 1280 px: nothing needs scrolling in two directions.
  const size = page.viewportSize();
  if (size && size.width > 1000) {
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    expect(await tooWide(), `${what} is wider than its window with text at 200 %`).toBeLessThanOrEqual(0);
    await page.evaluate(() => (document.documentElement.style.fontSize = ""));
  }
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await tooWide(), `${what} is wider than 320 px`).toBeLessThanOrEqual(0);
  if (size) await page.setViewportSize(size);
}

/** Uploads a file and opens its import preview. */
async function previewFile(page: import("@playwright/test").Page, content: string) {
  await page.goto("/analytics/import");
  const file = { name: "a-file-with-a-rather-long-name.csv", mimeType: "text/csv", buffer: Buffer.from(content) };
  await page.locator("#file").setInputFiles(file);
  await page.getByRole("button", { name: "Preview import" }).click();
}

test("axe finds nothing on any page", async ({ page }) => {
  test.slow(); // it walks through every page
  for (const path of ["/", "/help", "/privacy", "/signup", "/signin"]) {
    await page.goto(path);
    await check(page, path);
  }
  await signUp(page);
  for (const path of ["/profile", "/account", "/dashboard", "/advisers", "/advisers/cfo", "/advisers/new", "/chat", "/chat?persona=cto"]) {
    await page.goto(path);
    await check(page, path);
  }
  await page.goto("/chat");
  await ask(page, "What next?");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await check(page, "a conversation");
  await answers(page).first().getByRole("button", { name: "Regenerate" }).click();
  await expect(version(page, 2, 2)).toBeAttached();
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await check(page, "versions");
  await page.getByRole("link", { name: "Edit" }).click();
  await expect(page.getByLabel("Edited question")).toBeFocused();
  await check(page, "an edit");
  await page.goto("/no/such/page").catch(() => {});
  await check(page, "a page that does not exist");
});

test("axe finds nothing on the numbers and usage pages", async ({ page }) => {
  test.slow(); // it walks through every page
  await signUp(page);
  const pages = ["/analytics", "/analytics/day", "/analytics/import", "/analytics/metrics", "/admin/usage"];
  for (const path of pages) {
    await page.goto(path);
    await check(page, `${path}, empty`);
  }
  await page.goto("/analytics/metrics");
  await page.getByLabel("Name").fill("Average basket, takeaway");
  await page.getByLabel("Unit").fill("EUR");
  await page.getByLabel("Average (ratings, temperatures, rates)").check();
  await page.getByRole("button", { name: "Add metric" }).click();
  await page.goto("/analytics/day");
  await page.getByLabel("Sessions").fill("-1");
  await page.getByLabel("Users").fill("some");
  await page.getByRole("button", { name: "Save day" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await check(page, "a refused day");
  await previewFile(page, "date,sessions,users,conversions,revenue\n2026-01-31,=1+1,,,\n2026-02-31,5,,,NaN");
  await expect(page.getByRole("alert")).toBeVisible();
  await check(page, "a refused file");
  const days = Array.from({ length: 120 }, (_, at) => {
    const date = new Date(Date.UTC(2025, 10, 1 + at)).toISOString().slice(0, 10);
    return `${date},${at % 17},${at % 9},${at % 5},${at * 1_000},${(at / 7).toFixed(2)}`;
  });
  await previewFile(page, ["date,sessions,users,conversions,revenue,average-basket-takeaway", ...days].join("\n"));
  await expect(page.locator("#preview")).toBeVisible();
  await check(page, "the preview of a file");
  await page.getByRole("button", { name: /^Import [\d,]+ days?$/ }).click();
  await check(page, "the numbers");
  await page.goto("/chat");
  await ask(page, "What next?");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  for (const path of [...pages, "/analytics?metric=sessions&range=all&page=2", "/analytics/metrics?edit=average-basket-takeaway"]) {
    await page.goto(path);
    await check(page, path);
  }
});
