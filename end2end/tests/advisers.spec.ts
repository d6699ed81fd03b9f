// Advisers are edited on plain pages, where JavaScript is optional.
import { addAdviser } from "./board";
import { answers, ask, expect, signUp, test } from "./support";

test("the card and the prompt beside the form follow what is typed", async ({ page }) => {
  await signUp(page);
  await page.goto("/advisers/cfo");
  const preview = page.getByRole("complementary", { name: "Preview" });
  await page.getByLabel("Title").fill("Keeper of the Till");
  await page.getByLabel("Instructions").fill("Count twice.");
  await expect(preview.locator(".adviser-live-title")).toHaveText("Keeper of the Till");
  await expect(preview.getByRole("region", { name: "Prompt" })).toContainText("You are the Keeper of the Till (CFO)");
  await expect(preview.getByRole("region", { name: "Prompt" })).toContainText("Count twice.");
  await page.getByRole("checkbox", { name: "Competitors" }).check();
  await expect(preview).toContainText("Competitors");
  await page.setViewportSize({ width: 1000, height: 800 });
  await expect(preview).toBeHidden();
});

test("a custom adviser is tried, saved, restored and asked", async ({ page }) => {
  await signUp(page);
  await addAdviser(page);
  await page.goto("/chat?persona=legal");
  await ask(page, "And now? #tokens=20");
  await expect(answers(page).first()).toHaveAttribute("aria-label", "Legal Counsel");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
});
