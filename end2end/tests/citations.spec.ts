// Each citation in a reply links directly to its source. Runs with and without JavaScript.
import { answers, ask, expect, signUp, test } from "./support";

test("an answer lists its sources, linked to their pages", async ({ page }) => {
  await signUp(page);
  await page.goto("/profile");
  await page.getByLabel("Industry").fill("Ceramics");
  await page.getByRole("button", { name: "Save" }).first().click();
  await page.waitForURL(/saved/);
  await page.goto("/chat?persona=cfo");
  await ask(page, "How was last month?");
  const answer = answers(page).first();
  await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  // The citation is a link with the fact as its label, not a raw id.
  const reference = answer.getByRole("link", { name: /^\d+: Industry: Ceramics/ }).first();
  await expect(reference).toHaveAttribute("href", "/knowledge/P.industry");
  await expect(answer).not.toContainText("[P.industry]");
  // The list of sources is collapsed, and opens by keyboard.
  const summary = answer.locator(".sources > summary");
  await expect(summary).toContainText(/\d+ sources?/);
  const source = answer.locator(".sources li", { hasText: "Ceramics" });
  await expect(source).toBeHidden();
  await summary.focus();
  await page.keyboard.press("Enter");
  await expect(source).toBeVisible();
  await source.getByRole("link").click();
  await expect(page).toHaveURL(/\/knowledge\/P\.industry$/);
  await expect(page.locator("main mark").first()).toHaveText("Ceramics");
});
