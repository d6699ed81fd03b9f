// Keeps unsent input: the composer's text per conversation, and the fields of forms with `data-draft`. It
// stays in this browser, under the signed-in member's key, and is not shown to anyone else.
(() => {
  const member = document.querySelector("[data-member]")?.dataset.member;
  const PREFIX = "csuite:";
  const own = `${PREFIX}${member}:`;
  const KEPT_DAYS = 30;
  const MOST_KEPT = 200;

  // Storage may be blocked (private windows) or full. Fall back to memory without an error.
  const memory = new Map();
  const attempt = (act) => {
    try {
      return act();
    } catch {
      return undefined;
    }
  };

  const keys = () => attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))) ?? [];

  function read(key) {
    const text = attempt(() => localStorage.getItem(key)) ?? memory.get(key);
    return text ? attempt(() => JSON.parse(text)) : undefined;
  }

  function write(key, value) {
    const text = JSON.stringify({ ...value, at: Date.now() });
    const put = () => attempt(() => (localStorage.setItem(key, text), true));
    if (put() || (tidy(MOST_KEPT / 4), put())) memory.delete(key);
    else memory.set(key, text);
  }

  function drop(key) {
    memory.delete(key);
    attempt(() => localStorage.removeItem(key));
  }

  // Removes expired entries, and the oldest ones beyond `most`.
  function tidy(most) {
    const oldest = Date.now() - KEPT_DAYS * 86_400_000;
    const found = keys().map((key) => [read(key)?.at ?? 0, key]);
    found.sort(([one], [other]) => other - one);
    found.forEach(([at, key], place) => (at < oldest || place >= most) && drop(key));
  }
  tidy(MOST_KEPT);

  const store = {
    get: (place) => (member ? read(own + place) : undefined),
    set: (place, value) => member && write(own + place, value),
    remove: (place) => member && drop(own + place),
    /** Calls `hear` when another window changes the stored entries. */
    follow: (hear) => addEventListener("storage", ({ key }) => (!key || key.startsWith(own)) && hear()),
  };

  // ---- composer

  const placeOf = (form) => `chat:${form.elements.conversation_id.value || "new"}`;
  window.csuite = { store, placeOf };

  function keepComposer(box) {
    const form = box.form;
    // A pending question counts as sent only once the server has accepted it.
    const text = [form.dataset.pending, box.value].filter((part) => part?.trim()).join("\n\n");
    if (text) store.set(placeOf(form), { text });
    else store.remove(placeOf(form));
  }

  // ---- forms

  const places = new WeakMap();
  // Goals share a name, so they are matched by position.
  const fieldsOf = (form) =>
    [...form.elements].filter(({ name, type }) => name && !["password", "file", "submit"].includes(type));
  const valuesOf = (form) => fieldsOf(form).map(({ name, value }) => [name, value]);

  function restore(form) {
    const place = `form:${form.dataset.draft}`;
    places.set(form, place);
    const kept = store.get(place);
    if (!kept?.values) return;
    if (form.hasAttribute("data-saved") && kept.sent) return store.remove(place);
    const rest = [...kept.values];
    const count = (name) => rest.filter(([other]) => other === name).length;
    for (const add of form.querySelectorAll("[data-go=add]")) {
      const { activeElement } = document;
      const inputs = add.parentElement.getElementsByTagName("input");
      const missing = inputs.length ? count(inputs[0].name) - inputs.length : 0;
      for (let made = 0; made < missing; made += 1) add.click();
      if (missing > 0) activeElement?.focus();
    }
    const changes = [];
    for (const field of fieldsOf(form)) {
      const at = rest.findIndex(([name]) => name === field.name);
      const value = at < 0 ? undefined : rest.splice(at, 1)[0][1];
      if (value !== undefined && value !== field.value) changes.push([field, value]);
    }
    if (changes.some(([field]) => field.type !== "hidden")) {
      // The hidden fields include the base version, by which the server detects conflicts.
      for (const [field, value] of changes) field.value = value;
      say(form, place);
    } else if (!form.querySelector(".notice-error:not([hidden]), [aria-invalid=true]")) {
      store.remove(place);
    }
  }

  // Tells that unsaved changes were restored, and offers to discard them.
  function say(form, place) {
    const notice = document.createElement("div");
    notice.className = "notice";
    notice.setAttribute("role", "status");
    const text = document.createElement("p");
    text.textContent = "Your unsaved changes are back. ";
    const discard = document.createElement("button");
    discard.type = "button";
    discard.className = "button-quiet";
    discard.textContent = "Discard changes";
    discard.onclick = () => {
      store.remove(place);
      places.delete(form);
      location.reload();
    };
    text.append(discard);
    notice.append(text);
    form.prepend(notice);
  }

  // ---- events

  addEventListener("input", ({ target }) => {
    if (target.id === "message") return keepComposer(target);
    const place = target.form && places.get(target.form);
    if (place) store.set(place, { values: valuesOf(target.form) });
  });

  addEventListener("click", ({ target }) => {
    // Moving and removing goals changes the form without an input event.
    const form = target.closest?.("[data-go]")?.form;
    const place = form && places.get(form);
    if (place) setTimeout(() => store.set(place, { values: valuesOf(form) }));
  });

  addEventListener("submit", ({ target }) => {
    if (new URL(target.action).pathname.startsWith("/api/sign_out")) {
      memory.clear();
      return keys().filter((key) => key.startsWith(own)).forEach(drop);
    }
    const place = places.get(target);
    if (place) store.set(place, { values: valuesOf(target), sent: true });
    const kept = target.querySelector("#message") && store.get(placeOf(target));
    if (kept) store.set(placeOf(target), { ...kept, sent: true });
  });

  // ---- initialisation

  // Wait until all scripts have run, because other scripts add list rows.
  addEventListener("DOMContentLoaded", () => document.querySelectorAll("form[data-draft]").forEach(restore));
  const box = document.getElementById("message");
  if (box) {
    // After a native submit, finding the question on the page shows that the server accepted it.
    const words = (text) => text?.split(/\s+/).join(" ").trim();
    const asked = [...document.querySelectorAll(".message-user .message-body")].at(-1)?.textContent;
    for (const place of [placeOf(box.form), "chat:new"]) {
      const kept = store.get(place);
      if (kept?.sent && words(kept.text) === words(asked)) store.remove(place);
    }
    box.value ||= store.get(placeOf(box.form))?.text ?? "";
  }
})();
