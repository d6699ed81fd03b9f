// Printing: whole conversations, and no controls.
import type { Page } from "@playwright/test";
import { serve, type Server } from "./installation";
import { HEAD, day, previewFile } from "./days";
import { answers, ask, expect, signUp, test } from "./support";

/** Prints the page to PDF and returns the number of sheets. */
async function pages(page: Page, format: "A4" | "Letter") {
  const pdf = await page.pdf({ format, preferCSSPageSize: false });
  return (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
}

/** Has a conversation with sources and of several sheets. */
async function converse(page: Page) {
  await signUp(page);
  await page.goto("/profile");
  await page.getByLabel("Industry").fill("Ceramics");
  await page.getByRole("button", { name: "Save" }).first().click();
  await page.waitForURL(/saved/);
  await page.goto("/chat?persona=cfo");
  await ask(page, "How was last month?");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  for (const [count, question] of ["First a long one #tokens=900 #speed=3000", "Then the last one #tokens=400 #speed=3000"].entries()) {
    await ask(page, question);
    await expect(answers(page)).toHaveCount(count + 2);
    await expect(answers(page).last()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  }
}

test("a printed conversation is whole: questions, adviser, dates, sources; no controls", async ({ page }) => {
  await converse(page);
  for (const format of ["A4", "Letter"] as const) {
    const count = await pages(page, format);
    expect(count, `pages in ${format}`).toBeGreaterThan(1);
    expect(count, `pages in ${format}`).toBeLessThan(8);
  }
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  // No element within the page scrolls, so nothing is cut off: the document is as high as its content.
  const layout = await page.evaluate(() => {
    const cut = [...document.querySelectorAll(".frame, .frame-content, .chat, .chat-thread, .messages, .messages-inner, .message")]
      .filter((element) => element.scrollHeight > element.clientHeight + 1 && getComputedStyle(element).overflowY !== "visible");
    const last = [...document.querySelectorAll(".message-answer")].pop()!;
    return {
      cut: cut.map((element) => element.className),
      last: last.getBoundingClientRect().bottom + scrollY,
      height: document.documentElement.scrollHeight,
      ground: getComputedStyle(document.body).color,
    };
  });
  expect(layout.cut).toEqual([]);
  expect(layout.last).toBeLessThanOrEqual(layout.height + 1);
  const [red] = layout.ground.match(/\d+/g)!.map(Number);
  expect(red, "dark text on white paper, in the dark theme too").toBeLessThan(80);
  await expect(page.locator(".message-user").first()).toContainText("How was last month?");
  await expect(page.locator(".message-user time").first()).toBeVisible();
  await expect(answers(page).first().locator(".message-author")).toBeVisible();
  await expect(answers(page).first().locator("time").first()).toBeVisible();
  await expect(answers(page).last()).toContainText("w399");
  await expect(page.locator(".thread-title h1")).toBeVisible();
  for (const hidden of [".frame-nav", ".chat-list", ".composer", ".jump", ".skip-link"]) {
    for (const element of await page.locator(hidden).all()) await expect(element).toBeHidden();
  }
  expect(await page.locator("button:visible, select:visible, input:visible").count(), "controls").toBe(0);
  // The reply's sources are printed below it, although they are collapsed on the screen.
  const source = answers(page).first().locator(".sources li", { hasText: "Ceramics" });
  expect((await source.boundingBox())?.height ?? 0).toBeGreaterThan(5);
  await page.emulateMedia({ media: "screen" });
  await expect(source).toBeHidden();
});

/** The width of the paper between its margins, in CSS pixels. */
const WIDTHS = { A4: 687, Letter: 710 };

/** Expects that a page prints whole: its text and no controls, on a few sheets as wide as the paper. */
async function prints(page: Page, path: string, ...texts: string[]) {
  await page.goto(path);
  await page.emulateMedia({ media: "print" });
  for (const [format, width] of Object.entries(WIDTHS)) {
    await page.setViewportSize({ width, height: 1000 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide, `${path} is no wider than ${format}`).toBeLessThanOrEqual(1);
    expect(await cut(page), `cut off on ${path} in ${format}`).toEqual([]);
  }
  for (const hidden of await page.locator(".frame-nav, .skip-link").all()) await expect(hidden).toBeHidden();
  expect(await page.locator("button:visible, .button:visible, .button-quiet:visible").count(), `buttons on ${path}`).toBe(0);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  for (const text of texts) await expect(page.getByText(text).filter({ visible: true }).first(), path).toBeVisible();
  await page.emulateMedia({ media: null });
  for (const format of ["A4", "Letter"] as const) {
    const count = await pages(page, format);
    expect(count, `${path} in ${format}`).toBeGreaterThan(0);
    expect(count, `${path} in ${format}`).toBeLessThan(12);
  }
}

/** The elements whose content is wider than what is shown of it. */
function cut(page: Page) {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("body *")]
      .filter((element) => element.checkVisibility() && getComputedStyle(element).display !== "inline")
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== "visible")
      .map((element) => `${element.localName}.${element.className}`),
  );
}

