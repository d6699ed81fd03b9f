// A trial without JavaScript: one click from the landing page to an answer.
import { expect, test } from "@playwright/test";

test("one click leads to a sample business, and a question to an answer with sources", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Try it with a sample business" }).first().click();
  await expect(page).toHaveURL(/\/chat$/);
  const mark = page.getByRole("complementary", { name: "Trial" });
  await expect(mark).toContainText("with made-up numbers and demo answers");
  await page.getByRole("textbox", { name: /question/i }).fill("How was the last month?");
  await page.getByRole("button", { name: "Ask" }).click();
  await expect(page.locator(".sources").first()).toBeVisible();
  await expect(mark).toBeVisible();

  await page.goto("/account");
  await expect(page.getByRole("heading", { name: "Your trial" })).toBeVisible();
  await page.locator("main").getByRole("link", { name: "Create account" }).click();
  await expect(page.getByLabel("Business name")).toBeVisible();
  await page.goto("/account");
  await page.locator("main").getByRole("button", { name: "Leave trial" }).click();
  await page.goto("/chat");
  await expect(page.getByText("Your trial has ended")).toBeVisible();
});
