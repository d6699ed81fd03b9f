// Two people at one profile.
import { expect, signUp, test } from "./support";

test.use({ expectedErrors: [/Failed to load resource.*409/] });

test("the second of two editors is told, and nothing is overwritten in silence", async ({
  page,
  context,
}) => {
  await signUp(page);
  const other = await context.newPage();
  await other.goto("/profile");
  await page.goto("/profile");
  await page.waitForLoadState("networkidle");
  await other.waitForLoadState("networkidle");
  await page.getByLabel("Industry").fill("First");
  await page.getByRole("button", { name: /save/i }).first().click();
  await expect(page.getByText(/saved/i).first()).toBeVisible();
  await other.getByLabel("Industry").fill("Second");
  await other.getByRole("button", { name: /save/i }).first().click();
  await expect(other.getByText(/First/).first()).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Industry")).toHaveValue("First");
});

test("goals keep their order through a reload", async ({ page }) => {
  await signUp(page);
  await page.waitForLoadState("networkidle");
  const goals = page.locator("input[name^=goals]");
  await goals.first().fill("Open a second shop");
  await page.getByRole("button", { name: /save/i }).first().click();
  await expect(page.getByText(/saved/i).first()).toBeVisible();
  await page.goto("/profile");
  await expect(goals.first()).toHaveValue("Open a second shop");
});
