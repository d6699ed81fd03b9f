// Sign-up, sign-in and sign-out.
import { PASSWORD, expect, signUp, somebody, test } from "./support";

test("a refused sign-up says why at the field and keeps what was typed", async ({ page }) => {
  await page.goto("/signup");
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Password").fill("short");
  await page.getByLabel("Business name").fill("Engines");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.locator("#password")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Your name")).toHaveValue("Ada");
  await expect(page.getByLabel("Business name")).toHaveValue("Engines");
});

test("a wrong password is refused, and the right one signs in", async ({ page }) => {
  const person = await signUp(page);
  await page.goto("/account");
  await page.getByRole("button", { name: "Sign out", exact: true }).last().click();
  await expect(page).toHaveURL(/\/$/);
  await page.goto("/signin");
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill("wrong-wrong-wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText(/wrong/i);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/chat/);
});

test("a visitor is sent to sign in and back to where they wanted", async ({ page }) => {
  const person = await signUp(page);
  await page.context().clearCookies();
  await page.goto("/profile");
  await expect(page).toHaveURL(/\/signin\?next=/);
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/profile/);
  expect(somebody().email).not.toBe(person.email);
});
