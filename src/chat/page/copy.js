// Copies replies as Markdown, with HTML for word processors: a whole reply by its button, or a
// selection within one by keyboard or menu. Independent of the page's other scripts.

const BODY = ".message-answer .message-body";

// ---- content

// Returns all parts of the reply that ends with `article`. The next part contains the last block of
// a part whole. Ignores what extensions insert between messages and blocks.
function wholeAnswer(article) {
  const whole = document.createElement("div");
  for (let part = article; part; part = part.dataset.continues && answerBefore(part)) {
    const body = part.querySelector(".message-body").cloneNode(true);
    for (const sources of body.querySelectorAll(".sources")) sources.closest(".block").remove();
    const blocks = [...body.querySelectorAll(".block")];
    whole.prepend(...(part === article ? blocks : blocks.slice(0, -1)));
  }
  return whole;
}

function answerBefore(article) {
  let before = article.previousElementSibling;
  while (before && !before.matches(".message-answer")) before = before.previousElementSibling;
  return before;
}

const element = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement);

// Returns the selected content of one reply, or null if the browser should copy it.
function selected(range) {
  const body = element(range.startContainer).closest(BODY);
  if (!body?.lastChild) return null;
  const within = range.cloneRange();
  if (!body.contains(range.endContainer)) {
    // A triple click ends at the start of the next element.
    within.setEndAfter(body.lastChild);
    if (within.toString().trim() !== range.toString().trim()) return null;
  }
  const common = element(within.commonAncestorContainer);
  if (common.closest("pre, .sources")) return null;
  let root = document.createElement("div");
  root.append(within.cloneContents());
  // Items and rows need their list and table around them; so does a single item with more than one
  // line.
  const isPoint = common.nodeName === "LI" && root.querySelector("ol, ul, p, pre");
  const around = "ol, ul, blockquote, tr, tbody, thead, table";
  for (let node = common; node.matches(around) || (isPoint && node === common); node = node.parentElement) {
    const shell = node.cloneNode(false);
    shell.append(...root.childNodes);
    if (shell.tBodies && !shell.tHead && node.tHead) shell.prepend(node.tHead.cloneNode(true));
    root.append(shell);
  }
  number(root, element(within.startContainer), body);
  return root;
}

// A numbered list that is selected from its third item on starts at 3.
function number(root, start, body) {
  const first = [];
  for (let item = start.closest("li"); item && body.contains(item); item = item.parentElement.closest("li")) {
    const list = item.parentElement;
    first.unshift((list.start ?? 0) + [...list.children].indexOf(item));
  }
  const lists = [];
  for (let node = root; node; node = node.firstChild) if (/^[OU]L$/.test(node.nodeName)) lists.push(node);
  first.slice(-lists.length).forEach((place, at) => {
    if (lists[at]?.nodeName === "OL") lists[at].start = place;
  });
}

// ---- formats

function forms(root) {
  for (const gone of root.querySelectorAll(".cite, .number-note, .sources")) gone.remove();
  for (const around of root.querySelectorAll("mark, span, .block, .table-scroll")) around.replaceWith(...around.childNodes);
  root.normalize();
  // The page has two heading levels above those of a reply, a document has one.
  for (const heading of root.querySelectorAll("h3, h4, h5, h6")) {
    const level = document.createElement(`h${heading.nodeName[1] - 1}`);
    level.append(...heading.childNodes);
    heading.replaceWith(level);
  }
  const text = markdown(root);
  for (const node of root.querySelectorAll("*")) {
    for (const { name } of [...node.attributes]) if (!/^(href|start|align)$/.test(name)) node.removeAttribute(name);
  }
  for (const table of root.querySelectorAll("table")) table.setAttribute("border", "1");
  return { text, html: root.innerHTML.replaceAll("<!---->", "") };
}

// ---- Markdown

const BLOCK = /^(P|DIV|H[1-6]|PRE|BLOCKQUOTE|HR|[OU]L|LI|TABLE|THEAD|TBODY|TR|T[HD])$/;

const markdown = (parent) => blocks(parent).join("\n\n");

function blocks(parent) {
  const out = [""];
  let isOpen = true;
  for (const node of parent.childNodes) {
    const isBlock = BLOCK.test(node.nodeName);
    if (isBlock || !isOpen) out.push("");
    out[out.length - 1] += isBlock ? block(node) : inline(node);
    isOpen = !isBlock;
  }
  return out.map((part) => part.replace(/^\n+|\s+$/g, "")).filter((part) => part.trim());
}

