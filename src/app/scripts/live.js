// The chat page's side of the live connection: shows replies as they stream, and passes other events to the
// app (WebAssembly, src/chat/page/live.rs). hub.js holds the connection itself.
(() => {
  const { hub } = document.currentScript.dataset;
  const member = document.querySelector("[data-member]")?.dataset.member;
  // Maximum distance from the end in pixels at which a reader counts as following the text.
  const NEAR_END = 80;

  const emit = (detail) => dispatchEvent(new CustomEvent("csuite", { detail: JSON.stringify(detail) }));
  const article = (reply) => document.getElementById(`message-${reply}`);

  /**
   * Runs a change and keeps the messages scrolled to their end, unless the reader has scrolled up. Returns a function
   * that scrolls there again.
   */
  function follow(change) {
    const scroller = document.querySelector(".messages");
    const follows = scroller && scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - NEAR_END;
    const toEnd = () => follows && (scroller.scrollTop = scroller.scrollHeight);
    change();
    toEnd();
    return toEnd;
  }

  // The actions of an ended reply appear below it a frame later.
  const followEnd = (change) => requestAnimationFrame(follow(change));

  // ---- messages from the hub

  function hear({ data }) {
    const { reply } = data;
    if (data.block || data.append) return later(data);
    // The last text and the end each take a task of their own.
    if (data.end && unshown.size) {
      show();
      return setTimeout(() => hear({ data }));
    }
    // Later messages depend on the text before them.
    apply();
    if (data.reset) article(reply)?.querySelector(".message-body")?.replaceChildren();
    else if (data.wait) waits(data);
    else if (data.end) followEnd(() => emit({ end: { reply, ...data.end } }));
    else if (data.asked) emit({ asked: { conversation: data.asked, reply } });
    else if (data.deleted) emit({ deleted: data.deleted });
    else if (data.renamed) emit({ renamed: { conversation: data.renamed, title: data.title } });
    else if (data.proposed) emit({ proposed: { reply: data.proposed, proposal: data.proposal } });
    else if (data.lost) document.documentElement.dataset.live = "lost";
    else if (data.back) delete document.documentElement.dataset.live;
    else if (data.unsure && document.documentElement.dataset.live === "lost") poll();
    else if (data.unknown || data.unsure) emit("sync");
    tick();
  }

  // ---- the text of running replies
  //
  // Text arrives up to 25 times a second. Where showing it takes long, it is shown less often: a long reply on a slow
  // device then uses a bounded share of the main thread, and the page stays responsive.

  // Share of the main thread that showing text may use.
  const SHARE = 1 / 6;
  // Longest pause between two updates of the text, in milliseconds.
  const LONGEST_PAUSE = 400;

  // Changes to show, by reply and block.
  const unshown = new Map();
  let isDue = false;
  // When the next change may be shown.
  let notBefore = 0;

  function later({ reply, block, append }) {
    const { index, html } = block ?? append;
    const key = `${reply} ${index}`;
    const change = block ? { reply, index, html, added: "" } : (unshown.get(key) ?? { reply, index, added: "" });
    if (append) change.added += html;
    unshown.set(key, change);
    if (isDue) return;
    isDue = true;
    due();
  }

  function due() {
    const left = notBefore - performance.now();
    if (left > 0) setTimeout(due, left);
    else show();
  }

  // Not in an animation frame: the scroll event of a change belongs to the next frame, which would be a second one.
  function show() {
    const began = performance.now();
    follow(apply);
    const took = performance.now() - began;
    pause(took);
    // Hidden windows draw no frames.
    if (document.hidden) return;
    requestAnimationFrame((frameBegan) => {
      // The task of a message starts when the browser has drawn the frame.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        pause(took + performance.now() - frameBegan);
      };
      port2.postMessage(0);
    });
  }

  const pause = (took) => (notBefore = performance.now() + Math.min(took * (1 / SHARE - 1), LONGEST_PAUSE));

  /** Shows the text that has arrived. */
  function apply() {
    isDue = false;
    for (const change of unshown.values()) write(change);
    unshown.clear();
  }

  // The server has sanitised the HTML. A block replaces the block with its index.
  function write({ reply, index, html, added }) {
    const body = article(reply)?.querySelector(".message-body");
    if (!body) return;
    delete body.parentElement.dataset.waiting;
    const blocks = body.querySelectorAll(":scope > .block");
    let block = blocks[index];
    for (let count = blocks.length; html !== undefined && count <= index; count += 1) {
      block = Object.assign(document.createElement("div"), { className: "block" });
      body.append(block);
    }
    if (html !== undefined) grow(block, parsed(html));
    if (added) block?.querySelector("code")?.insertAdjacentHTML("beforeend", added);
  }

  const parsed = (html) => Object.assign(document.createElement("template"), { innerHTML: html }).content;

  /** Gives an element the children of another. Keeps those that are equal, and so their layout and selection. */
  function grow(element, wanted) {
    let old = element.firstChild;
    for (const child of [...wanted.childNodes]) {
      const [shown, twin] = [old, old?.nodeName === child.nodeName];
      old = old?.nextSibling;
      if (!shown) element.append(child);
      else if (shown.isEqualNode(child)) continue;
      else if (twin && child.nodeName === "#text") growText(shown, child.data);
      else if (twin && shown.cloneNode().isEqualNode(child.cloneNode())) grow(shown, child);
      else shown.replaceWith(child);
    }
    while (old) {
      const next = old.nextSibling;
      old.remove();
      old = next;
    }
  }

  /** Appends if possible, which keeps a selection. */
  function growText(text, wanted) {
    if (wanted.startsWith(text.data)) text.appendData(wanted.slice(text.length));
    else text.data = wanted;
  }

  /** Shows a reply's text as loaded from the server. Blocks that have not changed stay, and so does a selection in them. */
  function fill(reply, html) {
    const body = article(reply)?.querySelector(".message-body");
    if (!body) return;
    const content = parsed(html);
    const [shown, loaded] = [body.querySelectorAll(":scope > .block"), [...content.children]];
    if (loaded.length < shown.length) return body.replaceChildren(content);
    loaded.forEach(({ innerHTML }, index) => {
      if (shown[index]?.innerHTML !== innerHTML) write({ reply, index, html: innerHTML });
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
    ticks,
    tick,
    fill(reply, html) {
      apply();
      followEnd(() => fill(reply, html));
    },
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
