// Everything that matters works before and without JavaScript.
import { answers, ask, expect, signUp, test } from "./support";

test("sign up, profile, a question and its answer, without JavaScript", async ({ page }) => {
  await signUp(page);
  await page.getByLabel("Industry").fill("Sourdough bakery");
  await page.getByRole("button", { name: /save/i }).first().click();
  await expect(page.getByLabel("Industry")).toHaveValue("Sourdough bakery");
  await page.goto("/chat?persona=cmo");
  await ask(page, "Who buys from us?");
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
  // The page comes back by itself until the answer is whole.
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await expect(answers(page).first()).toContainText("Sourdough bakery");
});

test("stop works without JavaScript", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "Endless #tokens=5000 #speed=30");
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(answers(page).first()).toHaveAttribute("data-status", "stopped");
});

test("a refused question keeps what was typed, without JavaScript", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, `Too long ${"x".repeat(5_100)}`);
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.locator("#message")).toHaveValue(/^Too long x/);
});

test("a suggested question can be asked with one press", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await page.locator("button.suggestion").first().click();
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
});
