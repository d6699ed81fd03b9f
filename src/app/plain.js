// Enhances plain pages. Each of them works without this script.

// Prevents double submits. A form with a `data-unsent` notice is only submitted if its page can be loaded,
// because a submit while signed out or offline would lose the input.
addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "true";
  event.submitter?.setAttribute("aria-busy", "true");
  const unsent = form.querySelector("[data-unsent]");
  if (!unsent || form.dataset.reached) return;
  event.preventDefault();
  const page = await fetch(location.pathname, { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (page?.ok) {
    // Submit again with the same button: `submit` would not send which one was pressed.
    free(form);
    form.dataset.reached = "true";
    return form.requestSubmit(event.submitter);
  }
  unsent.hidden = false;
  unsent.focus();
  free(form);
});

function free(form) {
  delete form.dataset.sent;
  delete form.dataset.reached;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

// Re-enable forms when the page is restored from the back/forward cache.
addEventListener("pageshow", () => [...document.forms].forEach(free));

// Says where to sign in if this page was opened over http and the browser does not keep the session cookie here. Most
// browsers keep it on the own machine, so one of the same kind is tried.
function keepsCookies() {
  const set = (value, age) => (document.cookie = `__Host-csuite_try=${value}; Path=/; Secure; Max-Age=${age}`);
  set("kept", 60);
  const kept = document.cookie.includes("__Host-csuite_try=kept");
  set("", 0);
  return kept;
}
for (const notice of document.querySelectorAll("[data-over-http]")) {
  notice.hidden = location.protocol === "https:" || keepsCookies();
}

// The time zone of a trial.
const guessed = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const zone of document.querySelectorAll("[data-guessed-zone]")) zone.value = guessed;

// Guesses currency and time zone of a new business. Both can be changed before they are saved.
const CURRENCIES = {
  AU: "AUD", BR: "BRL", CA: "CAD", CH: "CHF", CN: "CNY", CZ: "CZK", DK: "DKK", GB: "GBP", IN: "INR", JP: "JPY",
  MX: "MXN", NO: "NOK", NZ: "NZD", PL: "PLN", SE: "SEK", US: "USD", ZA: "ZAR",
  AT: "EUR", BE: "EUR", DE: "EUR", ES: "EUR", FI: "EUR", FR: "EUR", GR: "EUR", IE: "EUR", IT: "EUR", NL: "EUR", PT: "EUR",
};
const places = document.querySelector(".welcome-places");
if (places) {
  const currency = places.querySelector("[name=currency]");
  const zone = places.querySelector("[name=time_zone]");
  const tell = () => (places.querySelector("[data-places]").textContent = `${currency.value || "none"}, ${zone.value}`);
  if (zone.value === "UTC" && [...zone.options].some(({ value }) => value === guessed)) zone.value = guessed;
  currency.value ||= CURRENCIES[new Intl.Locale(navigator.language).maximize().region] ?? "";
  places.addEventListener("input", tell);
  tell();
}

// Polls for the progress of an import. Reloads once the page no longer shows progress.
const grows = document.querySelector("[data-grows]");
const grow = async () => {
  const page = await fetch(location.pathname, { redirect: "manual" }).catch(() => null);
  const text = await page?.text().catch(() => "");
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-grows]");
  if (page && !fresh) return location.reload();
  if (fresh) grows.replaceChildren(...fresh.childNodes);
  setTimeout(grow, 500);
};
if (grows) setTimeout(grow, 500);

// The adviser's card and prompt beside its form follow what is typed.
const preview = document.querySelector("[data-live-preview]");
if (preview) {
  const form = preview.closest("form");
  const order = form.elements.facts_order.value.split(",");
  const rank = ({ value }) => (order.includes(value) ? order.indexOf(value) : order.length);
  const follow = () => {
    for (const shown of preview.querySelectorAll("[data-live]")) {
      const text = form.elements[shown.dataset.live].value.trim();
      if (shown.textContent !== text) shown.textContent = text;
    }
    const emblem = form.querySelector("[name=emblem]:checked ~ .emblem");
    if (emblem) preview.querySelector(".emblem").replaceWith(emblem.cloneNode(true));
    const facts = [...form.querySelectorAll("[name='facts_first[]']:checked")].sort((a, b) => rank(a) - rank(b));
    preview.querySelector("[data-live-facts]").textContent =
      facts.map((fact) => fact.labels[0].textContent.trim()).join(", ") || "none chosen";
  };
  form.addEventListener("input", follow);
  follow();
}

// The ordered list of goals.
for (const goals of document.querySelectorAll(".goals")) {
  const rows = goals.querySelector("ol").children;
  const add = goals.querySelector("[data-go=add]");

  const number = () => {
    [...rows].forEach((row, place) => {
      const input = row.querySelector("input");
      input.id = `${goals.id}[${place}]`;
      for (const named of [input, ...row.querySelectorAll("button")]) {
        named.ariaLabel = named.ariaLabel.replace(/\d+$/, place + 1);
      }
    });
    add.disabled = rows.length >= goals.dataset.most;
  };

  const go = {
    add() {
      goals.querySelector("ol").append(goals.querySelector("template").content.cloneNode(true));
      return ["", rows[rows.length - 1].querySelector("input")];
    },
    up: (row, place, button) => {
      row.previousElementSibling?.before(row);
      return [place > 0 && `Moved to place ${place}.`, button];
    },
    down: (row, place, button) => {
      row.nextElementSibling?.after(row);
      return [place + 1 < rows.length && `Moved to place ${place + 2}.`, button];
    },
    away: (row, place) => {
      row.remove();
      const next = rows[Math.max(place - 1, 0)]?.querySelector("input");
      return [`Goal ${place + 1} removed.`, next ?? add];
    },
  };

  goals.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    const row = button.closest("li");
    const [news, focus] = go[button.dataset.go](row, [...rows].indexOf(row), button);
    number();
    focus.focus();
    if (news) goals.querySelector("[role=status]").textContent = news;
  });
  number();
}
