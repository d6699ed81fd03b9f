// Metrics: entered by hand, imported from a file, and custom. Runs with and without JavaScript.
import type { Page } from "@playwright/test";
import { HEAD, day, previewFile } from "./days";
import { expect, signUp, test } from "./support";

const numbers = (page: Page) => page.getByRole("region", { name: "Table of days" });
const row = (page: Page, date: string) => numbers(page).getByRole("row").filter({ hasText: date });
const notice = (page: Page) => page.getByRole("status").first();

test("a day is entered, changed and deleted", async ({ page }) => {
  await signUp(page);
  await page.goto("/analytics");
  await expect(page.getByRole("heading", { name: "No numbers yet" })).toBeVisible();
  await page.getByRole("link", { name: "Enter a day" }).click();
  await page.locator("#date").fill(day(1));
  await page.getByLabel("Sessions").fill("twelve");
  await page.getByLabel("Revenue").fill("940.50");
  await page.getByRole("button", { name: "Save day" }).click();
  // The refusal is shown at the field, and typed values are kept.
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.locator(".field-error")).toHaveCount(1);
  await expect(page.getByLabel("Sessions")).toHaveValue("twelve");
  await expect(page.getByLabel("Revenue")).toHaveValue("940.50");
  await expect(page.locator("#date")).toHaveValue(day(1));
  await page.getByLabel("Sessions").fill("120");
  await page.getByRole("button", { name: "Save day" }).click();
  await expect(notice(page)).toContainText("added");
  await expect(row(page, day(1))).toContainText("940.50");
  await row(page, day(1)).getByRole("link").click();
  await expect(page.getByLabel("Sessions")).toHaveValue("120");
  await page.getByLabel("Sessions").fill("130");
  await page.getByRole("button", { name: "Save day" }).click();
  await expect(notice(page)).toContainText("replaced");
  await expect(row(page, day(1))).toContainText("130");
  await row(page, day(1)).getByRole("link").click();
  await page.getByRole("button", { name: /^Delete/ }).click();
  await expect(notice(page)).toContainText("deleted");
  await expect(page.getByRole("heading", { name: "No numbers yet" })).toBeVisible();
});

test("a long import shows its progress until it is done", async ({ page }) => {
  await signUp(page);
  const lines = Array.from({ length: 100_000 }, (_, ago) => `${day(ago + 1)},${ago},90,9,${ago % 1_000}.5`);
  await previewFile(page, [HEAD, ...lines], "long.csv");
  await page.getByRole("button", { name: /^Import [\d,]+ days?$/ }).click();
  const bar = page.getByRole("progressbar");
  await expect(bar).toBeVisible();
  await expect(page.getByText("long.csv")).toBeVisible();
  await expect(page.getByText(/^[\d,]+ of 100,000$/)).toBeVisible();
  // The page goes to the result by itself, without any input.
  await expect(notice(page)).toContainText("100,000 days added, 0 replaced");
  await expect(bar).toHaveCount(0);
  await expect(row(page, day(1))).toBeVisible();
});

test("an import changes exactly what its preview shows", async ({ page }) => {
  await signUp(page);
  const lines = Array.from({ length: 40 }, (_, ago) => `${day(ago + 1)},${100 + ago},90,9,${ago * 10}.5`);
  await previewFile(page, [HEAD, ...lines]);
  const preview = page.locator("#preview");
  await expect(preview).toContainText("numbers.csv");
  await expect(preview.locator("dd").first()).toHaveText("40 days");
  // A preview imports nothing.
  await page.goto("/analytics");
  await expect(page.getByRole("heading", { name: "No numbers yet" })).toBeVisible();
  await page.goto("/analytics/import");
  await page.getByRole("button", { name: /^Import [\d,]+ days?$/ }).click();
  await expect(notice(page)).toContainText("40 days added, 0 replaced");
  await expect(page.getByRole("img", { name: /^Revenue/ })).toBeVisible();
  await page.getByRole("navigation", { name: "Metric" }).getByRole("link", { name: "Sessions" }).click();
  await expect(page.getByRole("img", { name: /^Sessions/ })).toBeVisible();
  // A second file, which replaces one day and adds one.
  await previewFile(page, [HEAD.replaceAll(",", ";"), `${day(1)};7;90;9;0,5`, `${day(41)};8;;;`], "again.csv");
  await expect(preview.locator("dd").nth(0)).toHaveText("1 day");
  await expect(preview.locator("dd").nth(1)).toHaveText("1 day");
  await expect(preview.getByRole("row").filter({ hasText: day(1) }).locator("del").first()).toHaveText("100");
  await page.getByRole("button", { name: "Discard file" }).click();
  await expect(preview).toHaveCount(0);
  await page.goto("/analytics");
  await expect(row(page, day(1))).toContainText("100");
});

