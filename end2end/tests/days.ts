// The business's numbers in tests: days, and files of them.
import type { Page } from "@playwright/test";

export const HEAD = "date,sessions,users,conversions,revenue";

/** The day so many days ago, in the time zone of a new business. */
export const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

/** Uploads a file for a preview of what it would change. */
export async function previewFile(page: Page, lines: string[], name = "numbers.csv") {
  await page.goto("/analytics/import");
  const buffer = Buffer.from(lines.join("\n"));
  await page.locator("#file").setInputFiles({ name, mimeType: "text/csv", buffer });
  await page.getByRole("button", { name: "Preview import" }).click();
}
