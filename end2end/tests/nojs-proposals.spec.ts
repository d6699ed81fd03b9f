// What a member says of the business is saved in the profile without JavaScript.
import { answers, ask, expect, signUp, test } from "./support";

test("a statement is saved, undone and declined by forms", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "We sell sourdough and cakes to order. Should we raise prices? #tokens=12");
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  const proposal = page.getByRole("form", { name: "Proposal for your profile" });
  await proposal.getByRole("button", { name: "Save to profile" }).click();
  await expect(proposal).toContainText("Saved as What you sell.");
  await proposal.getByRole("button", { name: "Undo" }).click();
  await expect(proposal).toContainText("Save “sourdough and cakes to order” as What you sell?");
  await proposal.getByRole("button", { name: "No, thanks" }).click();
  await expect(proposal).toHaveCount(0);
  await expect(answers(page)).toHaveCount(1);
});
