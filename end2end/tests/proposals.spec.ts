// What a member says of the business in a question, saved in the profile below the reply.
import type { Page } from "@playwright/test";

import { announced, answers, appRuns, ask, expect, signUp, test } from "./support";

const SELLS = "We sell sourdough and cakes to order. Should we raise prices? #tokens=12";

const proposal = (page: Page) => page.getByRole("form", { name: "Proposal for your profile" });

async function askAndWait(page: Page, question: string) {
  await page.goto("/chat");
  await appRuns(page);
  await ask(page, question);
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
}

for (const width of [375, 1440]) {
  test(`a statement is saved, undone and declined in place, at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 740 });
    await signUp(page);
    await askAndWait(page, SELLS);
    const said = await announced(page);
    await expect(proposal(page)).toContainText("Save “sourdough and cakes to order” as What you sell?");
    const save = proposal(page).getByRole("button", { name: "Save to profile" });
    for (const button of await proposal(page).getByRole("button").all()) {
      expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);

    const address = page.url();
    await save.focus();
    await page.keyboard.press("Enter");
    const undo = proposal(page).getByRole("button", { name: "Undo" });
    await expect(undo).toBeFocused();
    await expect(proposal(page)).toContainText("Saved as What you sell.");
    await expect.poll(() => said).toContain("Saved as What you sell.");

    await page.keyboard.press("Enter");
    await expect(save).toBeFocused();
    await expect.poll(() => said).toContain("Undone. What you sell is as it was before.");

    await proposal(page).getByRole("button", { name: "No, thanks" }).click();
    await expect(proposal(page)).toHaveCount(0);
    await expect(page.locator("#message")).toBeFocused();
    expect(page.url(), "without a reload").toBe(address);
    await page.reload();
    await appRuns(page);
    await expect(answers(page)).toHaveCount(1);
    await expect(proposal(page)).toHaveCount(0);
  });
}

test("a saved statement is in the profile, to which it links", async ({ page }) => {
  await signUp(page);
  await askAndWait(page, SELLS);
  await proposal(page).getByRole("button", { name: "Save to profile" }).click();
  await proposal(page).getByRole("link", { name: "What you sell" }).click();
  await expect(page).toHaveURL(/\/profile#sells$/);
  await expect(page.getByRole("textbox", { name: "What you sell" })).toHaveValue("sourdough and cakes to order");
});

test.describe("with a second window", () => {
  // The refusal of the last undo.
  test.use({ expectedErrors: [/Failed to load resource.*409/] });

  test("another window follows, and undo overwrites no later change", async ({ page, context }) => {
    await signUp(page);
    await askAndWait(page, SELLS);
    const other = await context.newPage();
    await other.goto(page.url());
    await appRuns(other);
    await expect(proposal(other)).toContainText("Save “sourdough and cakes to order”");
    await proposal(page).getByRole("button", { name: "Save to profile" }).click();
    await expect(proposal(other)).toContainText("Saved as What you sell.");

    await other.goto("/profile");
    await other.getByRole("textbox", { name: "What you sell" }).fill("We bake. Bread above all.");
    await other.getByRole("button", { name: "Save profile" }).click();
    await expect(other).toHaveURL(/saved/);
    await proposal(page).getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("alert")).toContainText("was changed after you saved it");
    await expect(proposal(page)).toHaveCount(0);
    await other.goto("/profile");
    await expect(other.getByRole("textbox", { name: "What you sell" })).toHaveValue("We bake. Bread above all.");
  });
});
