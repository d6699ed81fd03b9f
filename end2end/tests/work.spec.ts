// Where sign-ups need work, the browser does it while the form is filled in, or makes the button wait for it.
import { serve } from "./installation";
import { expect, test } from "./support";

test.use({
  baseURL: async ({}, use) => {
    const server = await serve({ SIGN_UP_WORK: "14" });
    await use(server.url);
    server.end();
  },
});

test("an account is created once the browser has done the work", async ({ page }) => {
  await page.goto("/signup");
  await page.getByLabel("Your name").fill("Ada Baker");
  await page.getByLabel("E-mail").fill("ada@bakery.example");
  await page.getByLabel("Password").fill("teal-otter-paints-fences");
  await page.getByLabel("Business name").fill("Harbour Bakery");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL(/welcome/);
});
