// Starts the app on a live page, and keeps the page usable if the app does not run.
//
// The app renders into a detached element that then replaces the server's markup. It never reads that
// markup, so changes by extensions or translators cannot break it. `data-app` on <html> is "on" while the
// app runs, "off" if it does not, and absent while it starts.

const PATIENCE = 10_000; // ms until a page gives up on an app that has not started
const REFRESH = 2_000; // ms between polls for a running reply without the app
const ONE_RELOAD_IN = 60_000; // ms
const OFF_NOTE =
  "Live updates are off because part of this page failed. The page refreshes itself while an answer is written.";

const files = ["app-js", "app-wasm"].map((id) => document.getElementById(id)?.href);
// Drafts and the live connection. Without this script the app could not show streaming replies.
const chatScript = document.querySelector("script[data-hub]")?.src;
const content = () => document.getElementById("content");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let dead = false; // whether the app has crashed after its start
let composing = false; // whether an input method is composing; replacing the page would disrupt it
addEventListener("compositionstart", () => (composing = true));
addEventListener("compositionend", () => (composing = false));

// A panic leaves the module in an undefined state, so it must not be called again.
const crash = new Promise((_, reject) => {
  const hear = ({ error, reason }) => {
    const cause = error ?? reason;
    if (globalThis.WebAssembly && cause instanceof WebAssembly.RuntimeError) reject(cause);
  };
  addEventListener("error", hear);
  addEventListener("unhandledrejection", hear);
});
crash.catch(() => {});
// Registered before the app's listeners, so that they run first.
addEventListener("click", (event) => dead && event.stopImmediatePropagation());
addEventListener("popstate", (event) => {
  if (!dead) return;
  event.stopImmediatePropagation();
  location.reload();
});

restoreTyped();
const overdue = setTimeout(off, PATIENCE);
start().catch(failed);

async function start() {
  if (!window.csuite) throw new Error("chat.js did not load");
  // For a live connection that cannot be had.
  window.csuite.noteOff = () => note(OFF_NOTE);
  const app = await import(files[0]);
  await app.default({ module_or_path: files[1] });
  const root = content().cloneNode(false);
  app.start(root, seed());
  await Promise.race([rendered(root), crash]);
  await untouched();
  put(root);
  clearTimeout(overdue);
  if (document.documentElement.dataset.app === "off") note("");
  document.documentElement.dataset.app = "on";
  crash.catch(died);
}

// Resolves when the page in `root` is complete.
function rendered(root) {
  return new Promise((done) => {
    const look = () => root.querySelector("main:not([aria-busy])") && done();
    new MutationObserver(look).observe(root, { childList: true, subtree: true });
    look();
  });
}

// Resolves when no button is pressed and no word is being composed. Replacing the page would lose both.
async function untouched() {
  while (composing || content().matches(":active")) await pause(50);
}

// Returns the page's data, with the HTML of replies taken from the document. Returns undefined if anything
// is missing, so that the app loads the data itself.
function seed() {
  try {
    const data = JSON.parse(document.getElementById("seed").textContent);
    for (const message of data.Ok?.messages ?? []) {
      if (!message.blocks.length || message.blocks.some(Boolean)) continue;
      const shown = document.querySelectorAll(`[id="message-${message.id}"] > .message-body > .block`);
      if (shown.length !== message.blocks.length) return;
      message.blocks = [...shown].map((block) => block.innerHTML);
    }
    return JSON.stringify(data);
  } catch {
    return;
  }
}

// --- replacing the page's content -----------------------------------------------------------------

