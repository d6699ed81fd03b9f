// Regenerate, edit, continue, and navigation between versions.
import { answers, ask, expect, signUp, test, version } from "./support";
import type { Locator, Page } from "@playwright/test";

const questions = (page: Page) => page.locator("article.message-user");
const completes = (answer: Locator) =>
  expect(answer).toHaveAttribute("data-status", "complete", { timeout: 20_000 });

/** Asks in a new conversation and waits for the end of the answer. */
async function begin(page: Page, question: string) {
  await signUp(page);
  await page.goto("/chat");
  await page.waitForLoadState("networkidle");
  await ask(page, question);
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
  await completes(answers(page).first());
}

/** Asks the next question and waits until the conversation has `count` complete answers. */
async function goOn(page: Page, question: string, count: number) {
  await ask(page, question);
  await expect(answers(page)).toHaveCount(count);
  await completes(answers(page).last());
}

test("a regenerated answer is a version, and arrows lead back and forth", async ({ page }) => {
  await begin(page, "Say it again #tokens=12");
  const first = await answers(page).first().getAttribute("id");
  await expect(page.getByRole("group", { name: "Versions" })).toHaveCount(0);
  await answers(page).first().getByRole("button", { name: "Regenerate" }).click();
  await expect(version(page, 2, 2)).toBeAttached();
  await completes(answers(page).first());
  expect(await answers(page).first().getAttribute("id")).not.toBe(first);
  await expect(answers(page)).toHaveCount(1);
  await page.getByRole("button", { name: "Previous version" }).click();
  await expect(answers(page).first()).toHaveAttribute("id", first ?? "");
  await expect(answers(page).first()).toContainText("w11");
  await expect(page.getByRole("button", { name: "Previous version" })).toBeDisabled();
  // "Previous version" is disabled at the first version, so the focus moves to "Next version".
  await expect(page.getByRole("button", { name: "Next version" })).toBeFocused();
  await page.reload();
  await expect(answers(page).first()).toHaveAttribute("id", first ?? "");
  await expect(version(page, 1, 2)).toBeAttached();
});

test("version arrows work by keyboard and keep scroll position and focus", async ({ page }) => {
  await begin(page, "First question #tokens=150 #speed=0");
  await goOn(page, "Below the first version #tokens=600 #speed=0", 2);
  await answers(page).first().getByRole("button", { name: "Regenerate" }).click();
  await expect(version(page, 2, 2)).toBeAttached();
  await expect(answers(page)).toHaveCount(1);
  await completes(answers(page).first());
  await goOn(page, "Below the second version #tokens=600 #speed=0", 2);
  // The page receives the scroll event in the next frame, so wait for it before the next key.
  await page.locator(".messages").evaluate((scroller) => {
    scroller.scrollTo(0, 150);
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  });
  const [previous, next] = ["Previous version", "Next version"].map((name) =>
    page.getByRole("button", { name }),
  );
  await previous.focus();
  const top = async (control: Locator) => (await control.boundingBox())?.y ?? NaN;
  const before = await top(previous);
  await page.keyboard.press("Enter");
  await expect(version(page, 1, 2)).toBeAttached();
  await expect(questions(page).last()).toContainText("Below the first version");
  await expect(next).toBeFocused();
  await expect.poll(async () => Math.abs((await top(next)) - before)).toBeLessThanOrEqual(2);
  await page.keyboard.press("Enter");
  await expect(version(page, 2, 2)).toBeAttached();
  await expect(previous).toBeFocused();
  await expect.poll(async () => Math.abs((await top(previous)) - before)).toBeLessThanOrEqual(2);
});

test("an edited question begins a branch; the old one is an arrow away", async ({ page }) => {
  await begin(page, "How do we grow? #tokens=5");
  await goOn(page, "And then? #tokens=5", 2);
  await questions(page).first().getByRole("link", { name: "Edit" }).click();
  const box = page.getByLabel("Edited question");
  await expect(box).toBeFocused();
  await expect(box).toHaveValue("How do we grow? #tokens=5");
  await box.fill("How do we shrink? #tokens=5");
  await page.getByRole("button", { name: "Save & ask" }).click();
  await expect(questions(page)).toHaveCount(1);
  await expect(questions(page).first()).toContainText("How do we shrink?");
  await expect(page).not.toHaveURL(/edit=/);
  await completes(answers(page).first());
  await expect(page.locator("#message")).toBeFocused();
  await page.getByRole("button", { name: "Previous version" }).click();
  await expect(questions(page)).toHaveCount(2);
  await expect(questions(page).first()).toContainText("How do we grow?");
  await expect(questions(page).last()).toContainText("And then?");
  // The next question continues the branch that is shown.
  await goOn(page, "Third #tokens=5", 3);
  await page.reload();
  await expect(questions(page)).toHaveCount(3);
});

test.describe("a refused edit", () => {
  // The test provokes a refusal.
  test.use({ expectedErrors: [/400/] });

  test("keeps what was typed and says why at its field; Cancel leaves all as it was", async ({ page }) => {
    await begin(page, "Short #tokens=3");
    const edit = questions(page).first().getByRole("link", { name: "Edit" });
    await edit.click();
    const box = page.getByLabel("Edited question");
    const long = "x".repeat(5_001);
    await box.fill(long);
    await page.getByRole("button", { name: "Save & ask" }).click();
    await expect(page.locator("#edited-error")).toContainText("5000");
    await expect(box).toHaveValue(long);
    await page.getByRole("link", { name: "Cancel" }).click();
    await expect(box).toHaveCount(0);
    await expect(questions(page).first()).toContainText("Short");
    await expect(edit).toBeFocused();
    await expect(questions(page)).toHaveCount(1);
  });
});

