// Copying from a reply: Markdown, and HTML for word processors.
import type { Page } from "@playwright/test";
import { answers, ask, expect, signUp, test } from "./support";

const ANSWER = `## Plan

Do **this** and *that*, see \`code\` and [the guild](https://example.org/a). It is $50*12*3 = $1,800.

3. Bake
4. Sell
   - bread
   - rolls

| Day | Takings |
| --- | --: |
| Mon | 120 |
| Tue \\| Wed | **480** |

\`\`\`python
margin = 1  # *

print(margin)
\`\`\`

> Cash is king.
>
> - ~~cheap~~
> - dear

https://example.org/b`;

// Escaped for other Markdown parsers.
const COPIED = ANSWER.replace("$50*12*3", "$50\\*12\\*3");

/** Asks a new question that the emulator answers with `text` and waits for the end of the answer. */
async function begin(page: Page, text: string) {
  await signUp(page);
  await page.goto("/chat");
  await page.waitForLoadState("networkidle");
  await ask(page, `#fault=echo ${text}`);
  await expect(answers(page).first()).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
}

/** Reads the clipboard as one MIME type. */
const clipboard = (page: Page, type: string) =>
  page.evaluate(async (type) => {
    const [item] = await navigator.clipboard.read();
    return (await item.getType(type)).text();
  }, type);

/** Selects `first` to `last` in the answer, copies by keyboard and returns the clipboard. */
async function copied(page: Page, first: string, last: string) {
  await page.evaluate(([first, last]) => {
    const body = document.querySelector(".message-answer .message-body")!;
    const walk = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    const found = { first: false };
    for (let node = walk.nextNode() as Text | null; node; node = walk.nextNode() as Text | null) {
      if (!found.first && node.data.includes(first)) {
        range.setStart(node, node.data.indexOf(first));
        found.first = true;
      }
      if (found.first && node.data.includes(last)) {
        range.setEnd(node, node.data.indexOf(last) + last.length);
        break;
      }
    }
    getSelection()!.removeAllRanges();
    getSelection()!.addRange(range);
  }, [first, last]);
  await page.keyboard.press("Control+C");
  return page.evaluate(() => navigator.clipboard.readText());
}

test.describe("with the clipboard", () => {
  test.beforeEach(({ context }) => context.grantPermissions(["clipboard-read", "clipboard-write"]));

  test("Copy gives the answer's Markdown, and HTML without the page's own marks", async ({ page }) => {
    await begin(page, ANSWER);
    await page.getByRole("button", { name: "Copy" }).click();
    await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
    expect(await clipboard(page, "text/plain")).toBe(COPIED);
    const html = await clipboard(page, "text/html");
    expect(html).toContain("<h2>Plan</h2>");
    expect(html).toMatch(/<ol start="3"><li>Bake<\/li><li>Sell/);
    expect(html).toMatch(/<table border="1">.*<td align="right">120<\/td>/s);
    expect(html).not.toMatch(/class=|dir=|role=|<div|<span/);
  });

  test("sources and reference marks stay out of a copy", async ({ page }) => {
    await signUp(page);
    await page.goto("/profile");
    await page.getByLabel("Industry").fill("Ceramics");
    await page.getByRole("button", { name: "Save" }).first().click();
    await page.waitForURL(/saved/);
    await page.goto("/chat?persona=cfo");
    await ask(page, "How was last month?");
    const answer = answers(page).first();
    await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 30_000 });
    await expect(answer.locator(".sources")).toBeAttached();
    await answer.getByRole("button", { name: "Copy" }).click();
    await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
    for (const type of ["text/plain", "text/html"]) {
      const text = await clipboard(page, type);
      expect(text).not.toMatch(/\[\d+\]|\d+ sources?|not from your data|profile#/);
      expect(text).toContain("Ceramics");
    }
    await expect(answer.locator(".sources")).not.toHaveAttribute("open");
  });

  test("a selection in an answer is copied as Markdown too", async ({ page }) => {
    await begin(page, ANSWER);
    expect(await copied(page, "this", "code")).toBe("**this** and *that*, see `code`");
    expect(await copied(page, "that", "that")).toBe("that");
    expect(await copied(page, "Sell", "rolls")).toBe("4. Sell\n   - bread\n   - rolls");
    expect(await copied(page, "bread", "rolls")).toBe("- bread\n- rolls");
    expect(await copied(page, "120", "480")).toContain("| Day | Takings |\n| --- | --: |");
    expect(await copied(page, "margin", "print")).not.toContain("```");
    expect(await copied(page, "Plan", "Bake")).toMatch(/^## Plan\n\nDo \*\*this\*\* .*\n\n3\. Bake$/s);
    // Outside of replies, the browser's own copying is unchanged.
    await page.locator("#message").fill("mine *own*");
    await page.locator("#message").selectText();
    await page.keyboard.press("Control+C");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("mine *own*");
  });

  test("an answer in parts is copied as one", async ({ page }) => {
    await begin(page, "#fault=length*1 First of all\n```\nlet b");
    await answers(page).first().getByRole("button", { name: "Continue" }).click();
    await expect(answers(page)).toHaveCount(2);
    await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
    await page.getByRole("button", { name: "Copy" }).click();
    await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
    expect(await clipboard(page, "text/plain")).toBe("First of all\n\n```\nlet bFirst of all\n```\n\nlet b");
  });
});

test("Copy works over plain http, where pages have no clipboard", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.addInitScript(() => {
    const { clipboard } = navigator;
    Object.assign(window, { read: () => clipboard.readText() });
    Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined });
  });
  await begin(page, ANSWER);
  expect(await page.evaluate(() => navigator.clipboard)).toBeUndefined();
  await page.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { read(): Promise<string> }).read())).toBe(COPIED);
  expect(await page.evaluate(() => String(getSelection())), "nothing stays selected").toBe("");
});
