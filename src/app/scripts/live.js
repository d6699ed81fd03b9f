// The chat page's side of the live connection: shows replies as they stream, and passes other events to the
// app (WebAssembly, src/chat/page/live.rs). hub.js holds the connection itself.
(() => {
  const { hub } = document.currentScript.dataset;
  const member = document.querySelector("[data-member]")?.dataset.member;
  // Maximum distance from the end in pixels at which a reader counts as following the text.
  const NEAR_END = 80;

  const emit = (detail) => dispatchEvent(new CustomEvent("csuite", { detail: JSON.stringify(detail) }));
  const article = (reply) => document.getElementById(`message-${reply}`);

  /** Runs a change and keeps the messages scrolled to their end, unless the reader has scrolled up. */
  function follow(change) {
    const scroller = document.querySelector(".messages");
    const follows = scroller && scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - NEAR_END;
    const toEnd = () => follows && (scroller.scrollTop = scroller.scrollHeight);
    change();
    toEnd();
    // The actions of an ended reply appear below it a frame later.
    requestAnimationFrame(toEnd);
  }

  // ---- messages from the hub

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
    else if (data.unsure && document.documentElement.dataset.live === "lost") poll();
    else if (data.unknown || data.unsure) emit("sync");
    if (!data.block && !data.append) tick();
  }

  // The server has sanitised the HTML. A block replaces the block with its index.
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

  /** Shows a reply's text as loaded from the server. Blocks that have not changed stay, and so does a selection in them. */
  function fill(reply, html) {
    const body = article(reply)?.querySelector(".message-body");
    if (!body) return;
    const { content } = Object.assign(document.createElement("template"), { innerHTML: html });
    const [shown, loaded] = [body.querySelectorAll(":scope > .block"), [...content.children]];
    if (loaded.length < shown.length) return body.replaceChildren(content);
    loaded.forEach(({ innerHTML }, index) => {
      if (shown[index]?.innerHTML !== innerHTML) show({ reply, block: { index, html: innerHTML } });
    });
  }

  // ---- time since a reply's last text

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
    // The article without an id is a pending question. Its clock restarts with the next one.
    if (!document.querySelector("article[data-status=streaming]:not([id])")) since.delete("");
  }

  const ticks = [tickClocks];
  const tick = () => ticks.forEach((act) => act());
  setInterval(tick, 1000);

  // ---- the connection

  let port;
  // Without a running reply the connection is not urgent, so let the app load first.
  const START_AFTER = 2000;
  const POLL_EVERY = 5000;

  function join() {
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = hear;
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => window.csuiteHub(channel.port2);
    script.onerror = goAlone;
    document.head.append(script);
    rewatch();
  }

  let alone;

  /** Replaces the hub if it cannot be loaded. */
  function goAlone() {
    if (alone) return;
    window.csuite.noteOff();
    alone = setInterval(() => document.hidden || poll(), POLL_EVERY);
  }

  /** Asks the server for the running reply of this window. Without one, nothing urgent can have happened. */
  const poll = () => document.querySelector("article[id][data-status=streaming]") && emit("sync");

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
    fill: (reply, html) => follow(() => fill(reply, html)),
    /** Shows a reply from its start to its end. */
    watch(reply) {
      watched.add(reply);
      if (!port) start();
      else port.postMessage({ watch: reply });
      tick();
    },
  });
  if (member) {
    // The app renders outside the document first. Once it has replaced the server's markup, show the missed
    // lines.
    const begin = () => {
      if (document.documentElement.dataset.app !== "on") return;
      rewatch();
      setTimeout(() => port || start(), START_AFTER);
    };
    new MutationObserver(begin).observe(document.documentElement, { attributeFilter: ["data-app"] });
    addEventListener("pagehide", () => port?.postMessage({ bye: true }));
    // A page restored from the back/forward cache must reconnect.
    addEventListener("pageshow", ({ persisted }) => persisted && !alone && start());
  }
})();
