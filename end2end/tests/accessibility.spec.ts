// axe finds nothing on any page, in both themes.
import AxeBuilder from "@axe-core/playwright";
import { answers, ask, expect, signUp, test, version } from "./support";

// The page that does not exist answers 404.
test.use({ expectedErrors: [/404/] });

async function check(page: import("@playwright/test").Page, what: string) {
  const result = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  const found = result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(", ")}`);
  expect(found, what).toEqual([]);
}

for (const scheme of ["light", "dark"] as const) {
  test(`axe finds nothing on any page, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    for (const path of ["/", "/signup", "/signin"]) {
      await page.goto(path);
      await check(page, path);
    }
    await signUp(page);
    for (const path of ["/profile", "/account", "/dashboard", "/chat", "/chat?persona=cto"]) {
      await page.goto(path);
      await check(page, path);
    }
    await page.goto("/chat");
    await ask(page, "What next?");
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
    await check(page, "a conversation");
    await answers(page).first().getByRole("button", { name: "Regenerate" }).click();
    await expect(version(page, 2, 2)).toBeAttached();
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
    await check(page, "versions");
    await page.getByRole("link", { name: "Edit" }).click();
    await expect(page.getByLabel("Your question in other words")).toBeFocused();
    await check(page, "an edit");
    await page.goto("/no/such/page").catch(() => {});
    await check(page, "a page that does not exist");
  });
}
