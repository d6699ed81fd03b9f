// Holds the browser's single connection to the feed (GET /chat/feed) and shares it among all windows. Runs
// as a SharedWorker, or within the page if there is none. See docs/adr/0016.
//
// A window sends {watch: reply} and receives the lines of that reply from the first one. All windows receive
// {asked, reply}, {deleted}, {renamed, title} and {proposed, proposal}. {lost} and {back} report the state of the
// connection. After {unknown: reply} and {unsure} a window must ask the server for the current state. While the feed
// does not open, {unsure} is repeated. A window that joins soon after a {deleted}, {renamed} or {proposed} gets {unsure}
// too, because its page may be older.
(() => {
  const inPage = typeof document !== "undefined";
  const query = new URL(inPage ? document.currentScript.src : location.href).searchParams;
  const LONGEST_WAIT = 15;
  const UNSURE_EVERY = 5_000;
  // Keep ended replies for windows that are still loading.
  const KEPT_AFTER_END = 60_000;
  // A window joins within this time after its page was made.
  const LONGEST_LOAD = 30_000;

  const ports = new Set();
  // By reply: its blocks with their lines, its wait and its end.
  const pictures = new Map();
  const watchers = new Map();
  // Conversation by running reply.
  const asked = new Map();
  let source, timer, unsure;
  let failures = 0;
  // When a conversation was last deleted or renamed, or a proposal decided.
  let lastChange = 0;
  let isOpen = false;
  // Whether windows may have missed events when the feed opens.
  let isLate = false;

  const tell = (message, to = ports) => {
    for (const port of to) port.postMessage(message);
  };

  function connect() {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(`/chat/feed?member=${query.get("member")}&splices=true`);
    source.onmessage = ({ data }) => take(whole(JSON.parse(data)));
    source.onerror = () => {
      isOpen = false;
      tell({ lost: true });
      repeatUnsure();
      // In the other states the browser reconnects by itself.
      if (source.readyState !== EventSource.CLOSED) return;
      failures += 1;
      timer = setTimeout(connect, Math.min(2 ** failures, LONGEST_WAIT) * 1000);
    };
    repeatUnsure();
  }

  // A blocked or buffered feed may stay silent without any error.
  function repeatUnsure() {
    unsure ??= setInterval(() => {
      isLate = true;
      tell({ lost: true });
      tell({ unsure: true });
    }, UNSURE_EVERY);
  }

  const endUnsure = () => (unsure = clearInterval(unsure));

  function disconnect() {
    clearTimeout(timer);
    endUnsure();
    source?.close();
    source = undefined;
    isOpen = false;
  }

  /** Replaces the change of a block by the whole block. The feed sends changes, because they are shorter. */
  function whole(line) {
    if (!line.splice) return line;
    const { reply, splice } = line;
    const { index, keep } = splice;
    const { html } = pictures.get(reply).blocks[index][0].block;
    return { reply, block: { index, html: html.slice(0, keep[0]) + splice.html + html.slice(html.length - keep[1]) } };
  }

  function take(line) {
    if (line.hello) {
      failures = 0;
      isOpen = true;
      endUnsure();
      // The feed replays every running reply from its start. The end of other replies was missed.
      for (const [id, picture] of pictures) if (!picture.end) pictures.delete(id);
      asked.clear();
      for (const [reply, conversation] of line.hello) asked.set(reply, conversation);
      tell({ back: true });
      for (const port of ports) tellAsked(port);
      for (const [id, to] of watchers) for (const port of to) doubt(id, port);
      // Other events were missed as well.
      if (isLate) tell({ unsure: true });
      isLate = true;
    } else if (line.reply && !line.asked) {
      remember(line);
      tell(line, watchers.get(line.reply) ?? []);
      if (!line.end) return;
      watchers.delete(line.reply);
      asked.delete(line.reply);
    } else {
      if (line.asked) asked.set(line.reply, line.asked);
      else lastChange = Date.now();
      tell(line);
    }
  }

  const tellAsked = (port) => asked.forEach((conversation, reply) => port.postMessage({ asked: conversation, reply }));

  function remember(line) {
    const picture = pictures.get(line.reply) ?? { blocks: [] };
    pictures.set(line.reply, picture);
    if (line.reset) Object.assign(picture, { reset: line, blocks: [] });
    if (line.block) picture.blocks[line.block.index] = [line];
    if (line.append) picture.blocks[line.append.index]?.push(line);
    picture.wait = line.wait && { ...line, at: Date.now() };
    if (line.end) {
      picture.end = line;
      setTimeout(() => pictures.delete(line.reply), KEPT_AFTER_END);
    }
  }

  function replay(picture, port) {
    if (picture.reset) port.postMessage(picture.reset);
    for (const line of picture.blocks.flat()) port.postMessage(line);
    if (picture.wait) {
      const { at, ...line } = picture.wait;
      const seconds = line.wait.seconds + Math.round((Date.now() - at) / 1000);
      port.postMessage({ ...line, wait: { seconds } });
    }
    if (picture.end) port.postMessage(picture.end);
  }

  function watch(id, port) {
    const picture = pictures.get(id);
    if (!picture?.end) {
      if (!watchers.has(id)) watchers.set(id, new Set());
      watchers.get(id).add(port);
    }
    // Without the feed a running reply's picture is older than what the window got from the server.
    if (picture && (isOpen || picture.end)) replay(picture, port);
    else if (isOpen) doubt(id, port);
  }

  // The feed may not know a reply that has just started.
  function doubt(id, port) {
    setTimeout(() => {
      if (isOpen && !pictures.has(id) && watchers.get(id)?.delete(port)) port.postMessage({ unknown: id });
    }, 1000);
  }

  function join(port) {
    ports.add(port);
    port.onmessage = ({ data }) => {
      if (data.watch) watch(data.watch, port);
      if (data.bye) leave(port);
    };
    if (!source) return connect();
    tellAsked(port);
    if (Date.now() - lastChange < LONGEST_LOAD) port.postMessage({ unsure: true });
  }

  function leave(port) {
    ports.delete(port);
    for (const [id, to] of watchers) if (to.delete(port) && !to.size) watchers.delete(id);
    if (ports.size) return;
    disconnect();
    isLate = false;
  }

  if (inPage) {
    // Without a SharedWorker every window has its own connection. Close it while the window is hidden.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) disconnect();
      else if (ports.size) connect();
    });
    window.csuiteHub = join;
  } else {
    onconnect = ({ ports: [port] }) => join(port);
  }
})();
