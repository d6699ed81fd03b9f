// The profile: concurrent edits, goals, and saving while signed out.
import { PASSWORD, expect, signUp, test } from "./support";

test("a concurrent edit is reported and overwrites nothing", async ({
  page,
  context,
}) => {
  await signUp(page);
  const other = await context.newPage();
  await other.goto("/profile");
  await page.goto("/profile");
  await page.getByLabel("Industry").fill("First");
  await page.getByRole("button", { name: /save/i }).first().click();
  await expect(page.getByText(/saved/i).first()).toBeVisible();
  await other.getByLabel("Industry").fill("Second");
  await other.getByRole("button", { name: /save/i }).first().click();
  await expect(other.getByText(/First/).first()).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Industry")).toHaveValue("First");
});

test("goals are moved, removed and added, and keep their order through a reload", async ({ page }) => {
  await signUp(page);
  const goals = page.getByRole("textbox", { name: /^Goal \d/ });
  await goals.nth(0).fill("Hire a baker");
  await goals.nth(1).fill("Open a second shop");
  await page.getByRole("button", { name: "Move up: goal 2" }).click();
  await expect(page.getByText("Moved to place 1.")).toBeAttached();
  await expect(page.getByRole("button", { name: "Move up: goal 1" })).toBeFocused();
  await expect(goals.nth(0)).toHaveValue("Open a second shop");
  await page.getByRole("button", { name: "Remove: goal 3" }).click();
  await expect(goals).toHaveCount(2);
  await page.getByRole("button", { name: "Add goal" }).click();
  await expect(goals.nth(2)).toBeFocused();
  await goals.nth(2).fill("Deliver by bicycle");
  await page.getByRole("button", { name: "Save profile" }).click();
  await expect(page.getByText("Saved.")).toBeFocused();
  await page.goto("/profile");
  for (const [place, goal] of ["Open a second shop", "Hire a baker", "Deliver by bicycle"].entries()) {
    await expect(goals.nth(place)).toHaveValue(goal);
  }
});

test.describe("signed out", () => {
  // The script first checks whether the page is still accessible, which returns 401.
  test.use({ expectedErrors: [/Failed to load resource.*401/] });

  test("a member signed out while typing is told, keeps the text and can save it", async ({
    page,
    context,
  }) => {
    const person = await signUp(page);
    await context.clearCookies();
    await page.getByLabel("Industry").fill("Sourdough bakery");
    const save = page.getByRole("button", { name: "Save profile" });
    await save.click();
    await expect(page.getByRole("alert")).toContainText("not saved yet");
    await expect(page.getByLabel("Industry")).toHaveValue("Sourdough bakery");
    const [other] = await Promise.all([
      context.waitForEvent("page"),
      page.getByRole("alert").getByRole("link", { name: "Sign in" }).click(),
    ]);
    await other.getByLabel("E-mail").fill(person.email);
    await other.getByLabel("Password").fill(PASSWORD);
    await other.getByRole("button", { name: "Sign in" }).click();
    await expect(other).toHaveURL(/\/chat/);
    await save.click();
    await expect(page).toHaveURL(/saved/);
    await expect(page.getByLabel("Industry")).toHaveValue("Sourdough bakery");
  });
});
