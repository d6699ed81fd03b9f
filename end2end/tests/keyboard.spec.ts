// A newcomer's way with the keyboard alone, with a visible focus on every stop.
import type { Locator, Page } from "@playwright/test";
import { PASSWORD, answers, expect, somebody, test } from "./support";

test.slow();

/** Presses Tab until `target` has the focus. Fails if it is never reached, or where a focused element shows no focus. */
async function tabTo(page: Page, target: Locator) {
  await expect(target).toBeVisible();
  for (let stop = 0; stop < 120; stop += 1) {
    await page.keyboard.press("Tab");
    const shown = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return true;
      // The focus may be shown by an element around a hidden control, or by the label behind it.
      const around = [focused, focused.parentElement, focused.nextElementSibling, focused.closest("label")];
      return around.some((element) => {
        const style = element && getComputedStyle(element);
        return style && ((style.outlineStyle !== "none" && style.outlineWidth !== "0px") || style.boxShadow !== "none");
      });
    });
    expect(shown, await page.evaluate(() => `focus of ${document.activeElement?.outerHTML.slice(0, 200)}`)).toBe(true);
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`never reached: ${target}`);
}

async function press(page: Page, target: Locator, key = "Enter") {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

async function type(page: Page, target: Locator, text: string) {
  await tabTo(page, target);
  await page.keyboard.type(text);
}

test("from the landing page to a cited answer, its source, the numbers and out again", async ({ page }) => {
  const person = somebody();
  await page.goto("/");
  await press(page, page.getByRole("link", { name: "Create account" }).first());
  await type(page, page.getByLabel("Your name"), person.name);
  await type(page, page.getByLabel("E-mail"), person.email);
  await type(page, page.getByLabel("Password"), PASSWORD);
  await type(page, page.getByLabel("Business name"), person.business);
  await page.keyboard.press("Enter");

  await expect(page).toHaveURL(/\/welcome/);
  await type(page, page.getByLabel("1. What is your business?"), "A bakery");
  await type(page, page.getByLabel("3. What decision is on your table?"), "How did we do last month?");
  await press(page, page.getByLabel(/load sample data/), "Space");
  await press(page, page.getByRole("button", { name: "Ask the Chief Executive" }));

  await expect(page).toHaveURL(/\/chat\//);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 60_000 });
  const source = answers(page).first().locator(".cite a[data-label]").first();
  await press(page, source);
  const card = page.locator("#source-card");
  await expect(card).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(card).toBeHidden();
  await expect(source).toBeFocused();

  await page.goto("/dashboard");
  await press(page, page.getByRole("link", { name: "30 days" }).first());
  await expect(page).toHaveURL(/range=30/);
  await press(page, page.getByRole("button", { name: "Account menu" }));
  await press(page, page.getByRole("button", { name: "Sign out", exact: true }));
  await expect(page.getByRole("button", { name: "Account menu" })).toHaveCount(0);
  await page.goto("/dashboard");
  await expect(page).toHaveURL(/\/signin/);
});
