// Creates a custom adviser, from the empty form to a saved version. Works with and without JavaScript.
import { expect, type Page } from "@playwright/test";

export async function addAdviser(page: Page) {
  await page.goto("/advisers/new");
  await page.getByLabel("Short name").fill("Legal");
  await page.getByLabel("Title").fill("Legal Counsel");
  await page.getByRole("radio", { name: "Scales" }).check({ force: true });
  await page.getByRole("radio", { name: "Teal" }).check({ force: true });
  await page.getByLabel("Instructions").fill("Name the law.");
  await page.getByRole("checkbox", { name: "Goals" }).check();
  await page.getByText("Advanced", { exact: true }).click();
  await page.getByLabel("Temperature").fill("5");
  await page.getByLabel("Preview question").fill("May we? #tokens=20");

  await page.getByRole("button", { name: "Preview adviser" }).click();
  await expect(page.locator(".field-error")).toContainText("a number from 0 to 2");
  await expect(page.getByLabel("Instructions")).toHaveValue("Name the law.");
  await expect(page.getByRole("radio", { name: "Teal" })).toBeChecked();

  await page.getByLabel("Temperature").fill("0.5");
  await page.getByRole("button", { name: "Preview adviser" }).click();
  await expect(page.locator("#preview")).toContainText("tokens read");
  await expect(page.getByLabel("Title")).toHaveValue("Legal Counsel");

  await page.getByRole("button", { name: "Save adviser" }).click();
  await expect(page).toHaveURL(/\/advisers\/legal\?saved=1/);
  await expect(page.getByRole("checkbox", { name: "Goals" })).toBeChecked();
  await page.getByLabel("Title").fill("Lawyer");
  await page.getByRole("button", { name: "Save adviser" }).click();
  await page.getByRole("button", { name: "Restore: Version 1" }).click();
  await expect(page).toHaveURL(/restored=1/);
  await expect(page.getByLabel("Title")).toHaveValue("Legal Counsel");
}
