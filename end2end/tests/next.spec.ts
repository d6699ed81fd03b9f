// What follows a reply: suggested questions, and a version by another adviser.
import { HEAD, day, previewFile } from "./days";
import { answers, appRuns, ask, expect, signUp, test, version } from "./support";

test("a suggested question is asked with one press and not suggested again", async ({ page }) => {
  await signUp(page);
  const lines = Array.from({ length: 60 }, (_, ago) => `${day(ago + 1)},${100 + ago},90,9,${400 + ago}`);
  await previewFile(page, [HEAD, ...lines]);
  await page.getByRole("button", { name: /^Import [\d,]+ days?$/ }).click();
  await expect(page.getByRole("status").first()).toContainText("60 days added");
  await page.goto("/chat?persona=cfo");
  await appRuns(page);
  await ask(page, "How was last month?");
  const suggested = page.getByRole("list", { name: "Suggested next questions" });
  await expect(suggested).toHaveCount(0);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  const question = suggested.getByRole("button").first();
  const text = (await question.textContent()) ?? "-";
  await question.click();
  await expect(suggested).toHaveCount(0);
  await expect(answers(page)).toHaveCount(2);
  await expect(page.locator("article.message-user").last()).toContainText(text);
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  await expect(suggested).toBeVisible();
  await expect(suggested.getByRole("button", { name: text, exact: true })).toHaveCount(0);
});

for (const width of [375, 1440]) {
  test(`another adviser writes a version, at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 740 });
    await signUp(page);
    await page.goto("/chat?persona=cfo");
    await appRuns(page);
    await ask(page, "What now? #tokens=12");
    const answer = answers(page).first();
    await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
    await answer.getByText("Ask another adviser").click();
    await expect(answer.getByRole("button", { name: /^CFO/ })).toHaveCount(0);
    const choice = answer.getByRole("button", { name: /^CMO/ });
    expect((await choice.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await choice.click();
    await expect(version(page, 2, 2)).toBeAttached();
    await expect(answers(page).first().getByRole("heading", { name: "Chief Marketing Officer" })).toBeVisible();
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
    await page.getByRole("button", { name: "Previous version" }).click();
    await expect(answers(page).first().getByRole("heading", { name: "Chief Financial Officer" })).toBeVisible();
    // The conversation is still the CFO's.
    await expect(page.locator("#message")).toHaveAttribute("placeholder", "Ask the CFO");
  });
}
