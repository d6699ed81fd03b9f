// What plain pages gain where scripts run; each of them works without it.

// A form that is on its way is not sent twice. One that would lose what was typed is not sent at all
// while its page cannot be had: signed out meanwhile, or no connection.
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
    // Once more by the button that was pressed: `submit` would forget which one.
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

// Somebody who comes back to a page finds its forms ready.
addEventListener("pageshow", () => [...document.forms].forEach(free));

// What grows is asked for again, until its page has something else to say.
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

// The goals: their order is what counts.
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
