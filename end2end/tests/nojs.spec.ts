// The main functions work without JavaScript, and therefore also before it has loaded.
import { addAdviser } from "./board";
import { answers, ask, expect, signUp, test, version } from "./support";

test("sign up, profile, a question and its answer, without JavaScript", async ({ page }) => {
  await signUp(page);
  await page.getByLabel("Industry").fill("Sourdough bakery");
  await page.getByRole("button", { name: /save/i }).first().click();
  await expect(page.getByLabel("Industry")).toHaveValue("Sourdough bakery");
  await page.goto("/chat?persona=cmo");
  await ask(page, "Who buys from us?");
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
  // The page refreshes itself until the reply is complete.
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await expect(answers(page).first()).toContainText("Sourdough bakery");
});

test("stop works without JavaScript", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "Endless #tokens=5000 #speed=30");
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(answers(page).first()).toHaveAttribute("data-status", "stopped");
});

test("a refused question keeps what was typed, without JavaScript", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, `Too long ${"x".repeat(5_100)}`);
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.locator("#message")).toHaveValue(/^Too long x/);
});

test("a suggested question can be asked with one press", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await page.locator("button.suggestion").first().click();
  await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
});

test("an answer is regenerated and arrows lead between the versions, without JavaScript", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "Again #tokens=6");
  const answer = answers(page).first();
  await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
  const first = await answer.getAttribute("id");
  await page.getByRole("button", { name: "Regenerate" }).click();
  await expect(version(page, 2, 2)).toBeAttached();
  await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
  await page.getByRole("button", { name: "Previous version" }).click();
  await expect(answer).toHaveAttribute("id", first ?? "");
  await page.getByRole("button", { name: "Next version" }).click();
  await expect(version(page, 2, 2)).toBeAttached();
});

test("a question is edited in place and a cut answer continued, without JavaScript", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "One #tokens=6");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
  await page.getByRole("link", { name: "Edit" }).click();
  const box = page.getByLabel("Edited question");
  await expect(box).toBeFocused();
  await box.fill(`Too long ${"x".repeat(5_100)}`);
  await page.getByRole("button", { name: "Save & ask" }).click();
  await expect(page.locator("#edited-error")).toBeVisible();
  await expect(box).toHaveValue(/^Too long x/);
  await box.fill("Two #tokens=6 #fault=length*1");
  await page.getByRole("button", { name: "Save & ask" }).click();
  await expect(page.locator("article.message-user")).toContainText("Two");
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(answers(page)).toHaveCount(2);
  await expect(answers(page).last()).toContainText("w11", { timeout: 20_000 });
});

test("a custom adviser is tried, saved, restored and asked, without JavaScript", async ({ page }) => {
  await signUp(page);
  await addAdviser(page);
  await page.goto("/chat?persona=legal");
  await ask(page, "And now? #tokens=20");
  await expect(answers(page).first()).toHaveAttribute("aria-label", "Legal Counsel");
});

test("on a phone the account menu and the bar at the bottom work without JavaScript", async ({ page }) => {
  await signUp(page);
  await page.setViewportSize({ width: 375, height: 740 });
  await page.goto("/dashboard");
  const main = page.getByRole("navigation", { name: "Main" });
  for (const link of await main.getByRole("link").all()) {
    const box = await link.boundingBox();
    expect(box && box.width >= 44 && box.height >= 44 && box.y + box.height <= 740, "within reach of a thumb").toBe(true);
  }
  await expect(page.getByRole("link", { name: "Account" })).toBeHidden();
  await page.getByRole("button", { name: "Account menu" }).click();
  await page.getByRole("link", { name: "Account" }).click();
  await expect(page).toHaveURL(/\/account/);
  await main.getByRole("link", { name: "Business" }).click();
  await expect(page).toHaveURL(/\/profile/);
});

test("an insight is dismissed and restored, without JavaScript", async ({ page }) => {
  await signUp(page);
  const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
  const rows = Array.from({ length: 60 }, (_, back) => `${day(back + 1)},,,,${back < 30 ? 70 : 100}`);
  const file = ["date,sessions,users,conversions,revenue", ...rows].join("\n");
  await page.goto("/analytics/import");
  await page.locator("input[type=file]").setInputFiles({ name: "numbers.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await page.locator("form[enctype] button").click();
  await page.locator("form[action*=confirm_import] button").click();
  await expect(async () => {
    await page.goto("/dashboard");
    await expect(page.getByRole("article")).toHaveCount(1, { timeout: 500 });
  }).toPass();
  const fall = page.getByRole("article", { name: /Revenue: down 30.0%/ });
  await expect(fall).toContainText("Warning");
  await fall.getByText(/^Evidence: /).click();
  await expect(fall.getByRole("link", { name: /^Revenue, mean a day/ }).first()).toBeVisible();
  await fall.getByRole("button", { name: /Dismiss/ }).click();
  await expect(page.getByRole("article")).toHaveCount(0);
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(fall).toBeVisible();
});
