// The list of conversations: options, pins, the archive, deletion with undo, and the search. With and without the app.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { answers, appRuns, ask, expect, signUp, test } from "./support";

/** Begins a conversation and waits for its answer. */
async function begin(page: Page, question: string) {
  await page.goto("/chat");
  await ask(page, question);
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
}

const list = (page: Page) => page.getByRole("complementary", { name: "Conversations" });
const row = (page: Page, title: string) => list(page).getByRole("listitem").filter({ hasText: title });

/** Opens the options of a listed conversation. */
async function options(page: Page, title: string) {
  await row(page, title).getByRole("link", { name: "Options" }).click();
  const group = list(page).getByRole("group", { name: "Options" });
  await expect(group).toBeVisible();
  return group;
}

test.describe("with the app", () => {
  test.beforeEach(async ({ page }) => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await signUp(page);
  });

  test("a conversation is renamed, pinned and unpinned from the list", async ({ page }) => {
    await begin(page, "First matter #tokens=5");
    await begin(page, "Second matter #tokens=5");
    await appRuns(page);
    const acts = await options(page, "First matter");
    await expect(acts.getByLabel("New name")).toBeFocused();
    await acts.getByLabel("New name").fill("Flour");
    await acts.getByRole("button", { name: "Save" }).click();
    await expect(row(page, "Flour")).toBeVisible();
    await expect(acts).toHaveCount(0);

    await (await options(page, "Flour")).getByRole("button", { name: "Pin", exact: true }).click();
    await expect(list(page).getByRole("heading", { name: "Pinned" })).toBeVisible();
    await expect(list(page).getByRole("listitem").first()).toContainText("Flour");
    await page.reload();
    await expect(list(page).getByRole("listitem").first()).toContainText("Flour");
    await appRuns(page);
    await (await options(page, "Flour")).getByRole("button", { name: "Unpin" }).click();
    await expect(list(page).getByRole("heading", { name: "Pinned" })).toHaveCount(0);
    await expect(list(page).getByRole("listitem").first()).toContainText("Second matter");
  });

  test("the options close with Escape and return the focus", async ({ page }) => {
    await begin(page, "A matter #tokens=5");
    await appRuns(page);
    await options(page, "A matter");
    await page.keyboard.press("Escape");
    await expect(list(page).getByRole("group", { name: "Options" })).toHaveCount(0);
    await expect(row(page, "A matter").getByRole("link", { name: "Options" })).toBeFocused();
  });

  test("another conversation is deleted and restored while one is open", async ({ page }) => {
    await begin(page, "By mistake #tokens=5");
    await begin(page, "Open matter #tokens=5");
    await appRuns(page);
    await (await options(page, "By mistake")).getByRole("button", { name: "Delete" }).click();
    await expect(row(page, "By mistake")).toHaveCount(0);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Open matter");
    const undo = page.getByRole("button", { name: "Undo" });
    await expect(undo).toBeFocused();
    await undo.press("Enter");
    await expect(row(page, "By mistake")).toBeVisible();
    await expect(undo).toHaveCount(0);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Open matter");
  });

  test("the open conversation is deleted, and undo leads back to it", async ({ page }) => {
    await begin(page, "By mistake #tokens=5");
    await appRuns(page);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByText("Delete conversation").click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await expect(page).toHaveURL(/\/chat$/);
    await expect(row(page, "By mistake")).toHaveCount(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("By mistake");
    await expect(answers(page)).toHaveCount(1);
  });

  test("an archived conversation leaves the list and comes back from the archive", async ({ page }) => {
    await begin(page, "Old matter #tokens=5");
    await appRuns(page);
    await (await options(page, "Old matter")).getByRole("button", { name: "Archive" }).click();
    await expect(row(page, "Old matter")).toHaveCount(0);
    await expect(page.getByText("This conversation is archived.")).toBeVisible();
    await list(page).getByRole("link", { name: "Archived" }).click();
    await expect(page.getByRole("link", { name: "Old matter" })).toBeVisible();
    await page.getByRole("button", { name: "Move back to the list" }).click();
    await expect(page.getByText("Nothing is archived.")).toBeVisible();
    await page.goto("/chat");
    await expect(row(page, "Old matter")).toBeVisible();
  });

  test("another window shows a new title and a deletion", async ({ page, context }) => {
    await begin(page, "Shared matter #tokens=5");
    await appRuns(page);
    const other = await context.newPage();
    await other.setViewportSize({ width: 1440, height: 900 });
    await other.goto("/chat");
    await appRuns(other);
    await (await options(page, "Shared matter")).getByLabel("New name").fill("Yeast");
    await page.keyboard.press("Enter");
    await expect(row(other, "Yeast")).toBeVisible();
    await (await options(page, "Yeast")).getByRole("button", { name: "Delete" }).click();
    await expect(row(other, "Yeast")).toHaveCount(0);
  });

  test("a search leads to the message it found", async ({ page }) => {
    await page.setViewportSize({ width: 1440, height: 500 });
    await begin(page, "What about the marzipan supply? #tokens=300");
    await ask(page, "And otherwise? #tokens=300");
    await expect(answers(page).nth(1)).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
    await page.getByRole("searchbox", { name: "Search conversations" }).fill("marzip");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/conversations\?q=marzip/);
    await expect(page.locator("mark").first()).toHaveText(/marzipan/i);
    await page.getByRole("link", { name: /^You, / }).first().click();
    await appRuns(page);
    await expect(page.locator(".message-user").first()).toBeInViewport();
    await page.goto("/conversations?q=xylophone");
    await expect(page.getByText("No conversation matches")).toBeVisible();
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a conversation is renamed, pinned, archived, deleted and restored", async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await ask(page, "First words #tokens=5");
    await row(page, "First words").getByRole("link", { name: "Options" }).click();
    await page.getByLabel("Title").fill("Flour");
    await page.getByRole("button", { name: "Rename" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Flour");
    await page.getByRole("button", { name: "Pin to the top of the list" }).click();
    await page.getByRole("link", { name: "All conversations" }).click();
    await expect(page.getByRole("heading", { name: "Pinned" })).toBeVisible();
    await page.getByRole("link", { name: "Options" }).click();
    await page.getByRole("button", { name: "Archive" }).click();
    await page.getByRole("link", { name: "All conversations" }).click();
    await expect(page.getByText("No conversations yet.")).toBeVisible();
    await page.getByRole("link", { name: "Archived" }).click();
    await page.getByRole("link", { name: "Options" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await expect(page.getByRole("status")).toContainText("You can undo this for 10 minutes.");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Flour");
  });

  test("the search is a form", async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await ask(page, "A word about nougat #tokens=5");
    await page.getByRole("searchbox", { name: "Search conversations" }).fill("NOUGAT");
    await page.keyboard.press("Enter");
    await expect(page.locator("mark").first()).toHaveText("nougat");
  });
});

for (const scheme of ["light", "dark"] as const) {
  for (const width of [375, 1440]) {
    test(`the pages of conversations are accessible at ${width} px, ${scheme}`, async ({ page }) => {
      test.slow(); // several pages
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 800 });
      await signUp(page);
      await begin(page, "A rather long question about the marzipan supply of next spring #tokens=60");
      const open = new URL(page.url()).pathname.split("/").at(-1);
      for (const path of ["/conversations", "/conversations?show=archived", "/conversations?show=deleted", "/conversations?q=marzipan", `/conversations/${open}`]) {
        await page.goto(path);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.target).join(", ")}`), path).toEqual([]);
        const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(tooWide, path).toBeLessThanOrEqual(0);
        for (const control of await page.locator("main").locator("a.button, a.button-quiet, button, input:not([type=hidden])").all()) {
          const box = await control.boundingBox();
          if (box) expect(box.height, `${path}: ${await control.textContent()}`).toBeGreaterThanOrEqual(43.5);
        }
      }
    });
  }
}