function block(node) {
  switch (node.nodeName) {
    case "H1": case "H2": case "H3": case "H4": case "H5": case "H6":
      return `${"#".repeat(node.nodeName[1])} ${line(node)}`;
    case "PRE": {
      const code = node.textContent.replace(/\n$/, "");
      const language = /language-(\S+)/.exec(node.firstElementChild?.className)?.[1] ?? "";
      const fence = "`".repeat(Math.max(3, ...(code.match(/`+/g) ?? []).map((run) => run.length + 1)));
      return `${fence}${language}\n${code}\n${fence}`;
    }
    case "BLOCKQUOTE":
      return markdown(node).replace(/^/gm, "> ").replace(/ +$/gm, "");
    case "HR":
      return "---";
    case "UL": case "OL":
      return list(node);
    case "TABLE":
      return table(node);
    default:
      return markdown(node);
  }
}

function list(node) {
  const isLoose = node.querySelector(":scope > li > p");
  const first = node.nodeName === "OL" ? node.start : null;
  return [...node.children].map((item, place) => {
    const mark = first === null ? "- " : `${first + place}. `;
    const text = blocks(item).join(isLoose ? "\n\n" : "\n");
    return mark + text.replace(/\n(?=.)/g, `\n${" ".repeat(mark.length)}`);
  }).join(isLoose ? "\n\n" : "\n");
}

function table(node) {
  const cells = ({ cells }) => [...cells].map((cell) => line(cell).replaceAll("|", "\\|"));
  const [head, ...rows] = [...node.rows].map(cells);
  const marks = [...node.rows[0].cells].map((cell) => ({ right: "--:", center: ":-:" })[cell.align] ?? "---");
  return [head, marks, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

// Renders in one line, as headings and cells need.
const line = (node) => [...node.childNodes].map(inline).join("").trim().replace(/ *\n/g, "<br>");

function inline(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    // Escapes characters that would be Markdown.
    const escaped = (_, before, marks) => before + marks.replace(/./g, "\\$&");
    return node.data.replace(/\s*\n\s*/g, " ").replace(/(\S)(\*+)(?=\S)/g, escaped).replace(/`/g, "\\`");
  }
  const text = [...node.childNodes].map(inline).join("");
  const around = (mark) => text.replace(/^(\s*)([^]*?)(\s*)$/, (_, before, inner, behind) =>
    before + (inner && mark + inner + mark) + behind);
  switch (node.nodeName) {
    case "BR": return "  \n";
    case "STRONG": return around("**");
    case "EM": return around("*");
    case "DEL": return around("~~");
    case "CODE": {
      const code = node.textContent;
      const fence = "`".repeat(Math.max(0, ...(code.match(/`+/g) ?? []).map((run) => run.length)) + 1);
      const gap = /^`|`$/.test(code) ? " " : "";
      return fence + gap + code + gap + fence;
    }
    case "A": {
      const to = node.getAttribute("href") ?? "";
      return [to, to.replace(/^mailto:/, ""), to.replace(/^https:\/\//, "")].includes(node.textContent)
        ? node.textContent
        : `[${text}](${to})`;
    }
    default: return text;
  }
}

// ---- clipboard

async function write(answer) {
  const { text, html } = forms(wholeAnswer(answer));
  if (navigator.clipboard?.write && window.ClipboardItem) {
    const as = (type, data) => ({ [type]: new Blob([data], { type }) });
    const item = new ClipboardItem({ ...as("text/plain", text), ...as("text/html", html) });
    const done = await navigator.clipboard.write([item]).then(() => true, () => false);
    if (done) return true;
  }
  // Browsers disable the clipboard API on pages over plain http. The older way copies a selection.
  const selection = getSelection();
  const before = [...Array(selection.rangeCount).keys()].map((at) => selection.getRangeAt(at));
  selection.selectAllChildren(answer);
  const set = (event) => {
    event.stopImmediatePropagation();
    put(event, { text, html });
  };
  addEventListener("copy", set, true);
  try {
    return document.execCommand("copy");
  } finally {
    removeEventListener("copy", set, true);
    selection.removeAllRanges();
    for (const range of before) selection.addRange(range);
  }
}

function put(event, { text, html }) {
  event.clipboardData.setData("text/plain", text);
  event.clipboardData.setData("text/html", html);
  event.preventDefault();
}

addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copy]");
  if (!button) return;
  const done = await write(button.closest(".message-answer"));
  // Also replaces what page translation has inserted into the button.
  button.textContent = done ? "Copied" : "Not copied: your browser refused";
  setTimeout(() => { button.textContent = "Copy"; }, 4000);
});

addEventListener("copy", (event) => {
  const selection = getSelection();
  const isField = event.target.closest?.("input, textarea");
  if (event.defaultPrevented || isField || selection.isCollapsed || !selection.rangeCount) return;
  const root = selected(selection.getRangeAt(0));
  if (root) put(event, forms(root));
});

// ---- printing: folded sources are printed too

addEventListener("beforeprint", () => {
  for (const sources of document.querySelectorAll(".sources:not([open])")) {
    sources.open = true;
    sources.dataset.folded = "";
  }
});

addEventListener("afterprint", () => {
  for (const sources of document.querySelectorAll(".sources[data-folded]")) {
    sources.open = false;
    delete sources.dataset.folded;
  }
});
