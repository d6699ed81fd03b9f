// What follows a reply: suggested questions.
import { HEAD, day, previewFile } from "./days";
import { answers, appRuns, ask, expect, signUp, test } from "./support";

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
