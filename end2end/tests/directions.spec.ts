// Tables in answers align by the direction of their language, not of each cell.
import type { Page } from "@playwright/test";
import { answers, ask, expect, signUp, test } from "./support";

const ARABIC = `| البند | المبلغ | الحالة |
| --- | --: | :-: |
| الإيجار | 1,200 | نعم |
| Strom | 300 | OK |`;

const HEBREW = `| פריט | סכום | מצב |
| --- | --: | :-: |
| שכירות | 1,200 | כן |
| Strom | 300 | OK |`;

const ENGLISH = `| Item | Amount | State |
| --- | --: | :-: |
| Rent | 1,200 | yes |
| الكهرباء | 300 | نعم |`;

/** Of each table the side of its first column, then row by row the side of its cell on which each text stands. */
function sides(page: Page) {
  return page.evaluate(() => {
    const side = (cell: Element) => {
      const text = document.createRange();
      text.selectNodeContents(cell);
      const [inner, outer, style] = [text.getBoundingClientRect(), cell.getBoundingClientRect(), getComputedStyle(cell)];
      const left = inner.left - outer.left - parseFloat(style.paddingLeft);
      const right = outer.right - inner.right - parseFloat(style.paddingRight);
      if (Math.abs(left - right) < 2) return "center";
      return left < right ? "left" : "right";
    };
    return [...document.querySelectorAll(".message-answer table")].map((table) => {
      const rows = [...table.querySelectorAll("tr")].map((row) => [...row.children]);
      const [first, second] = rows[0].map((cell) => cell.getBoundingClientRect().left);
      return [first < second ? "left" : "right", ...rows.map((cells) => cells.map(side).join(" "))];
    });
  });
}

test("a table's columns and cells stand as its language is written", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await ask(page, `#fault=echo ${[ARABIC, HEBREW, ENGLISH].join("\n\n")}`);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
  const rightToLeft = ["right", ...Array<string>(3).fill("right left center")];
  const leftToRight = ["left", ...Array<string>(3).fill("left right center")];
  expect(await sides(page)).toEqual([rightToLeft, rightToLeft, leftToRight]);
});