// Replaces the content with `fresh`. Keeps input, open elements, focus, selection and scroll positions.
function put(fresh) {
  const old = content();
  // Matches by id, or by position among elements of the same name: both trees show the same page.
  const twin = (element) =>
    element.id
      ? fresh.querySelector(`[id="${CSS.escape(element.id)}"]`)
      : fresh.querySelectorAll(element.localName)[[...old.querySelectorAll(element.localName)].indexOf(element)];
  const focused = old === document.activeElement ? old : old.querySelector(":focus");
  const scrolled = [...old.querySelectorAll(".messages, .chat-list")].map((element) => [element, offset(element)]);
  const typed = typedIn(old);

  for (const [field, value] of typed) if (twin(field)) twin(field).value = value;
  for (const fold of old.querySelectorAll("details[open]")) twin(fold)?.setAttribute("open", "");
  // Both trees are briefly in the document, so that the focus moves from field to field and an on-screen
  // keyboard stays open.
  old.after(fresh);
  for (const open of old.querySelectorAll(":popover-open")) twin(open)?.showPopover?.();
  for (const [element, { top, atEnd }] of scrolled) {
    const place = twin(element);
    if (place) scrollTo(place, atEnd ? offset(place).end : top);
  }
  if (focused) {
    const next = focused === old ? fresh : twin(focused);
    next?.focus({ preventScroll: true });
    if (next?.setSelectionRange && focused.selectionStart != null) {
      next.setSelectionRange(focused.selectionStart, focused.selectionEnd, focused.selectionDirection);
      next.scrollTop = focused.scrollTop;
    }
  }
  old.remove();
  for (const [field] of typed) {
    const next = twin(field);
    next?.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// Returns the distance from the top in pixels. In a reversed box the browser counts from the end, in
// negative numbers.
function offset(element) {
  const end = element.scrollHeight - element.clientHeight;
  const top = element.scrollTop + (isReversed(element) ? end : 0);
  return { top, end, atEnd: end > 0 && end - top < 2 };
}

function scrollTo(element, top) {
  element.scrollTop = top - (isReversed(element) ? element.scrollHeight - element.clientHeight : 0);
}

function isReversed(element) {
  return getComputedStyle(element).flexDirection === "column-reverse";
}

// Returns the fields with input to keep, and their values. A refused question is the default value of its
// textarea, but the server sends it only once.
function typedIn(element) {
  return [...element.querySelectorAll("textarea, input:not([type=hidden])")]
    .filter((field) => field.value !== field.defaultValue || (field.value && field.localName === "textarea"))
    .map((field) => [field, field.value]);
}

// --- without the app ------------------------------------------------------------------------------

// Handles a failed start. After a deployment the files of an older page may be gone, or a cached copy may
// be broken. One reload fetches a page that matches the current files.
async function failed(cause) {
  console.warn("The app did not start.", cause);
  if (!globalThis.WebAssembly) return off();
  const page = await fetch(location.href, { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (page?.ok && Date.now() - lastReload() > ONE_RELOAD_IN) {
    await Promise.all([...files, chatScript].map((file) => fetch(file, { cache: "reload" }).catch(() => null)));
    if (noteReload()) return location.reload();
  }
  off();
}

// Handles a crash: the server's page replaces the app.
async function died(cause) {
  console.warn("The app has crashed.", cause);
  dead = true;
  off();
}

async function off() {
  if (document.documentElement.dataset.app === "off") return;
  clearTimeout(overdue);
  document.documentElement.dataset.app = "off";
  note(OFF_NOTE);
  let mustRefresh = dead;
  while (document.documentElement.dataset.app === "off") {
    if (mustRefresh || content().querySelector("[data-status=streaming]")) {
      mustRefresh = !(await refresh()) && mustRefresh;
    }
    await pause(REFRESH);
  }
}

// Updates the page like a reload, but keeps input. Returns false if the page could not be loaded or must
// not be replaced now.
async function refresh() {
  if (!getSelection().isCollapsed && content().contains(getSelection().anchorNode)) return false;
  const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
  const text = await answer?.text().catch(() => null);
  const page = text && new DOMParser().parseFromString(text, "text/html");
  const fresh = page?.getElementById("content");
  await untouched();
  if (!fresh || document.documentElement.dataset.app !== "off") return false;
  const typed = typedIn(content()).map(([field]) => field);
  if (typed.some((field) => !fresh.querySelector(`[id="${CSS.escape(field.id)}"]`))) return false;
  for (const idle of fresh.querySelectorAll("noscript, script")) idle.remove();
  keepRefusal(fresh);
  document.title = page.title;
  put(document.adoptNode(fresh));
  return true;
}

// The server renders the reason of a refused question once. Keeps it in the refreshed page while it applies.
function keepRefusal(fresh) {
  const reason = content().querySelector("#message-error");
  const box = fresh.querySelector(".composer-box");
  if (!reason || !box || fresh.querySelector("#message-error")) return;
  if (reason.hasAttribute("data-until-end") && !fresh.querySelector("[data-status=streaming]")) return;
  const kept = reason.cloneNode(true);
  kept.removeAttribute("role"); // announced already
  box.before(kept);
  const field = fresh.querySelector("#message");
  field?.setAttribute("aria-invalid", "true");
  field?.setAttribute("aria-describedby", "message-error");
}

// Shows a note in the frame, which refreshes do not replace. Screen readers announce it once.
async function note(text) {
  let place = document.getElementById("app-note");
  if (!place) {
    if (!text) return;
    place = Object.assign(document.createElement("p"), { id: "app-note", role: "status" });
    content().before(place);
    await pause(100);
  }
  place.textContent = text;
}

// --- state that survives a reload -----------------------------------------------------------------

// The time of the last reload is stored in `sessionStorage`, for all pages of the tab, and in the state of
// this history entry, which works even if storage is blocked.
function lastReload() {
  let stored = 0;
  try {
    stored = Number(sessionStorage.getItem("app-reload"));
  } catch {
    // no storage
  }
  return Math.max(stored, history.state?.reload ?? 0);
}

// Records that the page is about to reload, with its input. Returns false if that failed.
function noteReload() {
  const typed = typedIn(content()).map(([field, value]) => [field.id, value]);
  try {
    history.replaceState({ ...history.state, reload: Date.now(), typed }, "");
  } catch {
    return false;
  }
  try {
    sessionStorage.setItem("app-reload", Date.now());
  } catch {
    // no storage
  }
  return true;
}

function restoreTyped() {
  const { typed, ...state } = history.state ?? {};
  if (!typed) return;
  history.replaceState(state, "");
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
}
