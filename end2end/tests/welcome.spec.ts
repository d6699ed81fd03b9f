// A new owner answers three questions and reads the first cited answer.
import { PASSWORD, answers, expect, somebody, test } from "./support";

test.use({ timezoneId: "Europe/Berlin", locale: "de-DE" });

async function createAccount(page: import("@playwright/test").Page) {
  const person = somebody();
  await page.goto("/");
  await page.getByRole("link", { name: "Create account" }).first().click();
  await page.getByLabel("Your name").fill(person.name);
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByLabel("Business name").fill(person.business);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Three questions about Hearth Bakery");
}

test("three questions lead to a first answer with sources from sample data", async ({ page }) => {
  await createAccount(page);
  await expect(page.locator("[data-places]")).toHaveText("EUR, Europe/Berlin");
  await page.getByLabel("1. What is your business?").fill("A bakery: bread, and cakes to order");
  await page.getByText("2–5", { exact: true }).click();
  await page.getByLabel("3. What decision is on your table?").fill("How did we do last week? Should we open on Sundays?");
  await page.getByLabel(/load sample data/).check();
  await page.getByRole("button", { name: "Ask the Chief Executive" }).click();
  await expect(page).toHaveURL(/\/chat\//);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await expect(answers(page).first().locator(".sources")).toBeAttached();
  await expect(page.getByLabel("Sample data")).toBeVisible();
  await page.goto("/profile");
  await expect(page.locator("#sells")).toHaveValue("A bakery: bread, and cakes to order");
  await expect(page.locator("#size")).toHaveValue("2–5");
});

test("a missing decision is refused at its field, and the other answers stay", async ({ page }) => {
  await createAccount(page);
  await page.getByLabel("1. What is your business?").fill("A bakery");
  await page.getByLabel("3. What decision is on your table?").fill("   ");
  await page.getByRole("button", { name: "Ask the Chief Executive" }).click();
  await expect(page.locator("#decision")).toHaveAttribute("aria-invalid", "true");
  await expect(page.locator("#sells")).toHaveValue("A bakery");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false, expectedErrors: [/preloaded using link preload but not used/] });

  test("the first questions work, and sample data is removed with one click", async ({ page }) => {
    await createAccount(page);
    await page.getByLabel("3. What decision is on your table?").fill("Should we open on Sundays?");
    await page.getByLabel(/load sample data/).check();
    await page.getByRole("button", { name: "Ask the Chief Executive" }).click();
    await expect(page).toHaveURL(/\/chat\//);
    await page.goto("/dashboard");
    await page.getByRole("button", { name: "Remove sample data" }).click();
    await expect(page.getByLabel("Sample data")).toHaveCount(0);
    await page.goto("/dashboard");
    await expect(page.getByRole("button", { name: "Load sample data" })).toBeVisible();
  });
});
