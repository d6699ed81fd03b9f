// Drafts: unsent text is restored for its member, and for nobody else.
import { PASSWORD, answers, appRuns, ask, expect, signOut, signUp, test } from "./support";
import type { Page } from "@playwright/test";

// Tests request pages while signed out, and one aborts a request.
test.use({ expectedErrors: [/Failed to load resource/] });

const box = (page: Page) => page.locator("#message");

async function open(page: Page, path: string) {
  await page.goto(path);
  if (path.includes("/chat")) await appRuns(page);
}

async function signIn(page: Page, email: string) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("each conversation keeps its own draft, across moves, pages and reloads", async ({ page }) => {
  await signUp(page);
  await open(page, "/chat");
  await ask(page, "One #tokens=3");
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  const first = page.url();
  await box(page).fill("about one");
  await page.getByRole("link", { name: "New conversation" }).click();
  await expect(page).toHaveURL(/\/chat$/);
  await expect(box(page)).toHaveValue("");
  await box(page).fill("something new");
  await page.goBack();
  await expect(box(page)).toHaveValue("about one");
  await page.reload();
  await expect(box(page)).toHaveValue("about one");
  await open(page, "/profile");
  await open(page, "/chat");
  await expect(box(page)).toHaveValue("something new");
  await ask(page, "something else #tokens=3");
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  // The sent draft is gone, and the other one remains.
  await open(page, "/chat");
  await expect(box(page)).toHaveValue("");
  await open(page, first);
  await expect(box(page)).toHaveValue("about one");
});

test("a question that the server did not accept stays a draft", async ({ page }) => {
  await signUp(page);
  await open(page, "/chat");
  await page.route("**/api/send_message", (route) => route.abort());
  await ask(page, "Lost on the way?");
  await expect(page.getByRole("alert")).toBeVisible();
  await page.unroute("**/api/send_message");
  await page.reload();
  await expect(box(page)).toHaveValue("Lost on the way?");
});

test("a session that ends while a member types loses no text", async ({ page, context }) => {
  const person = await signUp(page);
  await open(page, "/chat");
  await ask(page, "Begun #tokens=3");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  await box(page).fill("typed before the session ended");
  await context.clearCookies();
  await page.reload();
  await expect(page).toHaveURL(/\/signin/);
  await signIn(page, person.email);
  await expect(box(page)).toHaveValue("typed before the session ended");
});

test("another account never sees a draft, and signing out removes it", async ({ page, context }) => {
  const first = await signUp(page);
  await open(page, "/chat");
  await box(page).fill("a secret plan");
  await context.clearCookies();
  await signUp(page);
  await open(page, "/chat");
  await expect(box(page)).toHaveValue("");
  await signOut(page);
  await page.goto("/signin");
  await signIn(page, first.email);
  await expect(box(page)).toHaveValue("a secret plan");
  await signOut(page);
  await page.goto("/signin");
  await signIn(page, first.email);
  await expect(page).toHaveURL(/\/chat/);
  await appRuns(page);
  await expect(box(page)).toHaveValue("");
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("secret");
});

for (const [what, closes] of [
  ["closed", () => Object.defineProperty(window, "localStorage", { get: () => { throw new Error("closed"); } })],
  ["full", () => { Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }; }],
] as const) {
  test(`where storage is ${what} everything else works`, async ({ page }) => {
    await page.addInitScript(closes);
    await signUp(page);
    await open(page, "/chat");
    await ask(page, "One #tokens=60 #speed=30");
    await box(page).fill("Two #tokens=3");
    await page.keyboard.press("Enter");
    await expect(answers(page)).toHaveCount(2);
    await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
    await box(page).fill("a draft of this page");
    await page.getByRole("link", { name: "New conversation" }).click();
    await expect(box(page)).toHaveValue("");
    await page.goBack();
    await expect(box(page)).toHaveValue("a draft of this page");
  });
}

test("the profile's fields come back, say so, and can be discarded", async ({ page }) => {
  await signUp(page);
  await page.getByLabel("Industry").fill("Sourdough bakery");
  const goals = page.getByRole("textbox", { name: /^Goal \d/ });
  await goals.nth(0).fill("Hire a baker");
  await page.getByRole("button", { name: "Add goal" }).click();
  await goals.nth(3).fill("Open a second shop");
  await page.goto("/account");
  await page.goto("/profile");
  await expect(page.getByText("Your unsaved changes are back.")).toBeVisible();
  await expect(page.getByLabel("Industry")).toHaveValue("Sourdough bakery");
  await expect(goals.nth(0)).toHaveValue("Hire a baker");
  await expect(goals.nth(3)).toHaveValue("Open a second shop");
  await page.getByRole("button", { name: "Discard changes" }).click();
  await expect(page.getByLabel("Industry")).toHaveValue("");
  await expect(page.getByText("Your unsaved changes are back.")).toHaveCount(0);
  await page.getByLabel("Industry").fill("Bakery");
  await page.getByRole("button", { name: "Save profile" }).click();
  await expect(page.getByText("Saved.")).toBeFocused();
  await page.goto("/profile");
  await expect(page.getByLabel("Industry")).toHaveValue("Bakery");
  await expect(page.getByText("Your unsaved changes are back.")).toHaveCount(0);
});

test("a profile that changed meanwhile is not overwritten by a draft", async ({ page, context }) => {
  await signUp(page);
  await page.getByLabel("Industry").fill("Mine");
  const other = await context.newPage();
  await other.goto("/account");
  // Saves the profile with a bare request, as another member would, whose browser does not have the draft.
  await other.evaluate(async () => {
    const page = new DOMParser().parseFromString(await (await fetch("/profile")).text(), "text/html");
    const form = page.querySelector<HTMLFormElement>("form.profile-form");
    if (!form) throw new Error("no form");
    const data = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
    data.set("industry", "Theirs");
    await fetch(form.getAttribute("action") ?? "", { method: "POST", body: data, headers: { accept: "text/html" } });
  });
  await page.goto("/profile");
  await expect(page.getByLabel("Industry")).toHaveValue("Mine");
  await page.getByRole("button", { name: "Save profile" }).click();
  await expect(page.getByText("Theirs").first()).toBeVisible();
});
