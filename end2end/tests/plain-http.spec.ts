// `PUBLIC_URL` is https, but a page was opened over http: it says so before anything is typed.
import { install, type Installation } from "./installation";
import { expect, test } from "./support";

test.use({
  ignoreHTTPSErrors: true,
  // Of the header that plain http makes worthless, and of the reset link, which is none.
  expectedErrors: async ({}, use) => use([/Cross-Origin-Opener-Policy/, /404/]),
});

let installation: Installation;
test.beforeAll(async () => {
  installation = await install("https");
});
test.afterAll(() => installation.end());

for (const path of ["/signin", "/signup", "/reset-password?token=x"]) {
  test(`${path} says where to sign in`, async ({ page }) => {
    const { url, direct } = installation;
    const notice = page.getByRole("alert").filter({ hasText: "opened over plain http" });
    await page.goto(direct + path);
    await expect(notice).toBeVisible();
    await notice.getByRole("link", { name: `Open ${url}` }).click();
    await expect(page).toHaveURL(url + path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.locator("[data-over-http]")).toBeHidden();
    // Chromium keeps `Secure` cookies on the own machine.
    await page.goto(direct.replace(/\/\/[^:]+/, "//127.0.0.1") + path);
    await expect(page.locator("[data-over-http]")).toBeHidden();
  });
}
