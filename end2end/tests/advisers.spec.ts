// Advisers are edited on plain pages, where JavaScript is optional.
import { addAdviser } from "./board";
import { answers, ask, expect, signUp, test } from "./support";

test("a custom adviser is tried, saved, restored and asked", async ({ page }) => {
  await signUp(page);
  await addAdviser(page);
  await page.goto("/chat?persona=legal");
  await ask(page, "And now? #tokens=20");
  await expect(answers(page).first()).toHaveAttribute("aria-label", "Legal Counsel");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
});
