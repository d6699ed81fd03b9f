// A new member's path behind real nginx: in a plain browser, with an extension that keeps changing the page,
// without the WebAssembly module, and without JavaScript.
import type { Page } from "@playwright/test";
import { day } from "./days";
import { install, type Installation } from "./installation";
import { PASSWORD, answers, appRuns, ask, expect, test } from "./support";

test.slow();

/** Runs in the page: keeps adding elements around the composer and a translator's <font> to headings. */
function extension() {
  const change = () => {
    const box = document.querySelector("#message");
    if (box && box.previousElementSibling?.localName !== "grammar-checker") {
      box.before(document.createElement("grammar-checker"));
    }
    const composer = document.querySelector(".composer");
    if (composer && composer.nextElementSibling?.localName !== "translate-bar") {
      composer.after(document.createElement("translate-bar"));
    }
    for (const heading of document.querySelectorAll("h1, h2")) {
      const text = heading.firstChild;
      if (text?.nodeType !== Node.TEXT_NODE) continue;
      const font = document.createElement("font");
      text.replaceWith(font);
      font.append(text);
    }
  };
  new MutationObserver(change).observe(document, { childList: true, subtree: true });
}

interface Way {
  scheme: "http" | "https";
  /** Whether the app runs in the page. */
  app: boolean;
  prepare?: (page: Page) => Promise<unknown>;
}

const WAYS: Record<string, Way> = {
  "over plain http": { scheme: "http", app: true },
  "over https, with an extension that keeps changing the page": {
    scheme: "https",
    app: true,
    prepare: (page) => page.addInitScript(extension),
  },
  "over http, where the module is blocked": {
    scheme: "http",
    app: false,
    prepare: (page) => page.route("**/*.wasm", (route) => route.abort()),
  },
};

for (const [name, way] of Object.entries(WAYS)) {
  test.describe(name, () => {
    test.use({
      ignoreHTTPSErrors: true,
      // The browser's and the app's messages about the blocked module.
      expectedErrors: async ({}, use) => use([/ERR_FAILED|app did not start/]),
    });
    walks(way);
  });
}

test.describe("over https without JavaScript", () => {
  test.use({
    javaScriptEnabled: false,
    ignoreHTTPSErrors: true,
    // Chromium preloads the module even if no script uses it.
    expectedErrors: async ({}, use) => use([/preloaded using link preload but not used/]),
  });
  walks({ scheme: "https", app: false });
});

function walks(way: Way) {
  let installation: Installation;
  test.beforeAll(async () => {
    installation = await install(way.scheme);
  });
  test.afterAll(() => installation.end());

  test("a newcomer walks from the landing page to the usage page", async ({ page }) => {
    await way.prepare?.(page);
    const email = "robin@example.com";
    await comesIn(page, installation, email);
    await describesTheBusiness(page);
    await importsNumbers(page);
    await asksTheCfo(page, way);
    await stopsAndChangesQuestions(page);
    if (way.app) await queuesAQuestion(page);
    await readsTheUsage(page);
    await signsOutAndIn(page, email);
  });
}

/** Signs up by invitation, which is required because `PUBLIC_URL` makes the server reachable by others. */
async function comesIn(page: Page, { url, command }: Installation, email: string) {
  await page.goto(url);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.goto(`${url}/signup`);
  await expect(page.getByRole("main")).toContainText(/invit/i);
  const link = command("invite", email).match(/https?:\S+/)?.[0] ?? "";
  expect(link.startsWith(`${url}/`)).toBe(true);
  await page.goto(link);
  await page.getByLabel("Your name").fill("Robin Owner");
  if (await page.getByLabel("E-mail").isEditable()) await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByLabel("Business name").fill("Hearth Bakery");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL(/\/welcome/);
  await page.goto(`${url}/profile`);
}

async function describesTheBusiness(page: Page) {
  await page.getByLabel("Industry").fill("Sourdough bakery");
  await page.getByRole("button", { name: "Save" }).first().click();
  await expect(page.getByText(/saved/i).first()).toBeVisible();
}

async function importsNumbers(page: Page) {
  const rows = Array.from({ length: 60 }, (_, n) => `${day(n + 1)},${120 + n},90,9,${n < 30 ? 70 : 100}`);
  const buffer = Buffer.from(["date,sessions,users,conversions,revenue", ...rows].join("\n"));
  await page.goto(new URL("/analytics/import", page.url()).href);
  await page.locator("#file").setInputFiles({ name: "numbers.csv", mimeType: "text/csv", buffer });
  await page.getByRole("button", { name: "Preview import" }).click();
  await page.getByRole("button", { name: /^Import [\d,]+ days?$/ }).click();
  await expect(page.getByRole("status").first()).toContainText("60 days added");
  await expect(async () => {
    await page.goto(new URL("/dashboard", page.url()).href);
    await expect(page.getByRole("article", { name: /Revenue: down 30.0%/ })).toBeVisible({ timeout: 500 });
  }).toPass();
}

async function asksTheCfo(page: Page, way: Way) {
  await page.goto(new URL("/chat?persona=cfo", page.url()).href);
  if (way.app) await appRuns(page);
  await ask(page, "How was last month?");
  const answer = answers(page).first();
  await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await answer.locator(".sources > summary").click();
  await answer.locator(".sources li a").first().click();
  await expect(page).toHaveURL(/\/(analytics|profile|dashboard|knowledge)/);
  await page.goBack();
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
}

async function stopsAndChangesQuestions(page: Page) {
  await page.goto(new URL("/chat", page.url()).href);
  await ask(page, "Call 555 0100 #tokens=600 #speed=20");
  await page.getByRole("button", { name: "Stop" }).click();
  const answer = answers(page).first();
  await expect(answer).toHaveAttribute("data-status", "stopped");
  await expect(answer).toContainText("You stopped this answer.");
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("Edited question").fill("In short #tokens=8");
  await page.getByRole("button", { name: "Save & ask" }).click();
  await expect(page.locator("article.message-user")).toContainText("In short");
  await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await expect(answer).toContainText("w7");
  await page.getByRole("button", { name: "Regenerate" }).click();
  await expect(answer.locator(".versions-place")).toContainText("Version 2 of 2");
  await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
}

async function queuesAQuestion(page: Page) {
  await ask(page, "Slowly #tokens=100 #speed=30");
  await expect(answers(page)).toHaveCount(2);
  await page.locator("#message").fill("And then? #tokens=5");
  await page.getByRole("button", { name: "Queue" }).click();
  await expect(page.getByRole("list", { name: "Queued questions" })).toContainText("And then?");
  await expect(answers(page)).toHaveCount(3, { timeout: 30_000 });
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
}

async function readsTheUsage(page: Page) {
  await page.goto(new URL("/admin/usage", page.url()).href);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Usage");
  await expect(page.getByRole("main")).toContainText(/\$\d/);
}

async function signsOutAndIn(page: Page, email: string) {
  await page.goto(new URL("/account", page.url()).href);
  await page.getByRole("button", { name: "Sign out", exact: true }).last().click();
  await expect(page).toHaveURL(/\/$/);
  await page.goto(new URL("/signin", page.url()).href);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/chat/);
}
