// A page fixture that fails the test on console errors and warnings, and helpers to sign up and ask.
import { expect, test as base, type Page } from "@playwright/test";

export const PASSWORD = "teal-otter-paints-fences";

export const test = base.extend<{ expectedErrors: RegExp[]; page: Page }>({
  // Console messages that a test provokes, such as that of a refused request.
  expectedErrors: [[], { option: true }],
  page: async ({ page, expectedErrors }, use) => {
    const errors: string[] = [];
    const note = (text: string) => {
      if (!expectedErrors.some((expected) => expected.test(text))) errors.push(text);
    };
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") note(message.text());
    });
    page.on("pageerror", (error) => note(String(error)));
    await use(page);
    expect(errors, "errors in the console").toEqual([]);
  },
});

export { expect };

let count = 0;

/** Returns the sign-up data of a new member, with an e-mail address that is unique across workers. */
export function somebody() {
  count += 1;
  const id = `${process.pid}-${test.info().workerIndex}-${Date.now()}-${count}`;
  return { name: "Robin Owner", email: `robin-${id}@example.com`, business: "Hearth Bakery" };
}

/** Signs up a new business and returns its owner. Skips the first questions. Ends on the profile page. */
export async function signUp(page: Page) {
  const person = somebody();
  await page.goto("/signup");
  await page.getByLabel("Your name").fill(person.name);
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByLabel("Business name").fill(person.business);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL(/\/welcome/);
  await page.goto("/profile");
  return person;
}

/** Signs out with the account menu. */
export async function signOut(page: Page) {
  await page.getByRole("button", { name: "Account menu" }).click();
  await page.locator("#account-menu").getByRole("button", { name: "Sign out", exact: true }).click();
}

export async function ask(page: Page, question: string) {
  await page.locator("#message").fill(question);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
}

/** Records what the page's live regions announce from now on in this document. */
export async function announced(page: Page) {
  const said: string[] = [];
  await page.exposeFunction("said", (text: string) => said.push(text));
  await page.evaluate(() => {
    const { said } = window as unknown as { said(text: string): void };
    const hear = (changes: MutationRecord[]) => {
      for (const { target, addedNodes } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        const text = [...addedNodes].map((node) => node.textContent).join("") || target.nodeValue;
        if (element?.closest("[role=status]") && text) said(text);
      }
    };
    new MutationObserver(hear).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  return said;
}

/** Locates all answers of the shown branch, oldest first. */
export function answers(page: Page) {
  return page.locator("article.message-answer");
}

/** Locates the label `Version 2 of 3` of a message. */
export function version(page: Page, number: number, count: number) {
  return page.locator(".versions-place").filter({ hasText: `Version ${number} of ${count}` });
}

/** Waits until the app runs the page. Text typed earlier is carried over. */
export async function appRuns(page: Page) {
  await expect(page.locator("html")).toHaveAttribute("data-app", "on");
}
