// The chat page's side of the live connection: shows replies as they grow, and tells the app (WebAssembly,
// src/chat/page/live.rs) what else happens. The connection itself is the browser's, see hub.js.
(() => {
  const { hub } = document.currentScript.dataset;
  const member = document.querySelector("[data-member]")?.dataset.member;
  // How near the end, in pixels, a reader still counts as being at it.
  const NEAR_END = 80;

  const emit = (detail) => dispatchEvent(new CustomEvent("csuite", { detail: JSON.stringify(detail) }));
  const article = (reply) => document.getElementById(`message-${reply}`);

  /** Changes what scrolls and stays at its end, unless somebody reads further up. */
  function follow(change) {
    const scroller = document.querySelector(".messages");
    const follows = scroller && scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - NEAR_END;
    const toEnd = () => follows && (scroller.scrollTop = scroller.scrollHeight);
    change();
    toEnd();
    // What an ended reply offers stands below it a moment later.
    requestAnimationFrame(toEnd);
  }

  // ---- what the hub says

  function hear({ data }) {
    const { reply } = data;
    if (data.block || data.append) follow(() => show(data));
    else if (data.reset) article(reply)?.querySelector(".message-body")?.replaceChildren();
    else if (data.wait) waits(data);
    else if (data.end) follow(() => emit({ end: { reply, ...data.end } }));
    else if (data.asked) emit({ asked: { conversation: data.asked, reply } });
    else if (data.deleted) emit({ deleted: data.deleted });
    else if (data.lost) document.documentElement.dataset.live = "lost";
    else if (data.back) delete document.documentElement.dataset.live;
    else if (data.unknown || data.unsure) emit("sync");
    if (!data.block && !data.append) tick();
  }

  // The HTML is the server's, which sanitised it. Blocks replace each other.
  function show({ reply, block, append }) {
    const body = article(reply)?.querySelector(".message-body");
    if (!body) return;
    delete body.parentElement.dataset.waiting;
    const blocks = [...body.querySelectorAll(":scope > .block")];
    if (append) return blocks[append.index]?.querySelector("code")?.insertAdjacentHTML("beforeend", append.html);
    while (blocks.length <= block.index) {
      const made = Object.assign(document.createElement("div"), { className: "block" });
      blocks.push(made);
      body.append(made);
    }
    blocks[block.index].innerHTML = block.html;
  }

  // ---- how long a reply has been without new text

  const since = new Map();

  function waits({ reply, wait }) {
    since.set(`message-${reply}`, performance.now() - wait.seconds * 1000);
    const found = article(reply);
    if (found) found.dataset.waiting = "true";
  }

  function span(seconds) {
    if (seconds < 60) return `${seconds} s`;
    return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }

  function tickClocks() {
    const now = performance.now();
    for (const clock of document.querySelectorAll("[data-status=streaming] .message-wait [data-seconds]")) {
      const { id } = clock.closest("article");
      if (!since.has(id)) since.set(id, now - Number(clock.dataset.seconds) * 1000);
      const seconds = Math.floor((now - since.get(id)) / 1000);
      const text = seconds > 0 ? span(seconds) : "";
      if (clock.textContent !== text) clock.textContent = text;
    }
    // The one without an id is a question on its way: the next one begins anew.
    if (!document.querySelector("article[data-status=streaming]:not([id])")) since.delete("");
  }

  const ticks = [tickClocks];
  const tick = () => ticks.forEach((act) => act());
  setInterval(tick, 1000);

  // ---- the connection

  let port;
  // Nothing on a page without a running reply waits for the connection: the app comes first.
  const START_AFTER = 2000;

  function join() {
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = hear;
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => window.csuiteHub(channel.port2);
    // Without any connection the server is asked instead.
    script.onerror = () => setInterval(() => document.querySelector("[data-status=streaming]") && emit("sync"), 3000);
    document.head.append(script);
    rewatch();
  }

  const address = `${hub}&member=${member}`;
  const watched = new Set();
  const rewatch = () => watched.forEach((id) => port?.postMessage({ watch: id }));

  function start() {
    if (!window.SharedWorker) return join();
    try {
      const worker = new SharedWorker(address);
      worker.onerror = join;
      port = worker.port;
      port.onmessage = hear;
      rewatch();
    } catch {
      join();
    }
  }

  Object.assign(window.csuite, {
    emit,
    follow,
    ticks,
    tick,
    /** Shows a reply from its beginning to its end. */
    watch(reply) {
      watched.add(reply);
      if (!port) start();
      else port.postMessage({ watch: reply });
      tick();
    },
  });
  if (member) {
    // The app renders beside the page that is shown: once it takes its place, what came meanwhile is shown there.
    const begin = () => {
      if (document.documentElement.dataset.app !== "on") return;
      rewatch();
      setTimeout(() => port || start(), START_AFTER);
    };
    new MutationObserver(begin).observe(document.documentElement, { attributeFilter: ["data-app"] });
    addEventListener("pagehide", () => port?.postMessage({ bye: true }));
    // A page that comes back from the browser's memory joins again.
    addEventListener("pageshow", ({ persisted }) => persisted && start());
  }
})();
