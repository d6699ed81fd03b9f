// The queue of questions that wait for the running reply to end. They are stored with the drafts, shown
// above the composer in every window of the conversation, and sent one by one from the window in which they
// were typed. A stopped or failed reply holds the queue until the member decides.
(() => {
  const { store, placeOf, emit, tick, ticks } = window.csuite;
  const MOST = 5;
  // A window that is reopened later must not send old questions without being asked.
  const FRESH_FOR = 30 * 60_000;
  const RETRY_AFTER = 10_000;

  const composer = () => document.querySelector("form.composer");
  const box = () => document.getElementById("message");
  const queuePlace = (form) => placeOf(form).replace("chat:", "queue:");

  // Identifies this window across reloads.
  const tab = (() => {
    try {
      return (sessionStorage.csuiteTab ||= newId());
    } catch {
      return newId();
    }
  })();

  /** Returns a request id (UUID v4). The server accepts a question only once per id. */
  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  const items = (form) => store.get(queuePlace(form))?.items ?? [];

  function save(form, list) {
    if (list.length) store.set(queuePlace(form), { items: list });
    else store.remove(queuePlace(form));
    tick();
  }

  const change = (form, id, by) => save(form, items(form).map((item) => (item.id === id ? { ...item, ...by } : item)));
  const without = (form, id) => items(form).filter((item) => item.id !== id);

  function say(text) {
    const status = document.getElementById("queue-status");
    if (status) status.textContent = text;
  }

  // ---- sending

  let sending;

  const lastStatus = () => [...document.querySelectorAll("article.message-answer")].at(-1)?.dataset.status;
  const isFresh = (item) => item.tab === tab && Date.now() - item.queued < FRESH_FOR;

  function advance(form) {
    const [first] = items(form);
    const status = lastStatus();
    if (!first || first.held || form.dataset.pending || !status || status === "streaming") return;
    if (status !== "complete") {
      say("The next question was not sent.");
      return save(form, items(form).map((item) => ({ ...item, held: true })));
    }
    if (!isFresh(first)) return;
    if (sending?.id === first.id && Date.now() - sending.at < RETRY_AFTER) return;
    submit(first);
  }

  function submit({ id, text }) {
    sending = { id, at: Date.now() };
    emit({ ask: { id, text } });
  }

  // ---- rendering

  function button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button-quiet";
    made.textContent = label;
    made.onclick = act;
    return made;
  }

  function row(form, item, waits) {
    const made = document.createElement("li");
    const text = document.createElement("p");
    text.dir = "auto";
    text.textContent = item.text;
    const note = document.createElement("p");
    note.className = "queue-note";
    note.textContent = waits ? "Queued" : item.held ? "Not sent: the answer before it did not end well" : "Not sent";
    const edit = button("Edit", () => {
      const area = box();
      area.value = [item.text, area.value].filter((part) => part.trim()).join("\n\n");
      save(form, without(form, item.id));
      area.dispatchEvent(new Event("input", { bubbles: true }));
      area.focus();
    });
    const remove = button("Remove", () => {
      save(form, without(form, item.id));
      say("Removed from the queue.");
      box()?.focus();
    });
    const send = button("Send now", () => submit(item));
    const buttons = waits ? [edit, remove] : [send, edit, remove];
    for (const made of buttons) made.setAttribute("aria-label", `${made.textContent}: ${item.text.slice(0, 60)}`);
    made.append(text, note, ...buttons);
    return made;
  }

  function show(form) {
    const list = document.getElementById("queue");
    if (!list) return;
    const runs = lastStatus() === "streaming" || Boolean(form.dataset.pending);
    const waiting = (item) => !item.held && (runs || isFresh(item));
    const shown = items(form).map((item) => [item, waiting(item)]);
    const state = JSON.stringify(shown);
    if (list.dataset.state === state) return;
    list.dataset.state = state;
    list.hidden = !shown.length;
    list.replaceChildren(...shown.map(([item, waits]) => row(form, item, waits)));
  }

  ticks.push(() => {
    const form = composer();
    if (!form) return;
    advance(form);
    show(form);
  });
  store.follow(tick);

  // ---- interface for the app

  Object.assign(window.csuite, {
    /** Called when a conversation's composer is shown. Returns its draft. */
    opened(conversation) {
      setTimeout(tick);
      return store.get(`chat:${conversation || "new"}`)?.text ?? "";
    },
    /** Queues a question that cannot be sent yet. Returns false if the queue is full. */
    queue(text) {
      const form = composer();
      if (!form || items(form).length >= MOST) return false;
      store.remove(placeOf(form));
      save(form, [...items(form), { id: newId(), text, tab, queued: Date.now() }]);
      say("Queued. It is sent when the answer has ended.");
      return true;
    },
    /** Called when the server has accepted a question of `from` (empty: a new conversation), now `to`. */
    sent(from, to, id) {
      const queued = store.get(`queue:${from || "new"}`)?.items ?? [];
      const rest = queued.filter((item) => item.id !== id);
      store.remove(`queue:${from || "new"}`);
      if (rest.length) store.set(`queue:${to}`, { items: rest });
      const form = composer();
      const isHere = form?.elements.conversation_id.value === from;
      // The app shows the new conversation a moment later. Until then, new input already belongs to it.
      if (isHere) form.elements.conversation_id.value = to;
      if (rest.length === queued.length) {
        store.remove(`chat:${from || "new"}`);
        if (isHere && box()?.value.trim()) store.set(`chat:${to}`, { text: box().value });
      }
      tick();
    },
    /** Called when the server has refused a queued question. */
    refused(id) {
      sending = undefined;
      const form = composer();
      if (form) change(form, id, { held: true });
    },
  });
})();
