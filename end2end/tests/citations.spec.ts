// Each number of an answer is one step from where it comes from. Run with JavaScript and without.
import { answers, ask, expect, signUp, test } from "./support";

test("an answer's sources are listed below it and lead to where they can be seen", async ({ page }) => {
  await signUp(page);
  await page.goto("/profile");
  await page.getByLabel("Industry").fill("Bakery");
  await page.getByRole("button", { name: "Save" }).first().click();
  await page.goto("/chat?persona=cfo");
  await ask(page, "How was last month?");
  const answer = answers(page).first();
  await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  // A small reference, described by what it refers to, and no raw id.
  const reference = answer.getByRole("link", { name: /^\d+: Industry: Bakery/ }).first();
  await expect(reference).toHaveAttribute("href", "/profile#industry");
  await expect(answer).not.toContainText("[P.industry]");
  // The list is folded away, and opens by keyboard.
  const summary = answer.locator(".sources > summary");
  await expect(summary).toContainText(/\d+ sources?/);
  const source = answer.locator(".sources li", { hasText: "Bakery" });
  await expect(source).toBeHidden();
  await summary.focus();
  await page.keyboard.press("Enter");
  await expect(source).toBeVisible();
  await source.getByRole("link").click();
  await expect(page).toHaveURL(/\/profile#industry$/);
});

test("the streamed and the stored answer are the same", async ({ page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, "without scripts there is only the stored one");
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "What next, with 500 EUR?");
  const body = answers(page).first().locator(".message-body");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  const streamed = await body.innerHTML();
  await page.reload();
  expect(await body.innerHTML()).toBe(streamed);
});