test.describe("every page prints on a few sheets, as wide as the paper", () => {
  let server: Server;
  test.use({
    baseURL: async ({}, use) => {
      server = await serve();
      await use(server.url);
      server.end();
    },
  });

  test("for visitors and for the operator", async ({ page }) => {
    await prints(page, "/", "Four advisers who know your numbers.", "The advisers are a language model", "Missing information is named");
    await prints(page, "/signin", "E-mail", "Password");
    await prints(page, "/signup", "Your name", "Business name");
    const { email } = await signUp(page);
    const link = server.command("password-reset", "--email", email).trim();
    await prints(page, link, "Choose a new password", email);
    await fillIn(page);
    for (const path of ["/profile", "/dashboard", "/analytics/metrics", "/knowledge", "/account", "/advisers", "/advisers/ceo", "/admin/usage"]) {
      await prints(page, path);
    }
    await prints(page, "/analytics", "40 days in all");
    await prints(page, `/analytics/day?date=${day(1)}`, "Sessions", "Revenue");
    await expect(page.getByLabel("Sessions")).toHaveValue("1400");
    await previewFile(page, [HEAD, `${day(1)},7,90,9,0.5`, `${day(60)},8,,,`]);
    await prints(page, "/analytics/import", "numbers.csv", day(1));
    await previewFile(page, [HEAD, `${day(3)},1,1,1,2.5`, `${day(2)},=cmd(),1,1,NaN`]);
    await prints(page, "/analytics/import", "sessions");
    await prints(page, "/advisers/new", "Short name", "Instructions");
    await prints(page, "/operator", "Not answering", "The API key is refused.", "gpt-oss-120b", "Disputed usage");
  });
});

/** Gives the pages something to print: numbers, a profile, and what an operator should know of the provider. */
async function fillIn(page: Page) {
  await page.goto("/profile");
  await page.getByLabel("Industry").fill("Ceramics");
  await page.getByRole("button", { name: "Save" }).first().click();
  await page.waitForURL(/saved/);
  await previewFile(page, [HEAD, ...Array.from({ length: 40 }, (_, ago) => `${day(ago + 1)},${1400 + ago},90,9,${ago * 10}.5`)]);
  await page.getByRole("button", { name: /^Import [\d,]+ days?$/ }).click();
  await page.waitForURL(/imported/);
  await page.goto("/chat");
  for (const [count, upstream] of ["#fault=model-missing", "#shape=usage-wrapped-32", "#fault=http-401"].entries()) {
    await ask(page, `Who answers? #tokens=5 ${upstream}`);
    await expect(answers(page)).toHaveCount(count + 1);
    await expect(answers(page).last()).toHaveAttribute("data-status", /complete|failed/);
  }
}

test("a short conversation is one sheet", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "A few words #tokens=12");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  for (const format of ["A4", "Letter"] as const) expect(await pages(page, format), format).toBe(1);
});
