// Shows the source of a citation, or of a marked number, in a card in place. Without this script a citation is a link to
// the page of its fact, and the style sheet shows the note of a number on focus.
//
// The card is outside of the page's content, which the app and running replies replace. The element that opened it may
// be replaced too, so it is found again by its reply and its place there.
(() => {
  const OPENERS = ".message-answer .cite a[data-label], .message-answer mark[data-says]";
  // Distance in pixels between the card and its opener, and from the edges of the window.
  const GAP = 8;

  const card = document.createElement("div");
  if (!card.showPopover) return;
  document.documentElement.dataset.cards = "on";
  Object.assign(card, { id: "source-card", className: "source-card", popover: "auto", tabIndex: -1 });
  card.setAttribute("role", "dialog");
  card.setAttribute("aria-labelledby", "source-card-title");
  card.setAttribute("aria-describedby", "source-card-text");
  card.innerHTML = `
    <p class="source-card-title" id="source-card-title" dir="auto"></p>
    <div class="source-card-text" id="source-card-text">
      <p data-part="label"></p>
      <p data-part="value" dir="auto"></p>
      <p data-part="days"></p>
      <p data-part="note"></p>
      <p data-part="made" aria-live="polite"></p>
    </div>
    <p class="source-card-actions">
      <a class="button-quiet">Show the numbers</a>
      <button type="button" class="button-quiet">Close</button>
    </p>`;
  document.body.append(card);
  const title = card.querySelector(".source-card-title");
  const link = card.querySelector("a");

  // ---- the opener

  // The open card's opener, as its reply and its place among the reply's openers.
  let from;
  // The opener that the pointer went down on while its card was open: the browser closes the card then.
  let closing;

  const openersOf = (article) => [...document.querySelectorAll(`[id="${article}"] :is(${OPENERS})`)];

  function place(opener) {
    const article = opener.closest(".message-answer").id;
    const kind = opener.localName;
    const among = openersOf(article).filter(({ localName }) => localName === kind);
    return { opener, article, kind, at: among.indexOf(opener) };
  }

  function find({ opener, article, kind, at }) {
    if (opener.isConnected) return opener;
    return openersOf(article).filter(({ localName }) => localName === kind)[at];
  }

  // ---- content

  function show(part, text) {
    const element = card.querySelector(`[data-part=${part}]`);
    element.textContent = text ?? "";
    element.hidden = !text;
  }

  // Notes are written to follow a value in parentheses.
  const sentence = (note) => note && `${note[0].toUpperCase()}${note.slice(1)}.`;

  function fill(opener) {
    const { says, label, value, days, note, href } = opener.dataset;
    const source = opener.localName === "a" ? opener.getAttribute("href") : href;
    title.textContent = says ?? label;
    show("label", says && label && `The source says: ${label}`);
    show("value", value);
    show("days", days);
    show("note", sentence(note));
    link.hidden = !source;
    if (source) link.href = source;
    show("made", "");
    if (source) explain(opener, link);
  }

  /** Adds how the fact was made, unless another card is shown by then. */
  async function explain(opener, { pathname, search }) {
    const [, id] = /^\/knowledge\/([^/]+)$/.exec(pathname) ?? [];
    if (!id) return;
    // Asked each time: the data may have changed since.
    const origin = await ask(decodeURIComponent(id), new URLSearchParams(search).get("to") ?? "");
    if (origin === undefined || from?.opener !== opener) return;
    show("made", told(origin, opener.dataset.value));
    position();
  }

  function told(origin, value) {
    if (!origin) return "Your data no longer contains this fact.";
    if (origin.value === value) return origin.made;
    return `Your data has changed since. Now: ${origin.value}. ${origin.made}`;
  }

  /** Returns undefined if the server could not be asked. */
  async function ask(id, to) {
    const answer = await fetch("/api/explain_fact", {
      method: "POST",
      headers: { accept: "application/json" },
      body: new URLSearchParams({ id, to }),
    }).catch(() => null);
    return answer?.ok ? answer.json().catch(() => undefined) : undefined;
  }

  // ---- position: at the opener where it fits, else a sheet at the bottom of the window

  const isNarrow = matchMedia("(width < 48rem)");

  function position() {
    const opener = from && find(from);
    if (!opener || !card.matches(":popover-open")) return;
    card.toggleAttribute("data-sheet", isNarrow.matches);
    if (isNarrow.matches) return;
    // The last line, where a number runs over two.
    const line = [...opener.getClientRects()].at(-1) ?? opener.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = card;
    const [below, above] = [line.bottom + GAP, line.top - GAP - height];
    const lowest = innerHeight - height - GAP;
    if (below > lowest && above < GAP) return card.toggleAttribute("data-sheet", true);
    const within = (wanted, most) => `${Math.max(GAP, Math.min(wanted, most))}px`;
    card.style.setProperty("--card-top", within(below <= lowest ? below : above, lowest));
    card.style.setProperty("--card-left", within(line.left, document.documentElement.clientWidth - width - GAP));
  }

  let isMoving = false;

  function follow() {
    if (isMoving || !from) return;
    isMoving = true;
    requestAnimationFrame(() => {
      isMoving = false;
      position();
    });
  }

  // ---- opening and closing

  function open(opener) {
    if (card.matches(":popover-open")) card.hidePopover();
    from = place(opener);
    fill(opener);
    // The browser returns the focus to where it is now. Safari does not focus a link that is pressed.
    opener.focus({ preventScroll: true });
    card.showPopover();
    position();
    card.scrollTop = 0;
    card.focus({ preventScroll: true });
  }

  card.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed" || card.matches(":popover-open") || !from) return;
    const opener = find(from);
    from = undefined;
    // Unless the reader has gone on to another control.
    const focused = document.activeElement ?? document.body;
    if (focused.contains(opener ?? null) || card.contains(focused)) opener?.focus({ preventScroll: true });
  });

  addEventListener("pointerdown", ({ target }) => {
    closing = from && target.closest?.(OPENERS) === find(from) ? find(from) : undefined;
  }, true);

  addEventListener("click", (event) => {
    const { target } = event;
    if (target === card.querySelector("button")) return card.hidePopover();
    const opener = target.closest?.(OPENERS);
    if (!opener) {
      // Older versions of Safari do not close a popover by themselves on touch.
      if (from && !card.contains(target)) card.hidePopover();
      return;
    }
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    // A number that is selected to be copied.
    if (opener.localName === "mark" && !getSelection().isCollapsed) return;
    event.preventDefault();
    const closes = closing === opener;
    closing = undefined;
    if (!closes) open(opener);
    else if (card.matches(":popover-open")) card.hidePopover();
  }, true);

  addEventListener("keydown", (event) => {
    if ((event.key !== "Enter" && event.key !== " ") || !event.target.matches?.("mark[data-says]")) return;
    event.preventDefault();
    open(event.target);
  });

  card.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !card.contains(relatedTarget)) card.hidePopover();
  });
  // A browser may show this page again as it was left.
  addEventListener("pagehide", () => from && card.hidePopover());
  // The page's content may move under the card: it scrolls, or a reply grows.
  addEventListener("scroll", follow, { capture: true, passive: true });
  addEventListener("resize", follow);
})();
