// Without JavaScript: text typed while a reply streams survives the page's automatic refresh.
import { answers, ask, expect, signUp, test } from "./support";

// The page preloads the app's files, but no script uses them.
test.use({ expectedErrors: [/was preloaded using link preload but not used/] });

test("the next question can be typed while an answer streams and asked when it has ended", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "A slow one #tokens=600 #speed=20");
  // Uses selectors, because Playwright finds neither roles nor text within `noscript`.
  await expect(page.locator(".composer-note")).toContainText("every 2 seconds");
  await expect(page.locator("#message")).toBeHidden();
  await page.locator(".composer-note a").click();
  await page.locator("#message").fill("And the next #tokens=3");
  // Longer than the page's refresh interval of two seconds.
  await page.waitForTimeout(3_000);
  await expect(page.locator("#message")).toHaveValue("And the next #tokens=3");
  await page.locator("button[formaction]", { hasText: "Show the answer so far" }).click();
  await expect(answers(page).first()).toContainText("w20");
  await expect(page.locator("#message")).toHaveValue("And the next #tokens=3");
  await expect(page.getByRole("button", { name: "Ask", exact: true })).toHaveCount(0);
  await page.locator("button[formaction]", { hasText: "Stop" }).click();
  await expect(page.locator("#message")).toHaveValue("And the next #tokens=3");
  await expect(answers(page).first()).toHaveAttribute("data-status", "stopped");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(answers(page)).toHaveCount(2);
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
});

test("a thinking model shows for how long it has been thinking", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "Ponder #think=8000 #tokens=3");
  await expect(page.locator(".message-wait:visible")).toHaveText(/Thinking…\s*[2-8] s/);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
});

test("an edit refused because of another window keeps its text and its reason, also over Stop", async ({ page, context }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "First #tokens=3");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
  await page.getByRole("link", { name: "Edit" }).click();
  const box = page.locator("#edited");
  await box.fill("In other words #tokens=3");
  const other = await context.newPage();
  await other.goto(page.url().split("?")[0]);
  await ask(other, "Slowly #tokens=5000 #speed=20");
  await expect(answers(other)).toHaveCount(2);
  await page.getByRole("button", { name: "Save & ask" }).click();
  await expect(page.locator("#edited-error")).toContainText("Wait for the end");
  // Longer than the page's refresh interval of two seconds.
  await page.waitForTimeout(3_000);
  await expect(box).toHaveValue("In other words #tokens=3");
  const inEdit = (name: string) => page.locator(".edit button[formaction]", { hasText: name });
  await inEdit("Show the answer so far").click();
  await expect(answers(page).last()).toContainText("w20");
  await expect(box).toHaveValue("In other words #tokens=3");
  await inEdit("Stop").click();
  await expect(answers(page).last()).toHaveAttribute("data-status", "stopped");
  await expect(box).toHaveValue("In other words #tokens=3");
  await page.getByRole("button", { name: "Save & ask" }).click();
  await expect(page.locator("article.message-user").first()).toContainText("In other words");
});
