// Keeps the reader's place in a conversation with its entry in the browser's history, so that Back from another page leads
// to the same place. Pages are not stored by browsers, and the messages scroll within the page, so browsers do not.
(() => {
  // Maximum distance from the end in pixels at which a reader counts as following the text. The page opens there anyway.
  const NEAR_END = 80;
  // Milliseconds without scrolling until the place is kept.
  const SETTLED = 250;

  const messages = () => document.querySelector(".messages");
  const isReversed = (element) => getComputedStyle(element).flexDirection === "column-reverse";

  function isAtEnd(scroller) {
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    return (isReversed(scroller) ? -scrollTop : scrollHeight - clientHeight - scrollTop) < NEAR_END;
  }

  /** Returns the topmost part that is in sight: a message, or a block of a reply, with its distance from the top. */
  function place() {
    const scroller = messages();
    if (!scroller || isAtEnd(scroller)) return;
    const edge = scroller.getBoundingClientRect().top;
    let found;
    for (const article of scroller.querySelectorAll("article[id]")) {
      const parts = [article, ...article.querySelectorAll(":scope > .message-body > .block")];
      for (const [at, part] of parts.entries()) {
        const top = part.getBoundingClientRect().top - edge;
        if (found && top > 1) return found;
        found = { message: article.id, block: at - 1, top };
      }
    }
    return found;
  }

  function keep() {
    const { place: before, ...state } = history.state ?? {};
    const here = place();
    if (!here && !before) return;
    const folds = [...document.querySelectorAll(".messages details")];
    const open = folds.flatMap((fold, at) => (fold.open ? [at] : []));
    const kept = here && { place: { ...here, open, path: location.pathname } };
    try {
      history.replaceState({ ...state, ...kept }, "");
    } catch {
      // Browsers limit how often a page may do this.
    }
  }

  function restore() {
    const kept = history.state?.place;
    const scroller = messages();
    if (!kept || !scroller || kept.path !== location.pathname) return;
    const folds = document.querySelectorAll(".messages details");
    for (const at of kept.open) if (folds[at]) folds[at].open = true;
    const article = document.getElementById(kept.message);
    const blocks = article?.querySelectorAll(":scope > .message-body > .block");
    const part = blocks?.[kept.block] ?? article;
    if (!part) return;
    const top = part.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    scroller.scrollTop += top - kept.top;
  }

  let timer;
  addEventListener("scroll", ({ target }) => {
    if (!target.matches?.(".messages")) return;
    clearTimeout(timer);
    timer = setTimeout(keep, SETTLED);
  }, { capture: true, passive: true });
  // Scrolled a moment ago, or another block was unfolded.
  addEventListener("click", ({ target }) => target.closest?.("a[href]") && keep(), true);
  addEventListener("pagehide", keep);

  restore();
})();
