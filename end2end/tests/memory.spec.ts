// A conversation that outgrows the prompt says from where on the adviser sees it whole.
import { serve } from "./installation";
import { answers, appRuns, ask, expect, signUp, test } from "./support";

/** A small context that a dozen short replies fill. */
const SMALL = { FIREWORKS_CONTEXT_TOKENS: "4096", FIREWORKS_MAX_TOKENS: "500", RATE_LIMIT_CHAT: "1000/1m" };

test.use({
  baseURL: async ({}, use) => {
    const server = await serve({ ...SMALL, EMULATOR_TOKENS_PER_SECOND: "0", EMULATOR_FIRST_TOKEN_MS: "0" });
    await use(server.url);
    server.end();
  },
});

test("the line about earlier messages appears without a reload", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await appRuns(page);
  await page.evaluate(() => Object.assign(window, { isTheSamePage: true }));
  const line = page.locator(".memory-line");
  const below = page.locator(".memory-line ~ article").first().locator(".message-body");
  for (let count = 1; count < 40 && (await line.count()) === 0; count++) {
    await ask(page, `Question ${count} #tokens=40`);
    await expect(answers(page)).toHaveCount(count);
    await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
  }
  await expect(line).toHaveText("Earlier messages are summarised for the adviser.");
  const place = await below.textContent();
  expect(await page.evaluate(() => "isTheSamePage" in window)).toBe(true);
  await page.reload();
  await expect(line).toHaveCount(1);
  expect(await below.textContent()).toBe(place);
});
