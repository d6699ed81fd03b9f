// Compares the sections of the style guide with stored pictures: narrow in dark, wide in light.
//
// Boxes, lines, colours and icons are drawn alike by every version of Chromium, with a window and without. Only the edges
// of letters are smoothed differently. So letters keep their place and are not drawn, except in the section of the type.
import { existsSync, statSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";

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
const LOOKS = [
  { width: 375, colorScheme: "dark" },
  { width: 1440, colorScheme: "light" },
] as const;
type Look = (typeof LOOKS)[number];

// The whole browser and its headless shell differ in 0.16 % of the pixels of text.
const WITH_TEXT = { maxDiffPixelRatio: 0.003 };
// They do not differ in anything else.
const WITHOUT_TEXT = { maxDiffPixels: 20 };
const NO_TEXT = "* { -webkit-text-fill-color: transparent !important } svg text { fill: transparent !important }";
// A busy machine draws slowly.
const DRAWN = { animations: "disabled", timeout: 40_000 } as const;
const MOST_BYTES = 100_000;

// The page's security policy forbids the style sheets that these tests add.
test.use({ bypassCSP: true });

async function open(page: Page, { width, colorScheme }: Look) {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.goto("/styleguide");
  // The only font that is the machine's own.
  await page.addStyleTag({ content: ":root { --mono: Inter }" });
  await page.evaluate(() => document.fonts.ready);
}

const picture = (section: string, { width, colorScheme }: Look) => `${section}-${width}-${colorScheme}.png`;

test("the list of sections is complete", async ({ page }) => {
  await page.goto("/styleguide");
  const shown = await page.locator(".guide-section").evaluateAll((all) => all.map(({ id }) => id));
  expect(shown).toEqual(SECTIONS);
});

for (const look of LOOKS) {
  test(`the style guide looks as before, ${look.width} px, ${look.colorScheme}`, async ({ page }, info) => {
    test.slow(); // each picture is taken twice
    await open(page, look);
    for (const section of SECTIONS) {
      const name = picture(section, look);
      const tolerance = section === "type" ? WITH_TEXT : WITHOUT_TEXT;
      await expect.soft(page.locator(`#${section}`)).toHaveScreenshot(name, { ...DRAWN, ...tolerance });
      if (existsSync(info.snapshotPath(name))) {
        expect.soft(statSync(info.snapshotPath(name)).size, section).toBeLessThan(MOST_BYTES);
      }
      if (section === "type") await page.addStyleTag({ content: NO_TEXT });
    }
  });
}

test("a changed colour, padding or corner of a button is found", async ({ page }) => {
  const look = LOOKS[1];
  for (const change of [
    ".button { background: color-mix(in srgb, var(--accent), black 10%) }",
    ".button { padding-inline: calc(var(--space-4) + 2px) }",
    ".button-quiet { border-radius: 0 }",
    ".button-danger { border-color: var(--line) }",
  ]) {
    await open(page, look);
    await page.addStyleTag({ content: NO_TEXT });
    await page.addStyleTag({ content: change });
    const options = { ...DRAWN, ...WITHOUT_TEXT };
    await expect.soft(page.locator("#buttons"), change).not.toHaveScreenshot(picture("buttons", look), options);
  }
});
