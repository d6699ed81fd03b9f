// The chat works regardless of what an extension, a data detector or a translator changes on the page, and when.
import type { Page } from "@playwright/test";
import { answers, appRuns, ask, expect, signUp, test, version } from "./support";

/** Changes that browsers and extensions make to a page; each function runs in the page. */
const MUTATIONS: Record<string, () => void> = {
  "an element before the question's box": () => {
    document.querySelector("#message")?.before(document.createElement("grammar-checker"));
  },
  "an element behind the composer": () => {
    document.querySelector(".composer")?.after(document.createElement("div"));
  },
  "an element around the question's box": () => {
    const box = document.querySelector("#message");
    const around = document.createElement("span");
    box?.before(around);
    if (box) around.append(box);
  },
  "an element before each message and each block": () => {
    for (const place of document.querySelectorAll(".message, .message-body > .block")) {
      place.before(document.createElement("aside"));
    }
  },
  "a link around a telephone number": () => {
    for (const body of document.querySelectorAll(".message-user .message-body")) {
      const text = [...body.childNodes].find((node) => node.nodeType === Node.TEXT_NODE) as Text | undefined;
      const at = text?.data.indexOf("555 0100") ?? -1;
      if (!text || at < 0) continue;
      const number = text.splitText(at);
      number.splitText(8);
      const link = Object.assign(document.createElement("a"), { href: "tel:5550100" });
      number.replaceWith(link);
      link.append(number);
    }
  },
  "every text in <font>, as page translation does": () => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (texts.nextNode()) found.push(texts.currentNode as Text);
    for (const text of found) {
      const parent = text.parentElement;
      if (!text.data.trim() || !parent || parent.closest("font, script, style, textarea, noscript")) continue;
      const outer = document.createElement("font");
      const inner = outer.appendChild(document.createElement("font"));
      inner.textContent = text.data;
      text.replaceWith(outer);
    }
  },
  "every comment gone": () => {
    const comments = document.createTreeWalker(document.body, NodeFilter.SHOW_COMMENT);
    const found: Comment[] = [];
    while (comments.nextNode()) found.push(comments.currentNode as Comment);
    for (const comment of found) comment.remove();
  },
};

/** Mutates the page as soon as the document is parsed, before the app starts. */
async function mutateBeforeStart(page: Page, mutation: () => void) {
  await page.addInitScript(`document.addEventListener("DOMContentLoaded", ${String(mutation)});
    document.addEventListener("readystatechange", () => document.readyState === "interactive" && (${String(mutation)})());`);
}

/** Asks, regenerates and switches back to the first version. */
async function converse(page: Page, count: number) {
  await ask(page, `Call 555 0100 please #tokens=12`);
  await expect(answers(page)).toHaveCount(count);
  const last = answers(page).last();
  await expect(last).toHaveAttribute("data-status", "complete");
  await expect(last).toContainText("w11");
  await last.getByRole("button", { name: "Regenerate" }).click();
  await expect(version(page, 2, 2)).toBeAttached();
  await expect(last).toHaveAttribute("data-status", "complete");
  await page.getByRole("button", { name: "Previous version" }).last().click();
  await expect(version(page, 1, 2)).toBeAttached();
}

for (const [name, mutation] of Object.entries(MUTATIONS)) {
  test(`before the start: ${name}`, async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await ask(page, "Call 555 0100 now #tokens=5");
    await expect(answers(page).first()).toHaveAttribute("data-status", "complete");
    await mutateBeforeStart(page, mutation);
    await page.reload();
    await appRuns(page);
    await expect(answers(page).first()).toContainText("w4");
    await converse(page, 2);
  });

  test(`before the start, while an answer is written: ${name}`, async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await ask(page, "Slowly, 555 0100 #tokens=120 #speed=40");
    await expect(answers(page).first()).toContainText("w9");
    await mutateBeforeStart(page, mutation);
    await page.reload();
    await appRuns(page);
    await expectWhole(page, 120);
    await converse(page, 2);
  });

  test(`again and again while an answer is written: ${name}`, async ({ page }) => {
    await signUp(page);
    await page.goto("/chat");
    await ask(page, "Slowly, 555 0100 #tokens=120 #speed=30");
    await expect(answers(page).first()).toContainText("w5");
    for (let time = 0; time < 8; time += 1) {
      // The running app needs its own comments as markers, so this mutation is skipped.
      if (name !== "every comment gone") await page.evaluate(mutation);
      await page.waitForTimeout(100);
    }
    await expectWhole(page, 120);
    if (name !== "every comment gone") await page.evaluate(mutation);
    await converse(page, 2);
    await page.getByRole("link", { name: "New conversation" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("New conversation");
    await page.goBack();
    await expect(answers(page)).toHaveCount(2);
  });
}

test("a page translator that never stops leaves the chat working and up to date", async ({ page }) => {
  await signUp(page);
  await page.goto("/chat");
  await appRuns(page);
  const translate = MUTATIONS["every text in <font>, as page translation does"];
  await page.evaluate(`{
    const translate = ${String(translate)};
    new MutationObserver(translate).observe(document.body, { childList: true, characterData: true, subtree: true });
    translate();
  }`);
  await converse(page, 1);
  await page.getByRole("button", { name: "More" }).click();
  await page.getByLabel("Title").fill("Another name");
  await page.getByRole("button", { name: "Rename" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Another name");
});

/** Expects the first answer to contain each word exactly once. */
async function expectWhole(page: Page, words: number) {
  const answer = answers(page).first();
  await expect(answer).toHaveAttribute("data-status", "complete", { timeout: 20_000 });
  const text = await answer.locator(".message-body").innerText();
  expect(text.split(/\s+/).filter(Boolean)).toEqual(Array.from({ length: words }, (_, n) => `w${n}`));
}

test("browsers link no number on a page as a telephone number", async ({ page }) => {
  for (const address of ["/", "/signin"]) {
    await page.goto(address);
    await expect(page.locator("meta[name=format-detection]")).toHaveAttribute("content", /telephone=no/);
  }
});