test("an answer cut by its length continues below a seam", async ({ page }) => {
  await begin(page, "A long story #tokens=20 #fault=length*1");
  await expect(answers(page).first()).toContainText("maximum length");
  await answers(page).first().getByRole("button", { name: "Continue" }).click();
  await expect(answers(page)).toHaveCount(2);
  const rest = answers(page).last();
  await expect(rest).toContainText("continued");
  await expect(rest).toContainText("w39");
  await completes(rest);
  await expect(answers(page).first()).not.toContainText("maximum length");
  await expect(page.getByRole("button", { name: "Continue" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Copy" })).toHaveCount(1);
  const [above, below] = await Promise.all([answers(page).first().boundingBox(), rest.boundingBox()]);
  expect(Math.abs((above?.y ?? 0) + (above?.height ?? 0) - (below?.y ?? 0)), "one line beside both").toBeLessThanOrEqual(2);
  // A regenerated reply starts from its first word.
  await rest.getByRole("button", { name: "Regenerate" }).click();
  await expect(version(page, 2, 2)).toBeAttached();
  await completes(answers(page).last());
  await expect(answers(page)).toHaveCount(1);
  await expect(answers(page).first()).toContainText("w0 w1");
  await page.getByRole("button", { name: "Previous version" }).click();
  await expect(answers(page)).toHaveCount(2);
  await expect(answers(page).last()).toContainText("w39");
});

test("code cut in the middle is shown whole below the seam", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  // Both parts echo the question, so the cut is inside the code block.
  await begin(page, "#fault=echo #fault=length*1 First of all\n```\nlet b");
  await answers(page).first().getByRole("button", { name: "Continue" }).click();
  await expect(answers(page)).toHaveCount(2);
  await completes(answers(page).last());
  const whole = async () => {
    const code = page.getByRole("group", { name: "Code" });
    await expect(code).toHaveCount(1);
    await expect(code).toHaveText("let bFirst of all\n");
    await expect(answers(page).first().getByText("First of all")).toBeVisible();
    await expect(answers(page).last()).toContainText("continued");
    await expect(answers(page).last().getByText("let b", { exact: true })).toBeVisible();
  };
  await whole();
  // The copy contains the whole reply, each part once.
  await page.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe("First of all\n\n```\nlet bFirst of all\n```\n\nlet b");
  await page.reload();
  await whole();
});

test("a stopped answer offers Continue and Retry, a running one nothing", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "Endless #tokens=5000 #speed=30");
  const answer = answers(page).first();
  await expect(answer).toContainText("w5");
  for (const name of ["Regenerate", "Retry", "Continue"]) {
    await expect(page.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await expect(page.getByRole("link", { name: "Edit" })).toHaveCount(0);
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(answer).toHaveAttribute("data-status", "stopped");
  await expect(answer.getByRole("button", { name: "Retry" })).toBeVisible();
  await answer.getByRole("button", { name: "Continue" }).click();
  await expect(answers(page).last()).toHaveAttribute("data-continues", "true");
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(answers(page).last()).toHaveAttribute("data-status", "stopped");
});

test("another tab shows the new branch after a reload and keeps its own question", async ({ page, context }) => {
  await begin(page, "Two windows #tokens=5");
  const other = await context.newPage();
  await other.goto(page.url());
  await other.waitForLoadState("networkidle");
  await answers(page).first().getByRole("button", { name: "Regenerate" }).click();
  await expect(version(page, 2, 2)).toBeAttached();
  await completes(answers(page).first());
  // The other window still shows the first version, but its question continues the conversation's current branch.
  await ask(other, "Meanwhile #tokens=5");
  await expect(questions(other)).toHaveCount(2);
  await expect(version(other, 2, 2)).toBeAttached();
  await completes(answers(other).last());
  await page.reload();
  await expect(questions(page).last()).toContainText("Meanwhile");
});

for (const width of [375, 1440]) {
  test(`the controls fit at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 740 });
    await begin(page, "Fits #tokens=10 #fault=length*1");
    await answers(page).first().getByRole("button", { name: "Regenerate" }).click();
    await expect(version(page, 2, 2)).toBeAttached();
    await completes(answers(page).first());
    await questions(page).first().getByRole("link", { name: "Edit" }).click();
    await expect(page.getByLabel("Edited question")).toBeVisible();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    for (const control of await page.locator(".versions-step, .edit-foot > *").all()) {
      const box = await control.boundingBox();
      expect(box && box.x >= 0 && box.x + box.width <= width).toBe(true);
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(24);
    }
  });
}

test.describe("a refused edit", () => {
  test.use({ expectedErrors: [/status of 409/] });

  test("the advice to wait goes away when the answer is stopped", async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await ask(page, "First #tokens=3");
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
    await questions(page).first().getByRole("link", { name: "Edit" }).click();
    const box = page.getByLabel("Edited question");
    await box.fill("In other words #tokens=3");
    await ask(page, "Slowly #tokens=2000 #speed=20");
    await expect(answers(page).last()).toHaveAttribute("data-status", "streaming");
    await page.getByRole("button", { name: "Save & ask" }).click();
    await expect(page.locator("#edited-error")).toContainText("Wait for the end");
    await page.getByRole("button", { name: "Stop" }).click();
    await expect(page.locator("#edited-error")).toBeHidden();
    await expect(box).toHaveValue("In other words #tokens=3");
  });
});
