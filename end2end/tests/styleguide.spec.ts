// Compares the sections of the style guide with stored pictures, at two widths, in light and dark.
//
// Text is drawn differently by each version of Chromium, so the pictures are kept by its major version. Without pictures of
// the running version these tests are skipped; docs/STYLE.md says how to make them.
import { existsSync, statSync } from "node:fs";
import { expect, test } from "@playwright/test";

const SECTIONS = [
  "type",
  "colours",
  "space",
  "buttons",
  "forms",
  "notices",
  "banners",
  "navigation",
  "data",
  "replies",
  "states",
];
const MOST_BYTES = 150_000;

test("the list of sections is complete", async ({ page }) => {
  await page.goto("/styleguide");
  const shown = await page.locator(".guide-section").evaluateAll((all) => all.map(({ id }) => id));
  expect(shown).toEqual(SECTIONS);
});

for (const width of [375, 1440]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`the style guide looks as before, ${width} px, ${colorScheme}`, async ({ page, browser }, info) => {
      const version = `chromium-${browser.version().split(".")[0]}`;
      const makes = ["all", "changed"].includes(info.config.updateSnapshots);
      const known = existsSync(info.snapshotPath(version, `${SECTIONS[0]}-${width}-${colorScheme}.png`));
      test.skip(!known && !makes, `No pictures of ${version}. Make them: scripts/e2e --update-snapshots=all styleguide`);
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto("/styleguide");
      await page.evaluate(() => document.fonts.ready);
      for (const section of SECTIONS) {
        const name = [version, `${section}-${width}-${colorScheme}.png`];
        await expect.soft(page.locator(`#${section}`)).toHaveScreenshot(name, {
          animations: "disabled",
          maxDiffPixelRatio: 0.005,
        });
        expect.soft(statSync(info.snapshotPath(...name)).size, section).toBeLessThan(MOST_BYTES);
      }
    });
  }
}
