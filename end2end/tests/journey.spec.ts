// A new member's path: sign up, fill in the profile, ask each adviser, stop a reply, reload during a reply.
import { answers, ask, expect, signUp, test } from "./support";

test("a newcomer signs up, fills in the profile and asks all four advisers", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await signUp(page);
  await page.getByLabel("Industry").fill("Sourdough bakery");
  await page.getByRole("button", { name: /save/i }).first().click();
  await expect(page.getByText(/saved/i).first()).toBeVisible();
  for (const [slug, title] of [
    ["ceo", "Chief Executive"],
    ["cfo", "Chief Financial Officer"],
    ["cmo", "Chief Marketing Officer"],
    ["cto", "Chief Technology Officer"],
  ]) {
    await page.goto(`/chat?persona=${slug}`);
    await ask(page, "What matters most this month?");
    await expect(page.locator("article.message-user")).toContainText("What matters most this month?");
    await expect(page).toHaveURL(/\/chat\/[0-9a-f-]{36}/);
    const answer = answers(page).first();
    await expect(answer).toHaveAttribute("aria-label", title);
    await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
    await expect(answer).toContainText("Sourdough bakery");
    await expect(answer).toContainText(/simulated/i);
  }
});

test("a reload in mid-answer shows the text so far and goes on", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "A long story #tokens=240 #speed=40");
  const answer = answers(page).first();
  await expect(answer).toContainText("w20");
  await page.reload();
  await expect(answer).toContainText("w20");
  await expect(answer).toHaveAttribute("data-status", "streaming");
  await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  const words = (await answer.locator(".message-body").innerText()).split(/\s+/).filter(Boolean);
  expect(words).toEqual(Array.from({ length: 240 }, (_, n) => `w${n}`));
});

test("stop ends the answer and keeps its text", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, "Endless #tokens=5000 #speed=30");
  const answer = answers(page).first();
  await expect(answer).toContainText("w10");
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(answer).toHaveAttribute("data-status", "stopped");
  await expect(answer).toContainText("You stopped this answer.");
  const text = await answer.locator(".message-body").innerText();
  await page.reload();
  await expect(answer.locator(".message-body")).toHaveText(text);
});

test("a second question goes on in the same conversation", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat?persona=cfo");
  await ask(page, "First #tokens=5");
  await expect(answers(page)).toHaveCount(1);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
  await page.locator("#message").fill("Second #tokens=5");
  await page.keyboard.press("Enter");
  await expect(answers(page)).toHaveCount(2);
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
  await expect(page.locator("#message")).toBeFocused();
});