test("a file that can be read in two ways is asked about, and the answer is remembered", async ({ page }) => {
  await signUp(page);
  const lines = (from: number) => [
    "Day,Orders,Net sales,Total sales",
    ...[0, 1, 2].map((ago) => `${day(from + ago)},${5 + ago},${10 + ago}.5,${12 + ago}.25`),
  ];
  await previewFile(page, lines(10), "shop.csv");
  const preview = page.locator("#preview");
  await expect(preview.getByRole("heading", { name: "How we read it" })).toBeVisible();
  await expect(preview.getByRole("group", { name: /Several columns can be Revenue/ })).toContainText("12.25");
  await expect(page.getByRole("button", { name: /^Import \d/ })).toHaveCount(0);
  await preview.getByRole("radio", { name: "Net sales" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Import 3 days" }).click();
  await expect(notice(page)).toContainText("3 days added, 0 replaced");
  await expect(row(page, day(10))).toContainText("10.5");
  // The next export of the same kind goes straight to its preview, and the reading can be changed there.
  await previewFile(page, lines(5), "next.csv");
  await expect(page.getByRole("button", { name: "Import 3 days" })).toBeVisible();
  await preview.getByText("How we read it").click();
  await preview.getByRole("radio", { name: "Total sales" }).check();
  await preview.getByLabel("Import Orders as").selectOption({ label: "Leave out" });
  await page.getByRole("button", { name: "Update preview" }).click();
  await expect(preview.getByRole("row").filter({ hasText: day(5) })).toContainText("12.25");
});

test("today is marked as not over in the chart, in the list beside it and in the table", async ({ page }) => {
  await signUp(page);
  const lines = Array.from({ length: 40 }, (_, ago) => `${day(ago)},${ago ? 100 + ago : 7},90,9,1.5`);
  await previewFile(page, [HEAD, ...lines]);
  await page.getByRole("button", { name: /^Import [\d,]+ days?$/ }).click();
  await expect(notice(page)).toContainText("40 days added");
  await page.goto("/analytics?metric=sessions&range=30");
  await expect(page.getByRole("img", { name: /^Sessions.*, so far From/ })).toBeVisible();
  await expect(page.getByText("Today so far", { exact: true })).toBeVisible();
  await expect(page.getByRole("figure")).toContainText("lowest 101, highest 130. Today so far 7.");
  await expect(page.locator("circle.so-far").last()).toBeVisible();
  const newest = page.getByRole("table", { name: "Latest days" }).getByRole("row");
  for (const [today, yesterday] of [[newest.nth(1), newest.nth(2)], [row(page, day(0)), row(page, day(1))]]) {
    await expect(today).toContainText(", so far");
    await expect(yesterday).not.toContainText("so far");
  }
});

test("the dashboard shows one chart, its reading in words, and links for metric and range", async ({ page, javaScriptEnabled }) => {
  await signUp(page);
  await page.goto("/analytics/metrics");
  await page.getByLabel("Currency of revenue").fill("USD");
  await page.getByRole("button", { name: "Save settings" }).click();
  const lines = Array.from({ length: 61 }, (_, ago) => `${day(ago + 1)},${ago === 4 ? "" : 100},90,9,${ago < 30 ? 411.5 : 381}`);
  await previewFile(page, [HEAD, ...lines]);
  await page.getByRole("button", { name: /^Import [\d,]+ days?$/ }).click();
  await page.goto("/dashboard");
  await page.getByRole("navigation", { name: /^Period/ }).getByRole("link", { name: "30 days" }).click();
  await expect(page.locator(".chart-reading")).toHaveText(/^Revenue was \$12,345 in the 30 days to .*, 8% above the 30 days before\.$/);
  await expect(page.getByRole("img", { name: /^Revenue/ })).toHaveCount(1);
  await expect(page.getByRole("table", { name: "Latest days" })).toContainText("$411.50");
  const slider = page.getByRole("slider", { name: "Values by day" });
  if (javaScriptEnabled === false) {
    await expect(slider).toHaveCount(0);
  } else {
    await slider.focus();
    await expect(page.locator(".chart-tip")).toBeVisible();
    await expect(slider).toHaveAttribute("aria-valuetext", /: \$411\.50$/);
    await slider.press("Home");
    await expect(slider).toHaveAttribute("aria-valuenow", "0");
    await slider.press("ArrowRight");
    await expect(slider).toHaveAttribute("aria-valuenow", "1");
    await slider.press("Escape");
    await expect(page.locator(".chart-tip")).toBeHidden();
  }
  await page.getByRole("navigation", { name: "Metric" }).getByRole("link", { name: "Sessions" }).click();
  await expect(page.locator("rect.gap").last()).toBeVisible();
  await expect(page.locator(".chart-reading")).toContainText("29 of 30 days have values");
});

test("a file with errors is refused whole and lists each error by line and column", async ({ page }) => {
  await signUp(page);
  await previewFile(page, [HEAD, `${day(3)},1,1,1,2.5`, `${day(2)},=cmd(),1,1,NaN`, `${day(-400)},1,1,1,1`]);
  await expect(page.getByRole("alert")).toContainText("not imported");
  const faults = page.getByRole("region", { name: "Errors in the file" });
  await expect(faults.getByRole("row").filter({ hasText: "sessions" })).toContainText("3");
  await expect(faults.getByRole("row").filter({ hasText: "revenue" })).toContainText("3");
  await expect(faults.getByRole("row").filter({ hasText: "date" })).toContainText("4");
  await page.goto("/analytics");
  await expect(page.getByRole("heading", { name: "No numbers yet" })).toBeVisible();
});

test("a custom metric is entered like the built-in ones, renamed, archived and restored", async ({ page }) => {
  await signUp(page);
  await page.goto("/analytics/metrics");
  await page.getByLabel("Name").fill("Revenue");
  await page.getByLabel("Average (ratings, temperatures, rates)").check();
  await page.getByRole("button", { name: "Add metric" }).click();
  await expect(page.locator("#name-error")).toContainText("A built-in metric has this name");
  await page.getByLabel("Name").fill("Churn rate");
  await page.getByLabel("Unit").fill("%");
  await page.getByLabel("Lower").check();
  await page.getByRole("button", { name: "Add metric" }).click();
  await expect(notice(page)).toContainText("Saved");
  const used = page.getByRole("region", { name: "In use" });
  await expect(used).toContainText("lower is better");
  await page.getByRole("link", { name: "Edit Churn rate" }).click();
  await page.getByLabel("Name").fill("Churn");
  await page.getByRole("button", { name: "Save metric" }).click();
  await expect(used.getByText("Churn", { exact: true })).toBeVisible();
  await page.goto("/analytics/day");
  await page.getByLabel("Churn (%)").fill("2.5");
  await page.getByRole("button", { name: "Save day" }).click();
  await expect(numbers(page)).toContainText("2.50");
  await page.goto("/analytics/metrics");
  await page.getByRole("button", { name: "Archive Churn" }).click();
  await expect(page.getByRole("region", { name: "Archived" })).toContainText("Churn");
  await page.goto("/analytics/day");
  await expect(page.getByLabel("Churn (%)")).toHaveCount(0);
  await page.goto("/analytics/metrics");
  await page.getByRole("button", { name: "Restore Churn" }).click();
  await expect(used).toContainText("Churn");
  await page.goto("/analytics");
  await expect(numbers(page)).toContainText("2.50");
});

test("currency and time zone are saved, and an invalid currency is refused at its field", async ({ page }) => {
  await signUp(page);
  await page.goto("/analytics/metrics");
  const save = page.getByRole("button", { name: "Save settings" });
  await page.getByLabel("Currency of revenue").fill("€");
  await save.click();
  await expect(page.locator("#currency-error")).toContainText("three letters");
  await expect(page.getByLabel("Currency of revenue")).toHaveValue("€");
  await page.getByLabel("Currency of revenue").fill("eur");
  await page.getByLabel("Time zone", { exact: true }).selectOption("Europe/Berlin");
  await save.click();
  await expect(notice(page)).toContainText("Saved");
  await expect(page.getByLabel("Currency of revenue")).toHaveValue("EUR");
  await expect(page.getByLabel("Time zone", { exact: true })).toHaveValue("Europe/Berlin");
  await page.goto("/analytics/day");
  await expect(page.getByLabel("Revenue (EUR)")).toBeVisible();
});
